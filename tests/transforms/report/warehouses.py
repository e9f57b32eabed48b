"""Published warehouses to report on: a realistic one, a hostile one, and an empty one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.histories import history, receive, sale, settings_for
from transforms.pipeline.pipeline import Pipeline

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from cbw.settings import Settings

MARKUP = "<img src=x onerror=\"document.title='owned'\">"


def published(data_dir: Path, bodies: Iterable[bytes]) -> Settings:
    """Publish a new warehouse with these events, and return its settings."""
    settings = settings_for(data_dir)
    receive(data_dir, bodies)
    with Pipeline(settings) as pipeline:
        assert pipeline.run("command").status == "published"
    return settings


def realistic(data_dir: Path) -> Settings:
    """Publish a warehouse of several vendors and currencies, over four periods of 30 days."""
    return published(data_dir, history(1500, 150, 7))


def hostile(data_dir: Path) -> Settings:
    """Publish a warehouse in which every text of the sender is markup."""
    body = json.loads(sale("HOSTILE1"))
    body["data"] |= {"vendor": MARKUP, "affiliate": f"{MARKUP}'", "currency": "EUR"}
    body["data"]["lineItems"][0] |= {"itemNo": f"</script>{MARKUP}", "productTitle": f'">{MARKUP}'}
    unknown = json.dumps({"type": f"type {MARKUP}", "data": {}}).encode()
    return published(data_dir, [json.dumps(body).encode(), unknown])

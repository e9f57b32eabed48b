"""The list of endpoints is the only one: everything that names a path agrees with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.inbox.inbox import Inbox
from ingest.receiver.app import create_app
from ingest.receiver.endpoints import BY_PATH, ENDPOINTS, Endpoint
from ingest.secrets.keyring import Keyring
from ingest.secrets.signature import Secret

ROOT = Path(__file__).resolve().parents[3]
DEPLOYMENT = ("deploy/Caddyfile", "deploy/nginx.conf", "deploy/proxy.md")


WEBHOOK, NOTIFICATION = Secret("current", b"the-secret-that-the-tests-use"), Secret("ins:current", b"A1B2C3")
WEBHOOKS = {("/webhooks/clickbank", "POST")}
NOTIFICATIONS = {("/ins/clickbank", "POST"), ("/ins/clickbank", "GET", "HEAD")}


@pytest.mark.parametrize(
    ("keyring", "paths"),
    [
        (Keyring([WEBHOOK]), WEBHOOKS),
        (Keyring([], ins_secrets=[NOTIFICATION]), NOTIFICATIONS),
        (Keyring([WEBHOOK], ins_secrets=[NOTIFICATION]), WEBHOOKS | NOTIFICATIONS),
    ],
)
def test_the_application_serves_the_senders_it_has_secrets_of_and_the_probes_and_nothing_else(
    path: Path, keyring: Keyring, paths: set[tuple[str, ...]]
) -> None:
    app = create_app(keyring, Inbox(path))
    served = {(rule.rule, *sorted(rule.methods or ())) for rule in app.url_map.iter_rules()}
    probes = {("/healthz", "GET", "HEAD"), ("/readyz", "GET", "HEAD")}
    assert served == probes | paths


def test_no_two_endpoints_share_a_path_or_a_source() -> None:
    assert len(BY_PATH) == len({endpoint.source for endpoint in ENDPOINTS}) == len(ENDPOINTS)


@pytest.mark.parametrize("document", DEPLOYMENT)
@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.source)
def test_the_proxies_and_their_documentation_name_every_endpoint(document: str, endpoint: Endpoint) -> None:
    assert endpoint.path.removeprefix("/") in (ROOT / document).read_text(encoding="utf-8")

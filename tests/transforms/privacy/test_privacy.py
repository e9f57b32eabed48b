"""No personal data is in the file that readers open."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ingest.simulation.simulator import simulate
from tests.histories import END, receive
from transforms.definitions.graph import ModelGraph
from transforms.pipeline.pipeline import Pipeline
from transforms.warehouse import Warehouse

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cbw.settings import Settings

GRAPH = ModelGraph.of_product()
PERSONAL = re.compile(r"name|e-?mail|phone|address|street|city|zip|postal", re.IGNORECASE)
NOT_PERSONAL = re.compile(
    r"product|item|vendor|affiliate|title|country|state|event|source|metric|rule", re.IGNORECASE
)


def personal(value: Any, path: str = "") -> Iterator[str]:
    """Yield every personal text of a body: those below a key for a person, a place or a contact."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from personal(inner, f"{path}.{key}")
    elif isinstance(value, list):
        for inner in value:
            yield from personal(inner, path)
    elif isinstance(value, str | int | Decimal) and not isinstance(value, bool):
        *_, parent, leaf = path.split(".")
        if PERSONAL.search(leaf) and not NOT_PERSONAL.search(f"{parent} {leaf}") and len(str(value)) > 3:
            yield str(value)


CANARIES: dict[str, dict[str, Any]] = {
    "sale.created": {"receipt": "CANARY01", "totalOrderAmount": "Canaryfirst"},
    "refund.processed": {"receipt": "CANARY02", "refund_amount": 3},
    "chargeback.received": {"receipt": "CANARY03", "amount": "canarina@example.com"},
    "customer.updated": {"receipt": "CANARY04"},
}
CANARY = {
    "firstName": "Canarina",
    "lastName": "Canarelli",
    "fullName": "Canarina Canarelli",
    "email": "canarina@example.com",
    "phoneNumber": "555-0199-77",
    "address": {"address1": "7 Canary Wharf Rd", "city": "Canaryville", "postalCode": "99887"},
}


def _canary(kind: str, data: dict[str, Any]) -> bytes:
    """Return an event with a person in every place, some where only amounts belong."""
    envelope = {"id": f"evt_{kind}", "type": kind, "created_at": "2026-06-30T12:00:00Z"}
    person = {"customer": {"billing": CANARY}, "customerEmail": "canary.flat@example.com"}
    top = {"firstName": "Canaryfirst", "email": "canary.top@example.com"}
    return json.dumps(envelope | top | {"data": data | person}).encode()


def test_no_name_mail_address_or_phone_of_any_body_is_in_the_published_file(settings: Settings) -> None:
    bodies = [event.body for event in simulate(600, 60, 3, END)]
    canaries = [_canary(kind, data) for kind, data in CANARIES.items()]
    known = {text for body in (*bodies, *canaries) for text in personal(parsed(body))}
    assert {
        "Canarina Canarelli",
        "canarina@example.com",
        "canary.flat@example.com",
        "7 Canary Wharf Rd",
    } <= known
    assert len(known) > 300
    receive(settings.data_dir, [*bodies, *canaries])
    with Pipeline(settings) as pipeline:
        pipeline.run("command")
    assert found_in_the_file(settings.warehouse_path, known) == []


def parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


def found_in_the_file(path: Path, known: set[str]) -> list[str]:
    """Return where any of these texts stands, as a whole value or as words inside one."""
    found = []
    with Warehouse(path) as warehouse:
        texts = warehouse.rows(
            "select table_name, column_name from duckdb_columns() "
            "where database_name = 'warehouse' and (data_type like '%VARCHAR%' or data_type like '%STRUCT%')"
        )
        assert len(texts) > 50
        for table, column in texts:
            values = warehouse.rows(
                f"select distinct cast({column} as varchar) from {table} where {column} is not null"
            )
            for (value,) in values:
                if value in known or any(text in value for text in known if " " in text or "@" in text):
                    found.append(f"{table}.{column}: {value}")
    return found

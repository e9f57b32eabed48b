"""Distinctive secrets and people go through the whole product; none of them comes out anywhere but in the raw store.

The test reads every byte of every place that people, monitoring or other programs see. A control looks for the same
words where they must be, so that an empty search means something.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import duckdb
import pytest

from cbw.data_dir import REJECTS as LEDGER
from ingest.secrets.signature import SIGNATURE_HEADER, sign
from ingest.send.samples import event_types, sample
from tests.e2e.conftest import wait_until
from tests.processes import cbw, running
from transforms.warehouse import Warehouse

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.processes import Service

SECRET = "canary-secret-Kx81"
PREVIOUS = "canary-previous-secret-Jv22"
TOKEN = "canary-admin-token-Lw93"
PEOPLE = (
    "canary-first-Qz17", "canary-last-Qz17", "canary.mail-Qz17@example.com", "canary-street-Qz17", "canary-zip-Qz17",
    "canary-phone-Qz17",
)  # fmt: skip
FREE_TEXT = "canary-free-text-Wm55"
FORGED = "canary-forged-body-Rt64"
FORGED_SIGNATURE = "feedc0de" * 8
OUT_OF_PLACE = "canary-amount-Hn08"


def canaries(signatures: list[str]) -> list[str]:
    return [SECRET, PREVIOUS, TOKEN, *PEOPLE, FREE_TEXT, FORGED, FORGED_SIGNATURE, OUT_OF_PLACE, *signatures]


def with_people(event_type: str, **changes: object) -> bytes:
    """Return a sample in which every value that could name a person is a canary."""
    first, last, mail, street, postal_code, phone = PEOPLE
    document = json.loads(sample(event_type))
    person = {
        "firstName": first, "lastName": last, "fullName": f"{first} {last}", "email": mail, "phoneNumber": phone,
        "address": {"address1": street, "postalCode": postal_code, "country": "US"},
    }  # fmt: skip
    document["data"] |= {
        "customer": {"billing": person, "shipping": person},
        "note": FREE_TEXT,
        "email": mail,
        **changes,
    }
    return json.dumps(document).encode()


def bodies() -> Iterator[bytes]:
    """Yield bodies that map, bodies quarantined for every kind of reason, and bodies of unknown types."""
    for event_type in event_types():
        yield with_people(event_type)
    yield with_people("sale.created", totalOrderAmount=OUT_OF_PLACE, transactionTime=OUT_OF_PLACE)
    yield with_people("refund.processed", currency=OUT_OF_PLACE, receipt=None)
    yield with_people("sale.created").replace(b"sale.created", b"customer.registered")
    yield with_people("sale.created")[:-1]
    yield f"{FREE_TEXT} is no JSON".encode()
    yield f'{{"type": "sale.created", "data": "{PEOPLE[2]}"}}'.encode()
    yield f'{{"email": "{PEOPLE[2]}", "email": "{PEOPLE[1]}"}}'.encode()


@dataclass
class Seen:
    """Every examined place, with its content."""

    places: dict[str, bytes] = field(default_factory=dict)

    def add(self, place: str, content: str | bytes) -> None:
        self.places[place] = content if isinstance(content, bytes) else content.encode()

    def holding(self, word: str) -> list[str]:
        return [place for place, content in self.places.items() if word.encode() in content]


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> tuple[Seen, Path, list[str]]:
    """Everything the product shows after it has met every canary; it is stopped by then."""
    data_dir, seen = tmp_path_factory.mktemp("canary") / "data", Seen()
    secrets = {"webhook_secret": SECRET, "webhook_secret_previous": PREVIOUS, "admin_token": TOKEN}
    told = list(bodies())
    signatures = [
        sign(key.encode(), body) for body, key in zip(told, [PREVIOUS] + [SECRET] * len(told), strict=False)
    ]
    with running("serve", data_dir, **secrets) as service:
        for number, (body, signature) in enumerate(zip(told, signatures, strict=True)):
            answer = service.post(body, signature=signature)
            assert answer.status == 200
            seen.add(f"answer {number}", repr(answer))
        meet_strangers(service, seen)
        wait_until(lambda: is_published(data_dir, len(told)))
        wait_until((data_dir / LEDGER).exists)
        look_at_the_service(service, seen)
        settings = secrets | {"data_dir": data_dir, "port": service.port, "admin_port": service.admin_port}
        look_at_the_commands(service, seen, settings, signatures)
        assert service.stop() == 0
        seen.add("log", service.log())
    look_at_the_files(data_dir, seen)
    return seen, data_dir, signatures


def is_published(data_dir: Path, deliveries: int) -> bool:
    if not (data_dir / "warehouse.duckdb").exists():
        return False
    with Warehouse(data_dir / "warehouse.duckdb") as reader:
        return reader.rows("select coalesce(sum(delivery_count), 0) from events") == [(deliveries,)]


def meet_strangers(service: Service, seen: Seen) -> None:
    forged = f'{{"email": "{PEOPLE[2]}", "note": "{FORGED}"}}'.encode()
    for number, value in enumerate(
        (FORGED_SIGNATURE, FORGED_SIGNATURE[:-1], f"sha256={FORGED_SIGNATURE}", "é")
    ):
        answer = service.request(
            "POST", "/webhooks/clickbank", forged, {SIGNATURE_HEADER: value.encode().decode("latin-1")}
        )
        assert answer.status == 401
        seen.add(f"refusal {number}", repr(answer))
    seen.add("refusal of a method", repr(service.request("PUT", "/webhooks/clickbank", forged)))
    seen.add("refusal of framing", repr(service.raw(b"POST /webhooks/clickbank HTTP/1.1\r\n\r\n" + forged)))


def look_at_the_service(service: Service, seen: Seen) -> None:
    for path in ("/healthz", "/readyz", "/nothing"):
        seen.add(path, repr(service.request("GET", path)))
    for path in ("/healthz", "/login", "/", "/metrics", "/report"):
        seen.add(f"admin {path}, as a stranger", repr(service.admin(path)))
        seen.add(f"admin {path}", repr(service.admin(path, Authorization=f"Bearer {TOKEN}")))
    seen.add("admin with a wrong token", repr(service.admin("/", Authorization=f"Bearer {TOKEN}x")))


def look_at_the_commands(
    service: Service, seen: Seen, settings: dict[str, object], signatures: list[str]
) -> None:
    directory = service.data_dir.parent
    (directory / "body.json").write_bytes(next(bodies()))
    for arguments in (
        ("status",), ("status", "--json"), ("doctor",), ("doctor", "--json"), ("quarantine",), ("quarantine", "--json"),
        ("export", "--to", "parquet"), ("export", "--to", "csv", "--format", "csv"),
        ("query", "select * from no_such_table"),
        ("doctor", "signature", "--body", "body.json", "--signature", FORGED_SIGNATURE[::-1]),
        ("doctor", "signature", "--body", "body.json", "--signature", signatures[0], "--json"),
    ):  # fmt: skip
        done = cbw(*arguments, cwd=directory, **settings)
        assert done.out or done.err, arguments
        seen.add("cbw " + " ".join(arguments[:2]) + f" {len(arguments)}", done.out + done.err)
    for path in (*(directory / "parquet").rglob("*"), *(directory / "csv").rglob("*")):
        if path.is_file():
            seen.add(f"export {path.name}", path.read_bytes())
            if path.suffix == ".parquet":
                seen.add(f"rows of {path.name}", repr(duckdb.sql(f"select * from '{path}'").fetchall()))


def look_at_the_files(data_dir: Path, seen: Seen) -> None:
    with Warehouse(data_dir / "warehouse.duckdb") as reader:
        for (table,) in reader.rows("select table_name from duckdb_tables()"):
            seen.add(f"table {table}", repr(reader.rows(f"select * from {table}")))
    for place in ("published/*", "metrics/*", "reports/*", f"{LEDGER}*", "*.json"):
        for path in data_dir.glob(place):
            seen.add(f"file {path.name}", path.read_bytes())


def test_nothing_private_comes_out_anywhere(installation: tuple[Seen, Path, list[str]]) -> None:
    seen, _, signatures = installation
    leaks = {word: seen.holding(word) for word in canaries(signatures)}
    assert {word: places for word, places in leaks.items() if places} == {}


def test_the_search_looked_everywhere(installation: tuple[Seen, Path, list[str]]) -> None:
    seen, _, _ = installation
    for place in (
        "log", "admin /metrics", "/readyz", "table events", "table quarantine", "file pipeline.json", f"file {LEDGER}",
        "file inbox-00.json", "cbw status 1", "cbw doctor 1", "cbw doctor signature 6",
    ):  # fmt: skip
        assert len(seen.places[place]) > 50, place
    assert any(place.startswith("rows of fct_sales") for place in seen.places)
    assert seen.holding("mismatch")
    assert seen.holding("customer.registered")


def test_the_canaries_are_in_the_raw_store(installation: tuple[Seen, Path, list[str]]) -> None:
    _, data_dir, _ = installation
    with duckdb.connect(str(data_dir / "events.duckdb"), read_only=True) as store:
        stored = b"".join(body for (body,) in store.execute("select body from raw_events").fetchall())
    assert all(word.encode() in stored for word in (*PEOPLE, FREE_TEXT, OUT_OF_PLACE))
    assert FORGED.encode() not in b"".join(
        path.read_bytes() for path in data_dir.rglob("*") if path.is_file()
    )


def test_every_line_of_the_log_is_json_and_a_refusal_has_the_id_the_sender_was_told(
    installation: tuple[Seen, Path, list[str]],
) -> None:
    seen, _, _ = installation
    lines = [json.loads(line) for line in seen.places["log"].decode().splitlines()]
    assert all({"event", "level", "timestamp"} <= set(line) for line in lines)
    refused = [line for line in lines if line["event"] == "webhook.request" and line["code"] == 401]
    assert len(refused) == 4
    told = seen.places["refusal 0"].decode()
    assert refused[0]["request_id"] in told

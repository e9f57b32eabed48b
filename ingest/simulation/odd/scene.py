"""The stage of an odd situation: its receipts, its clock, and the deliveries that tell it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from ingest.simulation import clock
from ingest.simulation.business.posting import SALE_CREATED
from ingest.simulation.business.receipts import Receipts
from ingest.simulation.business.reversals import DAY
from ingest.simulation.formats.envelope import compact

if TYPE_CHECKING:
    from random import Random

Data = dict[str, Any]

# The stores of these situations sell nothing else, so that no alert of another vendor counts their sales.
STORE = "oaklantern"
OTHER_STORE = "pinecandle"
EARNED_SHARE = 0.6


class Telling(NamedTuple):
    """One delivery of a situation.

    Args:
        occurred_at: Epoch seconds; a telling is sent three seconds later.
        body: The exact bytes.
        event_type: The Command Center type.
        adds: How many sales, refunds or chargebacks it adds to those that are held.
    """

    occurred_at: int
    body: bytes
    event_type: str
    adds: int


class Scene:
    """Collects the deliveries of one situation.

    Args:
        starts_at: Epoch seconds of its first event.
        pace: The length of its days, as a share of real ones; below 1 in a short history.
    """

    def __init__(self, starts_at: int, pace: float, rng: Random) -> None:
        self.tellings: list[Telling] = []
        self._starts_at = starts_at
        self._pace = pace
        self._rng = rng
        self._receipts = Receipts(rng)

    def at(self, days: float) -> int:
        """Return the instant some days after the start."""
        return self._starts_at + int(days * DAY * self._pace)

    def receipt(self) -> str:
        """Return a new receipt."""
        return self._receipts.take()

    def reference(self, prefix: str) -> str:
        """Return a new id, such as ``rf_1c5e0b7a9d``."""
        return f"{prefix}_{self._rng.getrandbits(40):010x}"

    def amount(self) -> float:
        """Return a price that ends in 7.00, between 27 and 97 units."""
        return float(27 + 10 * int(self._rng.random() * 8))

    def tell(self, event_type: str, data: Any, days: float, *, adds: int = 1, **envelope: Any) -> None:
        """Send an event; ``envelope`` replaces or adds keys next to its data."""
        at = self.at(days)
        body = {
            "id": self.reference("evt"),
            "type": event_type,
            "created_at": clock.zulu(at + 1),
            "data": data,
        }
        self.tellings.append(Telling(at, compact(body | envelope).encode(), event_type, adds))

    def tell_bytes(self, event_type: str, body: bytes, days: float, *, adds: int = 1) -> None:
        """Send exact bytes."""
        self.tellings.append(Telling(self.at(days), body, event_type, adds))

    def sale_data(self, receipt: str, days: float, amount: float, /, **more: Any) -> Data:
        """Return a plain sale of the first store, with some keys replaced; None leaves a key out."""
        data = {
            "receipt": receipt,
            "transaction_type": "SALE",
            "transaction_time": clock.zulu(self.at(days)),
            "vendor": STORE,
            "currency": "USD",
            "total_order_amount": amount,
            "account_amount": round(amount * EARNED_SHARE, 2),
            "product_id": "LANTERN-1",
            "product_name": "Paper Lantern Patterns",
        }
        return without_none(data | more)

    def sell(self, days: float = 0.0, **more: Any) -> tuple[str, float]:
        """Tell a plain sale, and return its receipt and amount."""
        receipt, amount = self.receipt(), self.amount()
        self.tell(SALE_CREATED, self.sale_data(receipt, days, amount, **more), days)
        return receipt, amount

    def reversal_data(self, receipt: str, days: float, time_key: str, /, **more: Any) -> Data:
        """Return a refund or a chargeback of the first store, without an amount; None leaves a key out."""
        data = {"receipt": receipt, time_key: clock.zulu(self.at(days)), "vendor": STORE, "currency": "USD"}
        return without_none(data | more)


def without_none(data: Data) -> Data:
    """Return the data without the keys whose value is None."""
    return {key: value for key, value in data.items() if value is not None}

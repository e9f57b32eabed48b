"""The oracle: every published table computed from deliveries in plain Python, independent of the SQL."""

from tests.oracle.identity import RawDelivery
from tests.oracle.warehouse import build_warehouse

__all__ = ["RawDelivery", "build_warehouse"]

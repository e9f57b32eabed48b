"""A second oracle of the published tables: plain loops over the deliveries, for the eye to check."""

from tests.second_oracle.delivery import Delivery
from tests.second_oracle.history import UNDECIDED
from tests.second_oracle.oracle import tables

__all__ = ["UNDECIDED", "Delivery", "tables"]

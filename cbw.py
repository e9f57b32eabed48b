"""``cbw``: the composition root and the command; the only module that imports both halves."""

from __future__ import annotations


def main() -> None:
    """Run the command line."""

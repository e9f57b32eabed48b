"""Odd situations of real senders, each seeded and counted."""

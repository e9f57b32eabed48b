"""A simulated history of webhooks: sales, their reversals, their formats and faults; the entry is `simulator`."""

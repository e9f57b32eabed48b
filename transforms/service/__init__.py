"""The pipeline process: its schedule, and the requests it answers over a socket; no SQL here."""

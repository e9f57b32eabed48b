"""From an inbox or a history file into `raw_events`; nothing here knows Flask."""

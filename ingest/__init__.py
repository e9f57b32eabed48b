"""Take events in: verify, store, load into ``raw_events``. Never imports ``transforms``."""

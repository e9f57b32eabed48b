"""Compare tables, inboxes and archive with their sources; nothing here repairs."""

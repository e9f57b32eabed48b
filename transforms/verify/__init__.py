"""Tables, inboxes and archive held against their sources; nothing here repairs."""

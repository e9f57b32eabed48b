"""The private files, opened, and the records kept in them; nothing here knows a model's meaning."""

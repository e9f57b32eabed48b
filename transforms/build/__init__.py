"""All tables, or the rows that changed; nothing here knows files, locks or runs."""

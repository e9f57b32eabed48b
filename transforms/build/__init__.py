"""Build all tables, or refresh their changed rows; nothing here knows files, locks or runs."""

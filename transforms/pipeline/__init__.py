"""The owner of the private files, and one run: load, build, check, publish; nothing here knows how tables are built."""

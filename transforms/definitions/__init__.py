"""Read the files of ``sql/``: models, checks, aliases, headers; nothing here opens a file of the data directory."""

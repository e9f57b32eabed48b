"""The public port: everything between a TCP connection and a delivery in the inbox; nothing here knows DuckDB."""

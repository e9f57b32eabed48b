"""The public port: from a TCP connection to a delivery in the inbox; nothing here imports DuckDB."""

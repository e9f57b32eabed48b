"""Commands' answers out of the published file; nothing here opens a private file."""

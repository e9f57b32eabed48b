"""Commands that answer from the published file; nothing here opens a private file."""

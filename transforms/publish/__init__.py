"""A version of the published file, made and switched to; nothing here knows what a table means."""

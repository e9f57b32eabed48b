"""The common ground of both halves: errors, settings, logs, locks, the data directory. It imports neither half."""

"""The ground that both halves stand on: errors, settings, logs, locks, the data directory. It imports neither half."""

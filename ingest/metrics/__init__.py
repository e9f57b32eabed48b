"""The figures and refusals of a receiver process; nothing here imports Prometheus."""

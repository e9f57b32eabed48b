"""The figures and refusals that a receiver process counts; nothing here knows Prometheus."""

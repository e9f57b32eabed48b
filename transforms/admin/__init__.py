"""The admin listener for operators and Prometheus; it only reads files, so it can hurt neither half."""

"""The admin listener: what an operator and Prometheus may see; it only reads files, so it can hurt neither half."""

"""Turn raw events into published tables: models, checks, publish, schedule."""

"""Trace a published row down to its deliveries; nothing here knows the pipeline."""

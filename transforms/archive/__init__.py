"""Sealed copies of raw events and of nights; nothing here deletes raw events."""

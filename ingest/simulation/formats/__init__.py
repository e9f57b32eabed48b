"""The forms in which a sender tells an event: the envelope and ClickBank's three sets of field names."""

"""Other tools, and the models that they build from the same events, to compare results and time."""

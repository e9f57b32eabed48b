"""The models that other tools build from the same events, to compare results and time."""

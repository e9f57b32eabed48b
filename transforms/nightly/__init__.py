"""A night: its steps, clock, record and roll-up; nothing here does a step's work that another package owns."""

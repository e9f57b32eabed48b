"""The `cbw` commands of this half: one opens, calls one function and prints."""

"""The `cbw` commands of this half: each opens, calls one function and prints."""

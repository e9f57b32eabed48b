"""The state of an installation, for `cbw status` and `cbw doctor`; nothing here opens a private file."""

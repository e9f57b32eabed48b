"""The report: its figures, its page in a real browser, and the shelf it stands on."""

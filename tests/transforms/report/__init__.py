"""The report: its figures, its page in a real browser, and the directory of reports."""

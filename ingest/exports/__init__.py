"""Exports of ClickBank: rows of the Orders API, of reports and of subscription details, as events."""

"""The report: one self-contained HTML file made from the published tables."""

from transforms.report.shelf import newest_report, write_report

__all__ = ["newest_report", "write_report"]

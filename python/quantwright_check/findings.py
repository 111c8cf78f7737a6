"""Findings, in the form of Quantwright's compile report: lines and columns are 1-based."""


class Findings:
    """Collects the findings of one file."""

    def __init__(self, file):
        self.file = file
        self.items = []

    def add(self, code, node, message, remedy=None, severity="error"):
        """`node` is anything with `lineno` and `col_offset`, or None for the head of the file."""
        finding = {
            "severity": severity,
            "code": code,
            "file": self.file,
            "line": max(1, getattr(node, "lineno", 1) or 1),
            "column": max(1, (getattr(node, "col_offset", 0) or 0) + 1),
            "message": message,
        }
        if remedy is not None:
            finding["remedy"] = remedy
        if finding not in self.items:
            self.items.append(finding)

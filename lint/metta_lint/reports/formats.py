"""The formats of a check's report: each is a module of its name, with ``page(report, style)``."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from metta_lint.check.report import Report
    from metta_lint.reports.style import Style

FORMATS = ("full", "concise", "json", "sarif", "github", "gitlab", "junit", "markdown")


def report_text(report: Report, name: str, style: Style) -> str:
    """A report in one of the formats."""
    text: str = import_module(f"metta_lint.reports.{name}").page(report, style)
    return text

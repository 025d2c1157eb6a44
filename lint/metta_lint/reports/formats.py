"""The formats of a check's report: each is a module's function of its name, imported when it is asked for."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from metta_lint.base.errors import LintError
from metta_lint.base.records import NamedTuple

if TYPE_CHECKING:
    from metta_lint.check.report import Report
    from metta_lint.reports.style import Style


class Format(NamedTuple):
    """Which module has ``page(report, style)``, and which function of ``statistics`` counts in this form, if any."""

    module: str
    statistics: str | None = None


FORMATS = {
    "full": Format("full", "text"),
    "concise": Format("concise", "text"),
    "json": Format("data", "data"),
    "sarif": Format("sarif"),
    "github": Format("github"),
    "gitlab": Format("gitlab"),
    "junit": Format("junit"),
    "markdown": Format("markdown", "markdown"),
}


def report_text(report: Report, name: str, style: Style) -> str:
    """A report in one of the formats."""
    module = import_module(f"metta_lint.reports.{FORMATS[name].module}")
    text: str = module.page(report, style)
    return text


def statistics_text(report: Report, name: str, style: Style) -> str:
    """A report's findings counted by code. Raises LintError for a format that has no form for it."""
    function = FORMATS[name].statistics
    if function is None:
        those = ", ".join(name for name, form in FORMATS.items() if form.statistics is not None)
        raise LintError(f"--statistics has no {name} form; it can be one of {those}")
    text: str = getattr(import_module("metta_lint.reports.statistics"), function)(report, style)
    return text

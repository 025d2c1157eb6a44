"""``--output-format concise``: one line for each finding, ``path:line:column: ML101 [*] text``. [*]: a safe fix."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metta_lint.reports.cells import one_line
from metta_lint.reports.remarks import is_fixable

if TYPE_CHECKING:
    from metta_lint.check.report import Report
    from metta_lint.reports.style import Style
    from metta_lint.rules.finding import Finding


def page(report: Report, style: Style) -> str:
    """The findings, one a line."""
    return "\n".join(_line(finding, style) for finding in report.findings)


def _line(finding: Finding, style: Style) -> str:
    fixable = " [*]" if is_fixable(finding) else ""
    code = style.paint(finding.severity, finding.code)
    return f"{style.bold(one_line(str(finding.span)))}: {code}{fixable} {one_line(finding.message)}"

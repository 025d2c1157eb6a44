"""``--output-format github``: workflow commands, which GitHub Actions shows as annotations beside the lines.

https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions has their form and what is escaped.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from metta_lint.reports.remarks import repository_path, whole_text

if TYPE_CHECKING:
    from metta_lint.check.report import Report
    from metta_lint.reports.style import Style
    from metta_lint.rules.finding import Finding

COMMANDS = {"error": "error", "warning": "warning", "info": "notice"}
_IN_TEXT = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_IN_PROPERTY = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A", ":": "%3A", ",": "%2C"})


def page(report: Report, _style: Style) -> str:
    """A command for each finding, each on a line of its own."""
    return "\n".join(_command(finding) for finding in report.findings)


def _command(finding: Finding) -> str:
    span = finding.span
    properties = {
        "title": f"{finding.code} {finding.name}",
        "file": repository_path(span.path),
        "line": span.line,
        "endLine": span.end_line,
        # GitHub has no columns for several lines
        **({"col": span.column, "endColumn": span.end_column} if span.line == span.end_line else {}),
    }
    listed = ",".join(f"{name}={str(value).translate(_IN_PROPERTY)}" for name, value in properties.items())
    return f"::{COMMANDS[finding.severity]} {listed}::{whole_text(finding).translate(_IN_TEXT)}"

"""``--output-format gitlab``: a Code Quality report.

https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format says which fields there are.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from metta_lint.reports.remarks import remark_lines, repository_path, with_fingerprints

if TYPE_CHECKING:
    from metta_lint.check.report import Report
    from metta_lint.reports.style import Style
    from metta_lint.rules.finding import Finding

SEVERITIES = {"error": "major", "warning": "minor", "info": "info"}
UNREADABLE = "critical"


def page(report: Report, _style: Style) -> str:
    """A list with an entry for each finding."""
    return json.dumps([_entry(*found) for found in with_fingerprints(report.findings)], indent=2)


def _entry(finding: Finding, fingerprint: str) -> dict[str, object]:
    """The fields that GitLab reads of Code Climate's format."""
    span = finding.span
    return {
        "description": "\n".join([f"{finding.code}: {finding.message}", *remark_lines(finding)]),
        "check_name": finding.code,
        "fingerprint": fingerprint,
        "severity": UNREADABLE if finding.is_input_error else SEVERITIES[finding.severity],
        "location": {
            "path": repository_path(span.path),
            "lines": {"begin": span.line, "end": span.end_line},
        },
    }

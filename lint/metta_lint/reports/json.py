"""``--output-format json``: what docs/schema/check.json describes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metta_lint.reports.data import check_data
from metta_lint.reports.strict_json import as_json

if TYPE_CHECKING:
    from metta_lint.check.report import Report
    from metta_lint.reports.style import Style


def page(report: Report, _style: Style) -> str:
    """The findings, and what was looked at."""
    return as_json(check_data(report))

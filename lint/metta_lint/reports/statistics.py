"""``--statistics``: findings counted by code, the most frequent first."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from metta_lint.base.errors import LintError
from metta_lint.base.records import NamedTuple
from metta_lint.reports.remarks import is_fixable
from metta_lint.reports.text import summary_line, table

if TYPE_CHECKING:
    from metta_lint.check.report import Report
    from metta_lint.reports.style import Style
    from metta_lint.rules.finding import Severity


class CodeCount(NamedTuple):
    """How often a code was found; ``fixable`` is how many of its findings have a safe fix."""

    findings: int
    code: str
    name: str
    severity: Severity
    fixable: int


def counts(report: Report) -> list[CodeCount]:
    """One record for each code; for two, where its findings are of two severities."""
    found = Counter((finding.code, finding.name, finding.severity) for finding in report.findings)
    fixable = Counter((f.code, f.name, f.severity) for f in report.findings if is_fixable(f))
    every = [CodeCount(number, *key, fixable[key]) for key, number in found.items()]
    return sorted(every, key=lambda count: (-count.findings, count.code, count.severity))


def statistics_text(report: Report, name: str, style: Style) -> str:
    """A report's findings counted by code, in one of the formats. Raises LintError for a format that has no counts."""
    if name not in FORMS:
        raise LintError(f"--statistics has no {name} form; it can be one of {', '.join(FORMS)}")
    return FORMS[name](report, style)


def _table(report: Report, style: Style) -> str:
    """A table; ``[*]`` has safe fixes."""
    found = counts(report)
    rows = [(str(c.findings), c.code, "[*]" if c.fixable else "", c.name, c.severity) for c in found]
    lines = table([("count", "code", "", "name", "severity"), *rows], right_aligned=(0,)) if rows else []
    lines += ["", "[*] has safe fixes: --fix"] if any(c.fixable for c in found) else []
    lines += [] if style.quiet else [*([""] if lines else []), summary_line(report)]
    return "\n".join(lines)


def _markdown(report: Report, style: Style) -> str:
    from metta_lint.reports.markdown import row

    lines = [row("count", "code", "name", "severity", "safe fixes"), "|---:|---|---|---|---:|"]
    lines += [row(*map(str, count)) for count in counts(report)]
    lines += [] if style.quiet else ["", summary_line(report)]
    return "\n".join(lines)


def _json(report: Report, _style: Style) -> str:
    from metta_lint.reports.json import SCHEMA, as_json

    return as_json({"schema": SCHEMA, "statistics": counts(report)})


FORMS = {"full": _table, "concise": _table, "json": _json, "markdown": _markdown}

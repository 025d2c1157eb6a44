"""``--statistics``: findings counted by code, the most frequent first."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from metta_lint.base.records import NamedTuple
from metta_lint.reports.remarks import is_fixable
from metta_lint.reports.text import summary, table

if TYPE_CHECKING:
    from metta_lint.check.report import Report
    from metta_lint.reports.style import Style
    from metta_lint.rules.finding import Severity


class Count(NamedTuple):
    """How often a code was found; ``findings`` is their number, ``fixable`` how many of those have a safe fix."""

    findings: int
    code: str
    name: str
    severity: Severity
    fixable: int


def counts(report: Report) -> list[Count]:
    """One record a code; a severity of its own counts apart."""
    found = Counter((finding.code, finding.name, finding.severity) for finding in report.findings)
    fixable = Counter((f.code, f.name, f.severity) for f in report.findings if is_fixable(f))
    every = [Count(number, *key, fixable[key]) for key, number in found.items()]
    return sorted(every, key=lambda count: (-count.findings, count.code, count.severity))


def text(report: Report, style: Style) -> str:
    """A table; ``[*]`` has safe fixes."""
    rows = [
        (str(count.findings), count.code, "[*]" if count.fixable else "", count.name, count.severity)
        for count in counts(report)
    ]
    lines = table([("count", "code", "", "name", "severity"), *rows], right_aligned=(0,)) if rows else []
    lines += ["", "[*] has safe fixes: --fix"] if any(count.fixable for count in counts(report)) else []
    lines += [] if style.quiet else [*([""] if lines else []), summary(report)]
    return "\n".join(lines)


def markdown(report: Report, style: Style) -> str:
    """A table for a pull request."""
    from metta_lint.reports.markdown import row

    lines = [row("count", "code", "name", "severity", "safe fixes"), "|---:|---|---|---|---:|"]
    lines += [row(str(c.findings), c.code, c.name, c.severity, str(c.fixable)) for c in counts(report)]
    lines += [] if style.quiet else ["", summary(report)]
    return "\n".join(lines)


def data(report: Report, _style: Style) -> str:
    """JSON, as docs/schema/statistics.json describes it."""
    import json

    from metta_lint.reports.data import SCHEMA

    return json.dumps({"schema": SCHEMA, "statistics": [count._asdict() for count in counts(report)]}, indent=2)

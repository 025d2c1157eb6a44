"""``--output-format markdown``: a table for a pull request's comment or a job's summary."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from metta_lint.reports.remarks import remarks, repository_path
from metta_lint.reports.text import summary_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from metta_lint.base.documents import Span
    from metta_lint.check.report import Report
    from metta_lint.reports.style import Style
    from metta_lint.rules.finding import Finding

_SPECIAL = re.compile(r"[\\`*_\[\]|~<>&$]")
_AT_THE_START = re.compile(r"^(\s*\d*)([-+=.)])")
_BREAKS = re.compile(r"[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]+")
_CALLS = re.compile("[@#]")
_NOT_PLAIN = re.compile(r"[^\w./: -]")


def page(report: Report, style: Style) -> str:
    """A summary, the findings' table, and the notes folded away."""
    blocks = [] if style.quiet else [f"**metta-lint**: {as_text(summary_line(report))}"]
    if report.findings:
        rows = [row(*_cells(finding)) for finding in report.findings]
        blocks.append("\n".join([row("severity", "rule", "where", "finding"), "|---|---|---|---|", *rows]))
    if report.notes and not style.quiet:
        notes = [f"- {as_text(note)}" for note in report.notes]
        blocks.append("\n".join(["<details><summary>Notes</summary>", "", *notes, "", "</details>"]))
    return "\n\n".join(blocks)


def _cells(finding: Finding) -> Iterator[str]:
    yield finding.severity
    rule = as_text(finding.code)
    yield f"{f'[{rule}]({finding.url})' if finding.url else rule}<br>{as_text(finding.name)}"
    yield _place(finding.span)
    yield "<br>".join(_said(finding))


def _said(finding: Finding) -> Iterator[str]:
    yield as_text(finding.message)
    for related in finding.related:
        yield f"{_place(related.span)}: {as_text(related.label)}"
    yield from (f"**{title}**: {as_text(said)}" for title, said in remarks(finding))


def _place(span: Span) -> str:
    return code(f"{repository_path(span.path)}:{span.line}")


def row(*cells: str) -> str:
    """A row of a table. The cells are markdown already."""
    return f"| {' | '.join(cells)} |"


def as_text(plain: str) -> str:
    """A text on one line, its markup escaped; ``@`` notifies nobody and ``#`` links no issue."""
    escaped = _SPECIAL.sub(r"\\\g<0>", _BREAKS.sub(" ", plain))
    return _CALLS.sub(r"\g<0><!-- -->", _AT_THE_START.sub(r"\1\\\2", escaped))


def code(plain: str) -> str:
    """A text as code. Backticks allow no escapes, so a character that would end a table's cell is an entity."""
    line = _BREAKS.sub(" ", plain)
    if not _NOT_PLAIN.search(line):
        return f"`{line}`"
    return f"<code>{_NOT_PLAIN.sub(lambda found: f'&#{ord(found[0])};', line)}</code>"

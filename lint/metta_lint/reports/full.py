"""``--output-format full``: findings as rustc prints them, with the lines and the arithmetic behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metta_lint.base.wording import without_controls
from metta_lint.reports.arithmetic import Arithmetic
from metta_lint.reports.cells import wrapped
from metta_lint.reports.excerpts import excerpts
from metta_lint.reports.remarks import remarks, rules_by_code
from metta_lint.reports.text import fixable_lines, summary
from metta_lint.rules.page import why_it_matters

if TYPE_CHECKING:
    from collections.abc import Iterator

    from metta_lint.check.report import Report
    from metta_lint.reports.style import Style
    from metta_lint.rules.finding import Finding

INDENT = 4
"""Columns by which a message's further lines stand back."""


def page(report: Report, style: Style) -> str:
    """All findings with their excerpts, the notes, and a summary line."""
    blocks = finding_blocks(report, style)
    if not style.quiet:
        notes = [line for note in report.notes for line in wrapped(without_controls(f"note: {note}"), style.width)]
        blocks += ["\n".join(map(style.dim, notes))] if notes else []
        blocks.append("\n".join([summary(report), *fixable_lines(report)]))
    return "\n\n".join(blocks)


def finding_blocks(report: Report, style: Style) -> list[str]:
    """Each finding as a text of several lines."""
    return ["\n".join(block) for block in _findings(report, style)]


def _findings(report: Report, style: Style) -> Iterator[list[str]]:
    rules = rules_by_code(report)
    arithmetic = Arithmetic(report)
    for finding in report.findings:
        rule = rules.pop(finding.code, None)  # why it matters is said once for each rule
        said = [
            *(("claim", claim) for claim in arithmetic.lines(finding)),
            ("why", why_it_matters(rule) if rule is not None else ""),
            *_remarks(finding),
        ]
        yield _finding(finding, said, style)


def _finding(finding: Finding, said: list[tuple[str, str]], style: Style) -> list[str]:
    gutter = len(str(max([finding.span.line, *(related.span.line for related in finding.related)])))
    lines = [*_heading(finding, style), *excerpts(finding, style, gutter)]
    for title, text in said:
        if text:
            room = None if style.width is None else style.width - gutter - len(f" = {title}: ")
            first, *rest = wrapped(without_controls(text), room)
            lines.append(f"{'':>{gutter}} {style.dim('=')} {style.bold(f'{title}:')} {first}")
            lines += [f"{'':>{gutter + len(f' = {title}: ')}}{line}" for line in rest]
    return lines


def _heading(finding: Finding, style: Style) -> Iterator[str]:
    start = f"{finding.severity}[{finding.code}]: "
    room = None if style.width is None else style.width - len(start)
    first, *rest = wrapped(finding.message, room)
    yield f"{style.severity(finding.severity, start[:-2])}: {style.bold(first)}"
    if rest:
        again = wrapped("\n".join(rest) if room is None else " ".join(rest), style.width and style.width - INDENT)
        yield from (f"{'':>{INDENT}}{style.bold(line)}" for line in again)


def _remarks(finding: Finding) -> Iterator[tuple[str, str]]:
    yield from remarks(finding)
    if finding.found_in != finding.span.path:
        yield "in", f"{finding.found_in} and {len(finding.others)} more" if finding.others else finding.found_in
    yield finding.name, finding.url or f"metta-lint explain {finding.code}"

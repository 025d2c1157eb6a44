"""Text for people: findings as rustc prints them, a plan as a page, tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from metta_lint.findings import SEVERITIES, Finding
from metta_lint.numbers import show
from metta_lint.reports.excerpts import excerpt

if TYPE_CHECKING:
    from metta_lint.check import Report
    from metta_lint.plans import Plan, Quantity
    from metta_lint.reports.style import Style

Row = Sequence[str]


def findings_page(report: Report, style: Style, *, quiet: bool = False) -> str:
    """All findings with their excerpts, the notes, and a summary line."""
    blocks = ["\n".join(_finding(finding, style)) for finding in report.findings]
    if not quiet:
        blocks += ["\n".join(style.dim(f"note: {note}") for note in report.notes)] if report.notes else []
        blocks.append(summary(report))
    return "\n\n".join(blocks)


def summary(report: Report) -> str:
    """``21 findings (2 errors, ...) in 3 files``, or that there are none."""
    counts = [(sum(f.severity == severity for f in report.findings), severity) for severity in SEVERITIES]
    looked_at = (
        f"{_count(len(report.plans), 'run')}, {_count(len(report.pairs), 'pair')}, {_count(report.files, 'file')}"
    )
    if not report.findings:
        return f"nothing found ({looked_at})"
    words = ", ".join(_count(number, severity) for number, severity in counts if number)
    return f"{_count(len(report.findings), 'finding')}: {words} ({looked_at})"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' if number != 1 and noun != 'info' else ''}"


def _finding(finding: Finding, style: Style) -> list[str]:
    gutter = len(str(max([finding.span.line, *(related.span.line for related in finding.related)])))
    lines = [
        style.severity(finding.severity, f"{finding.severity}[{finding.code}]") + f": {style.bold(finding.message)}"
    ]
    lines.append(f"{'':>{gutter}}{style.dim('-->')} {finding.span}")
    lines += excerpt(finding.span, "^", gutter=gutter)
    for related in finding.related:
        lines.append(f"{'':>{gutter}}{style.dim(':::')} {related.span}")
        lines += excerpt(related.span, "-", related.label, gutter)
    if finding.help:
        lines.append(f"{'':>{gutter}} {style.dim('=')} help: {finding.help}")
    if finding.subject and finding.subject != finding.span.path:
        others = f" and {finding.others} more" if finding.others else ""
        lines.append(f"{'':>{gutter}} {style.dim('=')} in: {finding.subject}{others}")
    if not finding.is_input_error:
        lines.append(f"{'':>{gutter}} {style.dim('=')} {finding.name}: metta-lint explain {finding.code}")
    return lines


def plan_page(plan: Plan, style: Style) -> str:
    """A plan as a page: each quantity, its arithmetic with the numbers put in, and the lines that it came from."""
    lines = [style.bold(f"{plan.run.name or plan.run.entry}: what {plan.run.trainer} will do"), ""]
    rows = [_quantity(plan, quantity) for quantity in plan.quantities.values()]
    lines += table([("quantity", "value", "formula", "from"), *rows])
    lines += ["", *(style.dim(f"note: {note}") for note in plan.run.notes)] if plan.run.notes else []
    for refusal in plan.refusals:
        where = next((span for name in plan.blamed(refusal) for span in plan.spans_of(name)), plan.run.entry)
        lines += [
            "",
            style.severity("error", f"refused ({refusal.when})") + f": {refusal.exception}: {refusal.message}",
        ]
        lines.append(f"  --> {where}")
    return "\n".join(lines)


def _quantity(plan: Plan, quantity: Quantity) -> Row:
    if quantity.unknown_because is not None:
        return quantity.name, "unknown", quantity.unknown_because, _places(plan, quantity)
    value = f"{show(quantity.value)} {quantity.unit if quantity.unit != '1' else ''}".strip()
    if not quantity.inputs:
        return quantity.name, value, quantity.source, ""
    numbers = plan.formula_with_numbers(quantity.name)
    is_copy = quantity.formula in quantity.inputs
    return (
        quantity.name,
        value,
        quantity.formula if is_copy else f"{quantity.formula} = {numbers}",
        _places(plan, quantity),
    )


def _places(plan: Plan, quantity: Quantity) -> str:
    """``file:line`` of each setting that the formula names itself; what it takes from other quantities stands there."""
    settings = [plan.run.settings.get(name) for name in quantity.inputs if name not in plan.quantities]
    places = [f"{s.span.path}:{s.span.line}" if s.span else s.note or "the machine" for s in settings if s is not None]
    return ", ".join(dict.fromkeys(places))


def table(rows: Sequence[Row], right_aligned: Iterable[int] = ()) -> list[str]:
    """Rows in columns, the first row as a heading."""
    right = set(right_aligned)
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    rule = tuple("-" * width for width in widths)
    out = []
    for row in (rows[0], rule, *rows[1:]):
        cells = [
            f"{cell:>{width}}" if column in right else f"{cell:<{width}}"
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        out.append("  ".join(cells).rstrip())
    return out


def concise(report: Report) -> str:
    """One line a finding: ``path:line:column: ML101 message``."""
    return "\n".join(f"{finding.span}: {finding.code} {finding.message}" for finding in report.findings)

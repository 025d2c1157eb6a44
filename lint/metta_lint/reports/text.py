"""Texts that several commands share: a plan's page, tables, the summary line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metta_lint.base.wording import show
from metta_lint.reports.cells import wrapped
from metta_lint.rules.finding import SEVERITIES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from metta_lint.check.report import Report
    from metta_lint.plans.plan import Plan, Quantity
    from metta_lint.reports.style import Style

NARROWEST_COLUMN = 20
"""Columns of a terminal below which a table's last column is not wrapped."""


def summary_line(report: Report) -> str:
    """``3 findings: 1 error, 2 warnings (2 runs, 1 pair, 4 files)``."""
    counts = [(sum(f.severity == severity for f in report.findings), severity) for severity in SEVERITIES]
    looked_at = (
        f"{_count(len(report.plans), 'run')}, {_count(len(report.pairs), 'pair')}, {_count(report.files, 'file')}"
    )
    if report.suppressed:
        looked_at += f", {len(report.suppressed)} suppressed"
    if not report.findings and not report.files:
        return "nothing looked at: no config of a trainer was found here"
    if not report.findings:
        return f"nothing found ({looked_at})"
    words = ", ".join(_count(number, severity) for number, severity in counts if number)
    return f"{_count(len(report.findings), 'finding')}: {words} ({looked_at})"


def fixable_lines(report: Report) -> list[str]:
    """``2 can be fixed with --fix, 1 more with --fix --unsafe-fixes``; no line where nothing can be fixed."""
    are_safe = [finding.fix.is_safe for finding in report.findings if finding.fix is not None]
    safe, unsafe = sum(are_safe), len(are_safe) - sum(are_safe)
    parts = [f"{safe} can be fixed with --fix"] if safe else []
    parts += [f"{unsafe} {'more' if safe else 'can be fixed'} with --fix --unsafe-fixes"] if unsafe else []
    return [", ".join(parts)] if parts else []


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' if number != 1 and noun != 'info' else ''}"


def cell(value: object, unknown: str = "-") -> str:
    """A value in a table, or a sign for an unknown one."""
    return unknown if value is None else show(value)


def plan_page(plan: Plan, style: Style) -> str:
    """A plan as a page: each quantity, its formula, the formula with numbers, and the lines that these came from."""
    width = max(map(len, plan.quantities))
    lines = [style.bold(f"{plan.run.label}: what {plan.run.dialect} will do"), ""]
    for refusal in (*plan.refusals, *plan.risks):
        where = plan.place_of(refusal) or plan.run.entry
        condition = f" with {refusal.only_if}" if refusal.only_if else ""
        moment = style.paint("warning" if condition else "error", f"refused{condition} ({refusal.when})")
        lines += [f"{moment}: {refusal.exception}: {refusal.message}", f"  --> {where}", ""]
    for quantity in plan.quantities.values():
        first, *rest = _explained(plan, quantity)
        lines.append(f"{quantity.name:<{width}}  {first}".rstrip())
        lines += [style.dim(f"{'':<{width}}  {line}") for line in rest]
    notes = [line for note in plan.run.notes for line in wrapped(f"note: {note}", style.width)]
    lines += ["", *map(style.dim, notes)] if notes else []
    return "\n".join(lines)


def _explained(plan: Plan, quantity: Quantity) -> list[str]:
    places = [f"from {_places(plan, quantity.name)}"] if plan.settings_of(quantity.name) else []
    if quantity.unknown_because is not None:
        return [quantity_text(quantity), *places]
    first, *rest = arithmetic(plan, quantity)
    return [f"{quantity_text(quantity):<26} {first}".strip(), *(f"{'':<26} {line}" for line in rest), *places]


def quantity_text(quantity: Quantity) -> str:
    """A quantity's value with its unit, or the reason why it is unknown."""
    if quantity.unknown_because is not None:
        return f"unknown: {quantity.unknown_because}"
    return f"{show(quantity.value)} {quantity.unit if quantity.unit != '1' else ''}".strip()


def arithmetic(plan: Plan, quantity: Quantity) -> list[str]:
    """A quantity's formula, and the formula with numbers. Without inputs: its source in the trainer."""
    if not quantity.inputs:
        return [quantity.source]
    numbers = [] if quantity.formula in quantity.inputs else [f"= {plan.formula_with_numbers(quantity.name)}"]
    return [f"= {quantity.formula}", *numbers]


def _places(plan: Plan, name: str) -> str:
    """``metta.yaml:3,7, train.ini:12``: every setting that a quantity depends on, those of its own formula first."""
    lines: dict[str, list[int]] = {}
    for setting in plan.settings_of(name):
        where = setting.span.path if setting.span is not None else setting.note or "the machine"
        lines.setdefault(where, []).extend([setting.span.line] if setting.span is not None else [])
    return ", ".join(f"{path}:{','.join(map(str, found))}" if found else path for path, found in lines.items())


def table(rows: Sequence[Sequence[str]], right_aligned: Iterable[int] = (), width: int | None = None) -> list[str]:
    """Rows in columns, the first row as a heading.

    If ``width`` leaves room for words beside the other columns, the last column is wrapped over several lines.
    """
    right = set(right_aligned)
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    before = sum(widths[:-1]) + len("  ") * len(widths[:-1])
    if width is not None and width - before >= NARROWEST_COLUMN:
        widths[-1] = min(widths[-1], width - before)
    out = []
    for row in (rows[0], tuple("-" * columns for columns in widths), *rows[1:]):
        lines = wrapped(row[-1], widths[-1])
        cells = [*row[:-1], lines[0]]
        aligned = [
            f"{cell:>{columns}}" if column in right else f"{cell:<{columns}}"
            for column, (cell, columns) in enumerate(zip(cells, widths, strict=True))
        ]
        out.append("\n".join(["  ".join(aligned).rstrip(), *(f"{'':{before}}{line}" for line in lines[1:])]))
    return out

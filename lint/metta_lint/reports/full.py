"""``--output-format full``: findings as rustc prints them, with the lines and the arithmetic behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metta_lint.base.wording import show, without_controls
from metta_lint.reports.cells import wrapped
from metta_lint.reports.excerpts import excerpts
from metta_lint.reports.remarks import remarks, rules_by_code
from metta_lint.reports.text import fixable_lines, summary_line
from metta_lint.rules.page import why_it_matters

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from metta_lint.check.report import Report
    from metta_lint.plans.plan import Plan
    from metta_lint.reports.style import Style
    from metta_lint.rules.engine import Subjects
    from metta_lint.rules.finding import Claim, Finding
    from metta_lint.rules.registry import ListedRule

INDENT = 4
"""Columns by which a message's further lines are indented."""
LONGEST_FORMULA = 80
"""Characters of a formula; a longer one says less than its result."""
OPERATORS = (" + ", " - ", " * ", " / ", " // ", " % ")


def page(report: Report, style: Style) -> str:
    """All findings with their excerpts, the notes, and a summary line."""
    blocks = finding_blocks(report.findings, report.coverage.subjects, style, report.rules)
    if not style.quiet:
        notes = [line for note in report.notes for line in wrapped(without_controls(f"note: {note}"), style.width)]
        blocks += ["\n".join(map(style.dim, notes))] if notes else []
        blocks.append("\n".join([summary_line(report), *fixable_lines(report)]))
    return "\n\n".join(blocks)


def finding_blocks(
    findings: Sequence[Finding], subjects: Subjects, style: Style, rules: Sequence[ListedRule] = ()
) -> list[str]:
    """Each finding as a text of several lines. The first of each of the ``rules`` says why it matters."""
    by_code = rules_by_code(findings, rules)
    sides: dict[tuple[str, ...], tuple[Plan, Plan]] = {(plan.run.label,): (plan, plan) for plan in subjects.plans}
    sides |= {pair.runs: (pair.left, pair.right) for pair in subjects.pairs}
    blocks = []
    for finding in findings:
        rule = by_code.pop(finding.code, None)
        said = [
            *(("claim", claim) for claim in _claims(finding, *sides.get(finding.runs, (None, None)))),
            ("why", why_it_matters(rule) if rule is not None else ""),
            *_remarks(finding),
        ]
        blocks.append("\n".join(_block(finding, said, style)))
    return blocks


def _block(finding: Finding, said: list[tuple[str, str]], style: Style) -> Iterator[str]:
    gutter = len(str(max([finding.span.line, *(related.span.line for related in finding.related)])))
    yield from _heading(finding, style)
    yield from excerpts(finding, style, gutter)
    for title, text in said:
        if text:
            indent = gutter + len(f" = {title}: ")
            first, *rest = wrapped(without_controls(text), style.width and style.width - indent)
            yield f"{'':>{gutter}} {style.dim('=')} {style.bold(f'{title}:')} {first}"
            yield from (f"{'':>{indent}}{line}" for line in rest)


def _heading(finding: Finding, style: Style) -> Iterator[str]:
    start = f"{finding.severity}[{finding.code}]: "
    first, *rest = wrapped(finding.message, style.width and style.width - len(start))
    yield f"{style.paint(finding.severity, start[:-2])}: {style.bold(first)}"
    if rest:
        again = wrapped(("\n" if style.width is None else " ").join(rest), style.width and style.width - INDENT)
        yield from (f"{'':>{INDENT}}{style.bold(line)}" for line in again)


def _remarks(finding: Finding) -> Iterator[tuple[str, str]]:
    yield from remarks(finding)
    if finding.found_in != finding.span.path:
        yield "in", f"{finding.found_in} and {len(finding.others)} more" if finding.others else finding.found_in
    yield finding.name, finding.url or f"metta-lint explain {finding.code}"


# -- arithmetic --------------------------------------------------------------------------------------------------------


def _claims(finding: Finding, left: Plan | None, right: Plan | None) -> Iterator[str]:
    """A line for each claim that adds to the message: its formula with the numbers of the plans."""
    for claim in finding.claims:
        if left is not None and left is right:
            yield from _of_run(claim, left, finding.message)
        else:
            yield from _of_pair(claim, (left, right), finding.message)


def _of_run(claim: Claim, plan: Plan, message: str) -> Iterator[str]:
    """``a_per_b = a / b = 6 / 2 = 3``."""
    value = show(claim.left if claim.left is not None else claim.right)
    steps = [step for step in (_formula(plan, claim.quantity), _with_numbers(plan, claim.quantity)) if step]
    if steps or value not in message:
        yield " = ".join([claim.quantity, *steps, value])


def _of_pair(claim: Claim, plans: tuple[Plan | None, Plan | None], message: str) -> Iterator[str]:
    """``a_per_b: left 3 = 6 / 2, right 4 = 8 / 2``: the two sides may have formulas of their own."""
    sides = [
        (name, show(value), _with_numbers(plan, claim.quantity))
        for name, value, plan in zip(("left", "right"), claim[1:], plans, strict=True)
        if value is not None
    ]
    if any(formula or value not in message for _, value, formula in sides):
        texts = [f"{name} {value}{' = ' if formula else ''}{formula}" for name, value, formula in sides]
        yield f"{claim.quantity}: {', '.join(texts)}"


def _formula(plan: Plan, name: str) -> str:
    """A quantity's formula, or "" if it has nothing to compute."""
    quantity = plan.quantities.get(name)
    text = quantity.formula if quantity is not None else ""
    return text if len(text) <= LONGEST_FORMULA and any(operator in text for operator in OPERATORS) else ""


def _with_numbers(plan: Plan | None, name: str) -> str:
    text = plan.formula_with_numbers(name) if plan is not None and _formula(plan, name) else ""
    return text if len(text) <= LONGEST_FORMULA else ""

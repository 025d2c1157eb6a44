"""The arithmetic of a finding: what it claims of each side, and the formulas with numbers behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metta_lint.base.wording import show

if TYPE_CHECKING:
    from collections.abc import Iterator

    from metta_lint.check.report import Report
    from metta_lint.plans.plan import Plan
    from metta_lint.rules.finding import Claim, Finding

LONGEST = 80
"""Characters of a formula; a longer one says less than its result."""
OPERATORS = (" + ", " - ", " * ", " / ", " // ", " % ")


class Arithmetic:
    """Works out the claims of a report's findings by the plans that they were found in."""

    def __init__(self, report: Report) -> None:
        self._sides: dict[tuple[str, ...], tuple[Plan, Plan]] = {
            (plan.run.label,): (plan, plan) for plan in report.plans
        }
        self._sides |= {pair.runs: (pair.left, pair.right) for pair in report.pairs}

    def lines(self, finding: Finding) -> Iterator[str]:
        """A line for each claim that says more than the message does."""
        left, right = self._sides.get(finding.runs, (None, None))
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
    """A quantity's formula, or "" where there is nothing to work out."""
    quantity = plan.quantities.get(name)
    text = quantity.formula if quantity is not None else ""
    return text if len(text) <= LONGEST and any(operator in text for operator in OPERATORS) else ""


def _with_numbers(plan: Plan | None, name: str) -> str:
    text = plan.formula_with_numbers(name) if plan is not None and _formula(plan, name) else ""
    return text if len(text) <= LONGEST else ""

"""What is wrong with a plan: what its trainer refuses, and what it wastes."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from metta_lint.base.unknown import Unknown
from metta_lint.base.wording import show
from metta_lint.plans.formula import FormulaError, formula
from metta_lint.plans.quantities import TRAITS
from metta_lint.trainers.dialects import trainer_for

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from metta_lint.plans.plan import Plan

WASTES: Mapping[str, str] = {
    name: f"{name} {traits.clean}" for name, traits in TRAITS.items() if traits.clean is not None
}
"""What holds of these quantities in a clean run, where its plan has them."""


def problems_of(plan: Plan) -> dict[str, str]:
    """What is wrong with a plan, by the requirement or the quantity, in words; nothing for a clean one.

    What the plan does not know is no problem.
    """
    found = {refusal.requirement: refusal.message for refusal in (*plan.refusals, *plan.risks)}
    for name, condition in _wastes(plan):
        if plan.value(name) is not None and not formula(condition).evaluate(plan.lookup):
            found[name] = f"{name} = {show(plan.value(name))}"
    return found


def unknowns_of(plan: Plan) -> tuple[str, ...]:
    """Why it cannot be known whether something is wrong with a plan: the reasons, each once; none where it can be."""
    conditions = (*(condition.formula for condition in plan.conditions), *dict(_wastes(plan)).values())
    return tuple(dict.fromkeys(value.because for text in conditions for value in _undecided(plan, text)))


def _undecided(plan: Plan, condition: str) -> Iterator[Unknown]:
    """What a condition comes to where that is unknown. Arithmetic without an answer holds nothing up."""
    with suppress(FormulaError):
        value = formula(condition).evaluate(plan.lookup)
        if isinstance(value, Unknown) and not (value.could_be and all(value.could_be.examples())):
            yield value


def demands_of(plan: Plan, wants: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """What must hold beside what the trainer insists on, as formulas: nothing is wasted, and all has what is wanted."""
    yield from _wastes(plan)
    for name, value in wants.items():
        yield f"want {name}", f"{name} == {value!r}"


def _wastes(plan: Plan) -> Iterator[tuple[str, str]]:
    own = {name: f"{name} == 0" for name in trainer_for(plan.run.entry).solvable.wastes}
    for name, condition in {**WASTES, **own}.items():
        if name in plan.quantities:
            yield name, condition

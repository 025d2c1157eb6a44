"""A plan's problems: the requirements that it breaks, and the steps that it wastes."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from metta_lint.base.unknown import Unknown
from metta_lint.base.wording import show
from metta_lint.plans.formula import FormulaError, formula
from metta_lint.plans.plan import Condition
from metta_lint.plans.quantities import TRAITS
from metta_lint.trainers.dialects import trainer_for

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from metta_lint.plans.plan import Plan

WASTES: Mapping[str, str] = {
    name: f"{name} {traits.clean}" for name, traits in TRAITS.items() if traits.clean is not None
}
"""The condition that each of these quantities meets in a clean run, if the plan has it."""


def problems_of(plan: Plan) -> dict[str, str]:
    """A plan's problems in words, by the requirement or the quantity; none for a clean plan.

    A value that the plan does not know is not a problem.
    """
    found = {refusal.requirement: refusal.message for refusal in (*plan.refusals, *plan.risks)}
    for name, condition in _wastes(plan):
        if plan.value(name) is not None and not formula(condition).evaluate(plan.lookup):
            found[name] = f"{name} = {show(plan.value(name))}"
    return found


def unknowns_of(plan: Plan) -> tuple[str, ...]:
    """The reasons, each once, why it cannot be known whether a plan has a problem; none where it can be known."""
    conditions = (*plan.conditions, *_wastes(plan))
    return tuple(dict.fromkeys(value.because for each in conditions for value in _undecided(plan, each.formula)))


def _undecided(plan: Plan, condition: str) -> Iterator[Unknown]:
    """A condition's value if that is unknown. A condition that cannot be computed is not a reason for doubt."""
    with suppress(FormulaError):
        value = formula(condition).evaluate(plan.lookup)
        if isinstance(value, Unknown) and not (value.could_be and all(value.could_be.examples())):
            yield value


def demands_of(plan: Plan, wants: Mapping[str, object]) -> Iterator[Condition]:
    """What must hold besides the trainer's conditions, as named formulas: no waste, and the wanted values."""
    yield from _wastes(plan)
    for name, value in wants.items():
        yield Condition(f"want {name}", f"{name} == {value!r}")


def _wastes(plan: Plan) -> Iterator[Condition]:
    own = {name: f"{name} == 0" for name in trainer_for(plan.run.entry).solvable.wastes}
    for name, condition in {**WASTES, **own}.items():
        if name in plan.quantities:
            yield Condition(name, condition)

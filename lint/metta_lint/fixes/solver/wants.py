"""What a user wants of a run: a setting where one says it, a condition to solve for where it is derived."""

from __future__ import annotations

from ast import literal_eval
from typing import TYPE_CHECKING

from metta_lint.base.errors import LintError
from metta_lint.base.values import OFF
from metta_lint.base.wording import did_you_mean
from metta_lint.plans.formula import formula
from metta_lint.sources.literals import Unwritable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from metta_lint.plans.plan import Plan

_WORDS: Mapping[str, object] = {"true": True, "false": False, "null": None}


def parse_want(text: str) -> tuple[str, object]:
    """Read ``quantity=value``. Raises LintError for a text that is none, and for a list or the like."""
    name, separator, value = text.partition("=")
    if not separator or not name.strip() or not value.strip():
        raise LintError(f"--want {text}: expected quantity=value")
    found = _value(value.strip())
    if not isinstance(found, str | int | float | None):
        raise LintError(f"--want {text}: expected one number or one word")
    return name.strip(), found


def _value(word: str) -> object:
    try:
        return _WORDS[word] if word in _WORDS else literal_eval(word)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return word


def split(plan: Plan, wants: Mapping[str, object]) -> tuple[dict[str, object], dict[str, object]]:
    """The settings that wanted quantities are, with their values, and the quantities that are derived.

    Raises LintError for a name that is no quantity of the plan.
    """
    fixed: dict[str, object] = {}
    derived: dict[str, object] = {}
    for name, value in wants.items():
        if name not in plan.quantities:
            hint = did_you_mean(name, plan.quantities)
            raise LintError(f"no quantity of {plan.run.trainer} is called {name!r}{hint}")
        try:
            fixed[setting_behind(plan, name)] = setting_value(value)
        except Unwritable:
            derived[name] = value
    return fixed, derived


def setting_value(value: object) -> object:
    """What a setting must be for its quantity to have a value."""
    return None if value == OFF else value


def setting_behind(plan: Plan, quantity: str) -> str:
    """The one setting that a quantity is. Raises Unwritable where it is derived from others, or is none's."""
    found = plan.quantities.get(quantity)
    if found is None or (not found.inputs and found.unknown_because is None):
        raise Unwritable(f"{plan.run.trainer} has no setting for {quantity}")
    names = formula(found.formula).names
    if len(names) == 1 and names[0] not in plan.quantities and set(found.inputs) == set(names):
        return names[0]
    raise Unwritable(f"{quantity} is derived, as {found.formula}")


def is_derived(plan: Plan, quantity: str) -> bool:
    """Whether other quantities or settings decide a quantity."""
    found = plan.quantities.get(quantity)
    return found is not None and bool(found.inputs)

"""Conditions over values that are drawn at launch: with which of them a condition does not hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metta_lint.base.records import NamedTuple
from metta_lint.base.unknown import Unknown
from metta_lint.plans.draws import cases
from metta_lint.plans.formula import FormulaError, formula
from metta_lint.plans.plan import settings_below

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from metta_lint.plans.plan import Quantity


class Outcome(NamedTuple):
    """What a condition comes to with one combination of drawn settings; ``lookup`` gives every name's value then."""

    drawn: Mapping[str, object]
    holds: bool
    lookup: Callable[[str], object]


def outcomes(
    condition: str, quantities: Mapping[str, Quantity], setting: Callable[[str], object]
) -> tuple[Outcome, ...]:
    """The condition for each combination of the drawn settings that it rests on.

    None where it rests on nothing drawn, or on anything that is not known with them: then nothing can be said.
    """
    drawn = {
        name: value
        for name in sorted(settings_below(formula(condition).names, quantities))
        if isinstance(value := setting(name), Unknown) and value.could_be is not None
    }
    found = []
    for case in cases(drawn) if drawn else ():
        lookup = _lookup(case, quantities, setting)
        try:
            value = formula(condition).evaluate(lookup)
        except FormulaError:
            return ()
        if isinstance(value, Unknown):
            return ()
        found.append(Outcome(case, bool(value), lookup))
    return tuple(found)


def _lookup(
    drawn: Mapping[str, object], quantities: Mapping[str, Quantity], setting: Callable[[str], object]
) -> Callable[[str], object]:
    """Values of quantities and settings, with some settings drawn."""
    known = dict(drawn)

    def value(name: str) -> object:
        quantity = quantities.get(name)
        if quantity is None:
            return setting(name)
        if quantity.unknown_because is None or not quantity.inputs:
            return quantity.known
        return formula(quantity.formula).evaluate(lookup)

    def lookup(name: str) -> object:
        if name not in known:
            known[name] = value(name)
        return known[name]

    return lookup

"""Conditions over values that are drawn at launch: with which of them a condition does not hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metta_lint.base.records import NamedTuple
from metta_lint.base.unknown import Unknown
from metta_lint.plans.draws import cases
from metta_lint.plans.formula import FormulaError, formula

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
        for name in _settings_below(formula(condition).names, quantities)
        if isinstance(value := setting(name), Unknown) and value.could_be is not None
    }
    found = []
    for case in cases(drawn) if drawn else ():
        lookup = _Lookup(case, quantities, setting)
        try:
            value = formula(condition).evaluate(lookup)
        except FormulaError:
            return ()
        if isinstance(value, Unknown):
            return ()
        found.append(Outcome(case, bool(value), lookup))
    return tuple(found)


def _settings_below(names: tuple[str, ...], quantities: Mapping[str, Quantity]) -> list[str]:
    found: dict[str, None] = {}
    seen = set(names)
    queue = list(names)
    while queue:
        name = queue.pop()
        quantity = quantities.get(name)
        if quantity is None:
            found[name] = None
            continue
        queue += [below for below in quantity.inputs if below not in seen]
        seen.update(quantity.inputs)
    return sorted(found)


class _Lookup:
    """Values of quantities and settings, with some settings drawn."""

    def __init__(
        self, drawn: Mapping[str, object], quantities: Mapping[str, Quantity], setting: Callable[[str], object]
    ) -> None:
        self._known = dict(drawn)
        self._quantities = quantities
        self._setting = setting

    def __call__(self, name: str) -> object:
        if name not in self._known:
            self._known[name] = self._value(name)
        return self._known[name]

    def _value(self, name: str) -> object:
        quantity = self._quantities.get(name)
        if quantity is None:
            return self._setting(name)
        if quantity.unknown_because is None:
            return quantity.value
        if not quantity.inputs:
            return Unknown(quantity.unknown_because)
        return formula(quantity.formula).evaluate(self)

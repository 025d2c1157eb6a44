"""A plan's own formulas and conditions, evaluated for other settings without deriving the plan anew."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from metta_lint.base.records import NamedTuple
from metta_lint.base.unknown import Unknown
from metta_lint.plans.formula import FormulaError, formula

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from metta_lint.plans.plan import Condition, Plan


class Below(NamedTuple):
    """What depends on a setting: quantities in the order in which they are derived, and conditions."""

    quantities: tuple[str, ...]
    conditions: tuple[Condition, ...]


class Model:
    """The quantities of a plan that its conditions depend on, with their formulas.

    ``demands`` are conditions besides the plan's own. A trainer's code may choose other formulas for other settings, so
    a model only says where to look: every proposal is planned before it is made.
    """

    def __init__(self, plan: Plan, demands: Iterable[Condition]) -> None:
        self.settings = {key: setting.value for key, setting in plan.run.settings.items()}
        self.conditions = tuple(dict.fromkeys((*plan.conditions, *demands)))
        needed = {name for condition in self.conditions for name in formula(condition.formula).names}
        for name, quantity in reversed(list(plan.quantities.items())):
            needed.update(quantity.inputs if name in needed else ())
        known = {name: q for name, q in plan.quantities.items() if name in needed and q.formula != name}
        self.formulas = {name: formula(quantity.formula) for name, quantity in known.items()}
        self._inputs = {name: frozenset(quantity.inputs) for name, quantity in known.items()}
        self._below: dict[str, Below] = {}
        self.base = TrialValues(self)

    def below(self, key: str) -> Below:
        """What depends on a setting."""
        if key not in self._below:
            moved = {key}
            for name, inputs in self._inputs.items():
                if inputs & moved:
                    moved.add(name)
            quantities = tuple(name for name in self.formulas if name in moved)
            conditions = tuple(each for each in self.conditions if moved.intersection(formula(each.formula).names))
            self._below[key] = Below(quantities, conditions)
        return self._below[key]

    def beside(self, key: str) -> tuple[str, ...]:
        """The values that formulas read together with a setting, and that do not depend on it."""
        quantities, conditions = self.below(key)
        formulas = (*(self.formulas[name] for name in quantities), *(formula(each.formula) for each in conditions))
        read = dict.fromkeys(name for each in formulas for name in each.names)
        return tuple(name for name in read if name not in quantities and name != key)


class TrialValues:
    """The values with some settings changed, each evaluated when it is asked for."""

    def __init__(self, model: Model, before: TrialValues | None = None, **change: int) -> None:
        self.model = model
        self.before = before
        self.changes: Mapping[str, int] = {**(before.changes if before is not None else {}), **change}
        self._values: dict[str, object] = dict(change)
        self._below = model.below(*change) if change else Below(tuple(model.formulas), model.conditions)
        self._own = frozenset(self._below.quantities)

    def changed(self, key: str, value: int) -> TrialValues:
        """The values with one more setting changed."""
        return TrialValues(self.model, self, **{key: value})

    def lookup(self, name: str) -> object:
        """The value of a quantity or setting; Unknown where it has none."""
        if name not in self._values:
            self._values[name] = self._found(name)
        return self._values[name]

    def _found(self, name: str) -> object:
        if name in self._own:
            try:
                return self.model.formulas[name].evaluate(self.lookup)
            except FormulaError as error:
                return Unknown(str(error))
        if self.before is not None:
            return self.before.lookup(name)
        return self.model.settings.get(name, Unknown(f"{name} is not set"))

    def satisfies(self, tolerated: frozenset[str]) -> bool:
        """Whether all conditions hold but the tolerated ones; those that did not hold before are asked first."""
        before = self.before.broken if self.before is not None else frozenset()
        moved = sorted(self._below.conditions, key=lambda condition: condition not in before)
        stays = before.difference(moved)
        return all(condition.requirement in tolerated for condition in stays) and not any(
            condition.requirement not in tolerated and self._is_broken(condition) for condition in moved
        )

    @cached_property
    def broken(self) -> frozenset[Condition]:
        """The conditions that are known not to hold."""
        moved = self._below.conditions
        before = self.before.broken.difference(moved) if self.before is not None else frozenset()
        return before.union(filter(self._is_broken, moved))

    def _is_broken(self, condition: Condition) -> bool:
        try:
            value = formula(condition.formula).evaluate(self.lookup)
        except FormulaError:
            return False
        return not isinstance(value, Unknown) and not value

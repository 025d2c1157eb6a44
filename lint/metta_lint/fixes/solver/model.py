"""A plan's own formulas and conditions, worked out for other settings without deriving the plan anew."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from metta_lint.base.records import NamedTuple
from metta_lint.base.unknown import Unknown
from metta_lint.plans.formula import FormulaError, formula

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from metta_lint.plans.formula import Formula
    from metta_lint.plans.plan import Plan


class Demand(NamedTuple):
    """What must hold of a run: a name, and the condition as a formula."""

    name: str
    condition: Formula


class Below(NamedTuple):
    """What rests on a setting: quantities in the order in which they follow, and demands."""

    quantities: tuple[str, ...]
    demands: tuple[Demand, ...]


class Model:
    """What follows from a run's settings as far as the demands on it rest on that, as its plan has it.

    ``demands`` come beside the plan's own conditions. A trainer's code may choose other formulas for other settings, so
    a model only says where to look: what it finds is planned before it is believed.
    """

    def __init__(self, plan: Plan, demands: Iterable[tuple[str, str]]) -> None:
        self.settings = {key: setting.value for key, setting in plan.run.settings.items()}
        own = ((condition.requirement, condition.formula) for condition in plan.conditions)
        self.demands = tuple(Demand(name, formula(text)) for name, text in dict.fromkeys((*own, *demands)))
        needed = {name for demand in self.demands for name in demand.condition.names}
        for name, quantity in reversed(list(plan.quantities.items())):
            needed.update(quantity.inputs if name in needed else ())
        known = {name: q for name, q in plan.quantities.items() if name in needed and q.formula != name}
        self.formulas = {name: formula(quantity.formula) for name, quantity in known.items()}
        self._inputs = {name: frozenset(quantity.inputs) for name, quantity in known.items()}
        self._below: dict[str, Below] = {}
        self.base = TrialValues(self)

    def below(self, key: str) -> Below:
        """What rests on a setting."""
        if key not in self._below:
            moved = {key}
            for name, inputs in self._inputs.items():
                if inputs & moved:
                    moved.add(name)
            quantities = tuple(name for name in self.formulas if name in moved)
            demands = tuple(demand for demand in self.demands if moved.intersection(demand.condition.names))
            self._below[key] = Below(quantities, demands)
        return self._below[key]

    def beside(self, key: str) -> tuple[str, ...]:
        """What is reckoned with a setting on its way to the demands: what they read that does not rest on it."""
        quantities, demands = self.below(key)
        formulas = (*(self.formulas[name] for name in quantities), *(demand.condition for demand in demands))
        read = dict.fromkeys(name for each in formulas for name in each.names)
        return tuple(name for name in read if name not in quantities and name != key)


class TrialValues:
    """The values that follow where a setting is another than before, each worked out when it is asked for."""

    def __init__(self, model: Model, before: TrialValues | None = None, **change: object) -> None:
        self.model = model
        self.before = before
        self.changes: Mapping[str, object] = {**(before.changes if before is not None else {}), **change}
        self._values: dict[str, object] = dict(change)
        self._below = model.below(*change) if change else Below(tuple(model.formulas), model.demands)
        self._own = frozenset(self._below.quantities)

    def changed(self, key: str, value: object) -> TrialValues:
        """The values that follow where one setting more is another."""
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
        """Whether all demands hold but the tolerated ones; those are asked first that did not hold before."""
        before = self.before.broken if self.before is not None else frozenset[Demand]()
        moved = sorted(self._below.demands, key=lambda demand: demand not in before)
        stays = before.difference(moved)
        return all(demand.name in tolerated for demand in stays) and not any(
            demand.name not in tolerated and self._is_broken(demand) for demand in moved
        )

    @cached_property
    def broken(self) -> frozenset[Demand]:
        """The demands that are known not to hold."""
        before = self.before.broken.difference(self._below.demands) if self.before is not None else frozenset[Demand]()
        return before.union(filter(self._is_broken, self._below.demands))

    def _is_broken(self, demand: Demand) -> bool:
        try:
            value = demand.condition.evaluate(self.lookup)
        except FormulaError:
            return False
        return not isinstance(value, Unknown) and not value

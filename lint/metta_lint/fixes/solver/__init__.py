"""The solver: the nearest settings with which a run is clean under every condition of its trainer.

A proposal changes one or two sizes. It is found with the plan's own formulas, and made only where the plan that the
trainer's dialect derives from the changed run has no problem.

Distance is measured in octaves: the powers of two by which the sizes change, added up, plus one octave for a second
setting. 64 to 128 is 1.0; 64 to 128 and 32 to 48 is 2.585. Of two proposals at the same distance, the one that changes
what the trainer's dialect lists first is better.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from metta_lint.base.records import NamedTuple
from metta_lint.fixes.problems import demands_of, problems_of
from metta_lint.fixes.solver.candidates import MOST_OCTAVES, candidates, distance
from metta_lint.fixes.solver.model import Model
from metta_lint.plans.formula import formula
from metta_lint.plans.run import Setting
from metta_lint.trainers.dialects import trainer_for

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from metta_lint.fixes.solver.model import TrialValues
    from metta_lint.plans.plan import Plan

PRICE = 1.0
"""What the second setting costs, in octaves."""
FARTHEST = MOST_OCTAVES + PRICE
"""The distance beyond which no proposal is of use."""
MOST_TRIALS = 20_000
"""Combinations of settings that one search evaluates."""
MOST_PLANS = 300
"""Plans that one search derives."""
MOST_FIRST = 24
"""Values of a first setting that are tried with values of a second one."""


class Proposal(NamedTuple):
    """Settings with which a run is clean, what they were, their distance in octaves, and the plan with them."""

    changes: Mapping[str, object]
    before: Mapping[str, object]
    distance: float
    plan: Plan


def solve(
    plan: Plan,
    wants: Mapping[str, object] | None = None,
    fixed: Mapping[str, object] | None = None,
    *,
    tolerated: frozenset[str] = frozenset(),
) -> list[Proposal]:
    """Proposals with which a plan is clean, the nearest first, one for each set of settings.

    Two settings are not proposed if one of them alone is enough at less distance. ``wants`` are values that quantities
    must have, ``fixed`` settings that are changed in any case, ``tolerated`` names of problems that may stay. There is
    no proposal for a plan that is clean and has what is wanted.
    """
    return _Search(plan, wants or {}, fixed or {}, tolerated).proposals()


class _Search:
    """One search, with what it has tried and planned so far."""

    def __init__(
        self, plan: Plan, wants: Mapping[str, object], fixed: Mapping[str, object], tolerated: frozenset[str]
    ) -> None:
        self.plan = plan
        self.wants = wants
        self.fixed = dict(fixed)
        self.tolerated = tolerated
        self.trials = MOST_TRIALS
        self.plans: dict[tuple[tuple[str, object], ...], Plan] = {}
        self.found: dict[frozenset[str], Proposal] = {}
        self._trainer = trainer_for(plan.run.entry)
        self._models: dict[frozenset[str], Model] = {}
        self.start = self._replanned({})
        self.given = dict(self._given())

    def _given(self) -> Iterator[tuple[str, int]]:
        """The sizes that can be changed, with their values; of an ``auto`` size, the one that the trainer derives."""
        for key in self._trainer.solvable.sizes:
            if key in self.start.run.settings and key not in self.fixed:
                value = self.start.run.value(key)
                if value in ("auto", None):
                    decided = (q for q in self.start.quantities.values() if key in q.inputs)
                    values = (q.value for q in decided if key not in formula(q.formula).names)
                    value = next((value for value in values if type(value) is int and value > 0), None)
                if type(value) is int and value > 0:
                    yield key, value

    def proposals(self) -> list[Proposal]:
        if self._is_clean(self.start):
            return [Proposal(self.fixed, self._before({}), 0.0, self.start)] if self.fixed else []
        if not self.given or self._is_hopeless():
            return []
        for key in self.given:
            self._keep_first(self._values(self._model({key}).base, key, MOST_OCTAVES))
        for first in self.given:
            self._try_pairs(first)
        least = (found for keys, found in self.found.items() if found.distance <= self._nearest(*keys))
        return sorted(least, key=self._rank)

    def _keep_first(self, states: Iterator[TrialValues]) -> None:
        """Keep the first of the states whose plan is clean, too."""
        for state in states:
            proposal = self._planned(state)
            if proposal is not None:
                self.found[frozenset(state.changes)] = proposal
                return

    def _nearest(self, *keys: str) -> float:
        """The smallest distance of a proposal found for these settings or one of them."""
        subsets = (frozenset(keys), *(frozenset({key}) for key in keys))
        return min((self.found[each].distance for each in subsets if each in self.found), default=FARTHEST)

    def _rank(self, proposal: Proposal) -> tuple[float, int, tuple[int, ...]]:
        order = list(self.given)
        changed = {key: value for key, value in proposal.changes.items() if key in order and isinstance(value, int)}
        return round(proposal.distance, 9), sum(map(order.index, changed)), tuple(changed.values())

    def _is_hopeless(self) -> bool:
        """Whether a problem does not depend on any size."""
        refusals = {refusal.requirement: refusal for refusal in (*self.start.refusals, *self.start.risks)}
        for name in self._problems(self.start):
            at = refusals[name].at if name in refusals else (name,)
            if not {setting.key for each in at for setting in self.start.settings_of(each)} & self.given.keys():
                return True
        return False

    # -- one setting -----------------------------------------------------------------------------------------------

    def _values(self, state: TrialValues, key: str, limit: float) -> Iterator[TrialValues]:
        """Values of one setting with which all conditions hold as far as the formulas say, the nearest first."""
        for value in self._candidates(key, state):
            after = self._tried(state, key, value) if distance(self.given[key], value) < limit else None
            if after is None:
                return
            if after.satisfies(self.tolerated):
                yield after

    def _candidates(self, key: str, state: TrialValues) -> tuple[int, ...]:
        model = self._model({*state.changes, key})
        beside = [state.lookup(name) for name in model.beside(key)]
        wanted = [value for value in self.wants.values() if type(value) is int]
        return candidates(self.given[key], [value for value in (*beside, *wanted) if type(value) is int])

    def _tried(self, state: TrialValues, key: str, value: int) -> TrialValues | None:
        self.trials -= 1
        return state.changed(key, value) if self.trials >= 0 else None

    def _broken(self, state: TrialValues) -> set[str]:
        return {condition.requirement for condition in state.broken} - self.tolerated

    # -- two settings ----------------------------------------------------------------------------------------------

    def _try_pairs(self, first: str) -> None:
        """Change one setting so that some condition holds, and another one so that the others do."""
        tried = 0
        base = self._model({first}).base
        wrong = self._broken(base)
        for value in self._candidates(first, base):
            spent = PRICE + distance(self.given[first], value)
            seconds = [key for key in self.given if key != first and self._nearest(first, key) > spent]
            state = self._tried(base, first, value) if seconds and tried < MOST_FIRST else None
            if state is None:
                return
            left = self._broken(state)
            if left and not wrong <= left:
                tried += 1
                for second in seconds:
                    model = self._model({first, second})
                    if left <= {condition.requirement for condition in model.below(second).conditions}:
                        limit = self._nearest(first, second) - spent
                        self._keep_first(self._values(model.base.changed(first, value), second, limit))

    # -- plans -----------------------------------------------------------------------------------------------------

    def _model(self, keys: set[str]) -> Model:
        """The formulas of the run with these sizes as numbers: for ``auto`` the trainer uses other formulas."""
        automatic = frozenset(key for key in keys if self.start.run.value(key) != self.given[key])
        if automatic not in self._models:
            plan = self._replanned({key: self.given[key] for key in automatic}) if automatic else self.start
            self._models[automatic] = Model(plan, demands_of(plan, self.wants))
        return self._models[automatic]

    def _planned(self, state: TrialValues) -> Proposal | None:
        """The proposal, if the plan of the changed run is clean."""
        if len(self.plans) >= MOST_PLANS:
            return None
        plan = self._replanned(state.changes)
        if not self._is_clean(plan):
            return None
        far = [distance(self.given[key], value) for key, value in state.changes.items()]
        cost = sum(far) + PRICE * (len(far) - 1)
        return Proposal({**self.fixed, **state.changes}, self._before(state.changes), cost, plan)

    def _before(self, changes: Iterable[str]) -> dict[str, object]:
        """The old values of the changed settings; None for one that is in no file."""
        settings = self.plan.run.settings
        return {key: settings[key].value if key in settings else None for key in (*self.fixed, *changes)}

    def _replanned(self, changes: Mapping[str, object]) -> Plan:
        key = tuple(sorted(changes.items(), key=lambda item: item[0]))
        if key not in self.plans:
            run = self.plan.run
            new = {
                name: Setting(name, value, run.settings[name].span if name in run.settings else None, note="proposed")
                for name, value in {**self.fixed, **changes}.items()
            }
            self.plans[key] = self._trainer.derive(run._replace(settings={**run.settings, **new}), None)
        return self.plans[key]

    def _problems(self, plan: Plan) -> set[str]:
        return problems_of(plan).keys() - self.tolerated

    def _is_clean(self, plan: Plan) -> bool:
        return not self._problems(plan) and all(plan.value(name) == value for name, value in self.wants.items())

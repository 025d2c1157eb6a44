"""Corners of a sweep: suggestions that its trainer refuses, or that waste collected steps.

The search starts at the first suggestion, where every size has its mean. It changes one size at a time, to each of its
values, then every two sizes to their ends. A requirement is reported once, with the fewest changes that break it.
"""

from __future__ import annotations

from functools import cached_property
from itertools import combinations, product
from math import prod
from typing import TYPE_CHECKING

from metta_lint.base.records import NamedTuple
from metta_lint.plans.waste import waste_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from metta_lint.plans.plan import Plan, Refusal
    from metta_lint.plans.sweeps.space import Space
    from metta_lint.plans.sweeps.sweep import Sweep

CLOCKS = frozenset({"update_epochs", "total_timesteps"})
"""Sizes that can only be too small: nothing has to be a multiple of them."""
MOST_SIZES = 5
"""With more sizes than this, all ends together are more plans than the ends of every two."""
LARGEST_GRID = 50
"""At most this many plans are made to count the refused combinations of two parameters."""


class Corner(NamedTuple):
    """A part of a sweep that is refused or wasteful.

    - ``values``: the settings of its worst suggestion that differ from the first suggestion. If the first suggestion
      itself is refused, the settings that the refusal depends on.
    - ``lost``: how many of the ``tried`` values or combinations are refused or wasteful; ``exact`` says whether all
      that exist were tried.
    - ``first``: whether it is the first suggestion.
    - ``share``: the wasted share of the collected steps, if the trainer takes the run.
    """

    values: Mapping[str, object]
    plan: Plan
    refusal: Refusal | None
    lost: int
    tried: int
    exact: bool
    first: bool = False
    share: float = 0.0


def refused_corners(sweep: Sweep) -> Iterator[Corner]:
    """The corners that the trainer refuses, with the fewest changes first, each requirement once."""
    return _CornerSearch(sweep).corners()


def wasteful_corners(sweep: Sweep) -> Iterator[Corner]:
    """The sizes that waste steps at one of their values, if the first suggestion wastes none."""
    if sweep.base.number("agents_per_env") is None:
        return
    walk = _CornerSearch(sweep)
    start = sweep.replan(walk.first)
    waste = waste_of(start.number)  # None where that is unknown or the trainer refuses
    if start.refusals or waste is None or waste.steps:
        return
    for key, space in walk.spaces.items():
        if _is_clock(key):  # what one epoch wastes does not depend on how many there are
            continue
        plans = [(value, sweep.replan({**walk.first, key: value})) for value in space.probes]
        wastes = [(waste.share, value, plan) for value, plan in plans if (waste := waste_of(plan.number)) is not None]
        wasteful = [each for each in wastes if each[0] > 0]
        if wasteful:
            share, value, plan = max(wasteful, key=lambda found: found[0])
            yield Corner({key: value}, plan, None, len(wasteful), len(plans), space.is_whole, share=share)


class _CornerSearch:
    """The search for refused corners, with the requirements that it has reported."""

    def __init__(self, sweep: Sweep) -> None:
        self.sweep = sweep
        self.spaces: dict[str, Space] = {
            key: space for key, parameter in sweep.sizes.items() if (space := parameter.space) is not None
        }
        self.seen: set[str] = set()

    @cached_property
    def first(self) -> dict[str, object]:
        """The first suggestion: every size at its mean."""
        return {key: space.first for key, space in self.spaces.items()}

    def corners(self) -> Iterator[Corner]:
        if not self.spaces:
            return
        self.seen = {refusal.requirement for refusal in self.sweep.base.refusals}
        at_first = self._refusals({})
        self.seen |= at_first.keys()
        if not self.sweep.chosen:
            # The base run is a guess. If only the guess makes the first suggestion fail, it is a bad guess.
            alone = {refusal.requirement for refusal in self.sweep.plan_alone(self.first).refusals}
            at_first = {name: refusal for name, refusal in at_first.items() if name in alone}
        for refusal in list(at_first.values())[:1]:
            plan = self._plan({})
            yield Corner(self._concerned(plan, refusal), plan, refusal, 1, 1, exact=True, first=True)
        if self._is_taken_at_its_ends():
            return
        for keys in (*((key,) for key in self.spaces), *combinations(self.spaces, 2)):
            yield from self._along(keys)

    def _is_taken_at_its_ends(self) -> bool:
        """Whether the trainer takes every combination of the ends of all ranges.

        If powers of two are too large, too small or not multiples, the ends show it: what is taken there is taken in
        between. That is not true of other whole numbers: 16 and 64 divide what 17 does not.
        """
        clocks = set(filter(_is_clock, self.spaces))
        powers = [space.is_whole and space.only_powers for key, space in self.spaces.items() if key not in clocks]
        if len(powers) > MOST_SIZES or not all(powers):
            return False
        ends = [(min(space.values),) if key in clocks else _ends(space) for key, space in self.spaces.items()]
        points = product(*ends)
        return not any(self._refusals(dict(zip(self.spaces, point, strict=True))) for point in points)

    def _concerned(self, plan: Plan, refusal: Refusal) -> Mapping[str, object]:
        """The settings of the first suggestion that a refusal depends on."""
        keys = {setting.key for name in refusal.at for setting in plan.settings_of(name)}
        return {key: value for key, value in self.first.items() if key in keys} or self.first

    def _along(self, keys: tuple[str, ...]) -> Iterator[Corner]:
        """New requirements that fail when one size changes, or two change to their ends."""
        ends = [space.probes if len(keys) == 1 else _ends(space) for space in map(self.spaces.__getitem__, keys)]
        for point in product(*ends):
            values = dict(zip(keys, point, strict=True))
            refusal = next(iter(self._refusals(values).values()), None)
            if refusal is not None:
                yield self._corner(keys, ends, refusal)
                self.seen.add(refusal.requirement)

    def _corner(self, keys: tuple[str, ...], ends: Iterable[tuple[float, ...]], refusal: Refusal) -> Corner:
        spaces = [self.spaces[key] for key in keys]
        axes = [space.values for space in spaces]
        points = list(product(*(axes if prod(map(len, axes)) <= LARGEST_GRID else ends)))
        exact = all(space.is_whole for space in spaces) and prod(map(len, axes)) <= LARGEST_GRID
        lost = []
        for point in points:
            values = dict(zip(keys, point, strict=True))
            found = self._refusals(values).get(refusal.requirement)
            if found is not None:
                lost.append((values, found))
        # The worst is the one that is furthest from the first suggestion.
        values, worst = max(lost, key=lambda each: self._distance(each[0]))
        missed = {tuple(values.values()) for values, _ in lost}
        if not exact and missed.issuperset(points[1:-1]):
            points = points[1:-1]  # All but the ends of a range without gaps is all of it.
        return Corner(values, self._plan(values), worst, sum(point in missed for point in points), len(points), exact)

    def _distance(self, values: Mapping[str, object]) -> float:
        """How far a suggestion is from the first one, in steps through each size's values."""
        far = 0.0
        for key, value in values.items():
            at = self.spaces[key].values
            far += abs(at.index(value) - min(range(len(at)), key=lambda i: abs(at[i] - self.first[key])))  # type: ignore[operator]
        return far

    def _plan(self, values: Mapping[str, object]) -> Plan:
        return self.sweep.replan({**self.first, **values})

    def _refusals(self, values: Mapping[str, object]) -> dict[str, Refusal]:
        """The new refusals of a suggestion, by requirement: those with every possible value of the unsaid settings."""
        known = {refusal.requirement: refusal for refusal in self._plan(values).refusals}
        if not known:
            known = self._always(values)
        return {name: refusal for name, refusal in known.items() if name not in self.seen}

    def _always(self, values: Mapping[str, object]) -> dict[str, Refusal]:
        """The refusals that happen with every possible value of the unsaid settings."""
        common: dict[str, Refusal] = {}
        for index, stand_in in enumerate(self.sweep.unsaid):
            refusals = {r.requirement: r for r in self._plan({**values, **stand_in}).refusals}
            common = refusals if index == 0 else {name: r for name, r in common.items() if name in refusals}
            if not common:
                break
        return common


def _is_clock(key: str) -> bool:
    return key.rpartition(".")[2] in CLOCKS


def _ends(space: Space) -> tuple[float, ...]:
    return tuple(dict.fromkeys((space.values[0], space.values[-1])))

"""What ``solve`` answers: a run's problems, and the nearest settings without them, each with its edits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metta_lint.base.records import NamedTuple
from metta_lint.fixes.problems import problems_of, unknowns_of
from metta_lint.fixes.solver import solve
from metta_lint.fixes.solver.fixes import write_clean
from metta_lint.fixes.solver.wants import split
from metta_lint.plans.quantities import GROUPS
from metta_lint.sources.literals import Unwritable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from metta_lint.fixes.solver import Proposal
    from metta_lint.plans.plan import Plan
    from metta_lint.sources.edit import Edit

MOST = 5
"""Proposals of one answer."""
SHOWN = tuple(name for group, names in GROUPS.items() if group not in ("Hyperparameters", "") for name in names)
"""Quantities that are laid side by side, before and after."""


class Solution(NamedTuple):
    """A proposal, the edits that write it into the run's files (or why there are none), and what changes by it."""

    proposal: Proposal
    edits: tuple[Edit, ...]
    not_written: str
    moved: Mapping[str, tuple[object, object]]


class Answer(NamedTuple):
    """A run's plan, what is wrong with it, what was wanted of it, and the nearest settings that do.

    ``unknown`` says why more may be wrong with it than anybody can know.
    """

    plan: Plan
    problems: Mapping[str, str]
    unknown: tuple[str, ...]
    wants: Mapping[str, object]
    proposals: tuple[Solution, ...]

    @property
    def is_clean(self) -> bool | None:
        """Whether nothing is wrong, and all has the value that is wanted; None where that cannot be known."""
        if self.problems or any(self.plan.value(name) != value for name, value in self.wants.items()):
            return False
        return None if self.unknown else True


def answer(plan: Plan, wants: Mapping[str, object]) -> Answer:
    """The nearest settings with which a run is clean and has what is wanted.

    Raises LintError for a wanted name that is no quantity of the plan.
    """
    fixed, derived = split(plan, wants)
    proposals = solve(plan, derived, fixed)[:MOST]
    solutions = tuple(_solution(plan, proposal) for proposal in proposals)
    return Answer(plan, problems_of(plan), unknowns_of(plan), wants, solutions)


def _solution(plan: Plan, proposal: Proposal) -> Solution:
    names = [name for name in SHOWN if name in plan.quantities or name in proposal.plan.quantities]
    values = {name: (plan.value(name), proposal.plan.value(name)) for name in names}
    moved = {name: (before, after) for name, (before, after) in values.items() if before != after}
    try:
        return Solution(proposal, write_clean(plan, proposal).of(proposal.changes), "", moved)
    except Unwritable as reason:
        return Solution(proposal, (), str(reason), moved)

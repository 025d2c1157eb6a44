"""What ``solve`` answers: a run's problems, and the nearest settings without them, each with its edits.

``--want QUANTITY=VALUE`` changes a setting where the quantity is one, and is solved for where it is derived.
"""

from __future__ import annotations

from ast import literal_eval
from typing import TYPE_CHECKING

from metta_lint.base.errors import LintError
from metta_lint.base.records import NamedTuple
from metta_lint.base.wording import did_you_mean
from metta_lint.fixes.problems import problems_of, unknowns_of
from metta_lint.fixes.settings import setting_behind, setting_value
from metta_lint.fixes.solver import solve
from metta_lint.fixes.solver.fixes import write_clean
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
"""Quantities that are shown before and after."""
_WORDS: Mapping[str, object] = {"true": True, "false": False, "null": None}


class Solution(NamedTuple):
    """A proposal, the edits that write it into the run's files (or why there are none), and the numbers it changes."""

    proposal: Proposal
    edits: tuple[Edit, ...]
    not_written: str
    moved: Mapping[str, tuple[object, object]]


class Answer(NamedTuple):
    """A run's plan, its problems, what was wanted of it, and the nearest settings that are clean.

    ``unknown`` says why the plan may have problems that cannot be known.
    """

    plan: Plan
    problems: Mapping[str, str]
    unknown: tuple[str, ...]
    wants: Mapping[str, object]
    proposals: tuple[Solution, ...]

    @property
    def is_clean(self) -> bool | None:
        """Whether the run has no problem, and every wanted value; None where that cannot be known."""
        if self.problems or any(self.plan.value(name) != value for name, value in self.wants.items()):
            return False
        return None if self.unknown else True


def parse_want(text: str) -> tuple[str, object]:
    """Read ``quantity=value``. Raises LintError for any other text, and for a value that is a list or the like."""
    name, separator, word = (part.strip() for part in text.partition("="))
    if not separator or not name or not word:
        raise LintError(f"--want {text}: expected quantity=value")
    try:
        value = _WORDS[word] if word in _WORDS else literal_eval(word)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        value = word
    if not isinstance(value, str | int | float | None):
        raise LintError(f"--want {text}: expected one number or one word")
    return name, value


def answer(plan: Plan, wants: Mapping[str, object]) -> Answer:
    """The nearest settings with which a run is clean and has what is wanted.

    Raises LintError for a wanted name that is no quantity of the plan.
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

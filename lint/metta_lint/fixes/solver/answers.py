"""Turns proposals into the answer of ``solve`` and into fixes.

``--want QUANTITY=VALUE`` changes the setting if the quantity is a setting, and is solved for if it is derived.
"""

from __future__ import annotations

from ast import literal_eval
from typing import TYPE_CHECKING

from metta_lint.base.errors import LintError
from metta_lint.base.records import NamedTuple
from metta_lint.base.wording import did_you_mean
from metta_lint.fixes.problems import problems_of, unknowns_of
from metta_lint.fixes.settings import Written, setting_behind, setting_value, write
from metta_lint.fixes.solver import solve
from metta_lint.plans.quantities import GROUPS
from metta_lint.sources.edit import Fix
from metta_lint.sources.literals import Unwritable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from metta_lint.fixes.solver import Proposal
    from metta_lint.plans.plan import Plan
    from metta_lint.rules.finding import Finding
    from metta_lint.sources.edit import Edit

SOLVED = frozenset({"ML401", "ML402", "ML403"})
"""Rules whose findings say that sizes do not go together."""
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

    Raises LintError for a wanted name that is not a quantity of the plan.
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
    problems = problems_of(plan)
    return Answer(plan, problems, () if problems else unknowns_of(plan), wants, solutions)


def _solution(plan: Plan, proposal: Proposal) -> Solution:
    names = [name for name in SHOWN if name in plan.quantities or name in proposal.plan.quantities]
    values = {name: (plan.value(name), proposal.plan.value(name)) for name in names}
    moved = {name: (before, after) for name, (before, after) in values.items() if before != after}
    try:
        return Solution(proposal, write_clean(plan, proposal).of(proposal.changes), "", moved)
    except Unwritable as reason:
        return Solution(proposal, (), str(reason), moved)


# -- fixes of findings -------------------------------------------------------------------------------------------------


def with_solved(findings: Iterable[Finding], plans: Iterable[Plan]) -> list[Finding]:
    """The findings, those of sizes that do not go together with the nearest clean settings as help and unsafe fix.

    The plan of the edited files has no problem. Several findings of one run share one fix. A finding that has a fix
    keeps it. A run whose own file another unsafe fix changes is left until that fix is made.
    """
    findings = list(findings)
    changing = {edit.span.path for f in findings if f.fix is not None and not f.fix.is_safe for edit in f.edits}
    plans = [plan for plan in plans if plan.run.file not in changing]
    concerned = {run for f in findings if f.code in SOLVED for runs in (f.runs, *f.others) for run in runs}
    solved = {plan.run.label: _solved(plan) for plan in plans if plan.run.label in concerned}
    return [_with(finding, solved) if finding.code in SOLVED else finding for finding in findings]


def _with(finding: Finding, solved: Mapping[str, tuple[str, Fix | None]]) -> Finding:
    names = [name for names in (finding.runs, *finding.others) for name in names if name in solved]
    if not names or names[0] not in finding.runs or not solved[names[0]][0]:
        return finding
    fixes = [fix for _, fix in (solved[name] for name in names) if fix is not None]
    joined = None
    if len(fixes) == len(names):  # the finding of a run without a fix would stay
        message = fixes[0].message + (f", for each of {len(fixes)} runs" if len(fixes) > 1 else "")
        joined = Fix(message, tuple(sorted({edit for fix in fixes for edit in fix.edits})))
    return finding._replace(help=solved[names[0]][0], fix=finding.fix or joined)


def _solved(plan: Plan) -> tuple[str, Fix | None]:
    """The help that names the nearest clean settings ("" if there are none), and the fix that writes them."""
    proposals = solve(plan)
    if not proposals:
        return "", None
    nearest = " and ".join(f"{key} = {value}" for key, value in proposals[0].changes.items())
    said = f"the nearest clean settings: {nearest} (now {' and '.join(map(str, proposals[0].before.values()))})"
    reasons = []
    for proposal in proposals:
        try:
            done = write_clean(plan, proposal)
        except Unwritable as reason:
            reasons.append(str(reason))
            continue
        settings = " and ".join(f"{key} to {value}" for key, value in proposal.changes.items())
        return said, Fix(f"set {settings}", done.of(proposal.changes))
    return f"{said}; not written: {reasons[0]}", None


def write_clean(plan: Plan, proposal: Proposal) -> Written:
    """A proposal written into the run's files. Raises Unwritable, with the reason, where they are not clean with it."""
    done = write(plan.run, proposal.changes)
    for wrong in problems_of(done.plan).values():
        raise Unwritable(wrong)
    return done

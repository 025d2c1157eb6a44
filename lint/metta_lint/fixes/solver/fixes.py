"""Fixes from the solver: findings of refused and wasteful runs get the nearest clean settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metta_lint.fixes.problems import problems_of
from metta_lint.fixes.settings import Written, write
from metta_lint.fixes.solver import solve
from metta_lint.sources.edit import Fix
from metta_lint.sources.literals import Unwritable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from metta_lint.fixes.solver import Proposal
    from metta_lint.plans.plan import Plan
    from metta_lint.rules.finding import Finding

SOLVED = frozenset({"ML401", "ML402", "ML403"})
"""Rules whose findings say that sizes do not go together."""


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
    """What is said of the nearest clean settings, "" where there are none, and the fix that writes them."""
    proposals = solve(plan)
    if not proposals:
        return "", None
    said = f"the nearest clean settings: {_told(proposals[0])}"
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


def _told(proposal: Proposal) -> str:
    """``trainer.batch_size = 491520 (now 524288)``."""
    settings = " and ".join(f"{key} = {value}" for key, value in proposal.changes.items())
    return f"{settings} (now {' and '.join(str(value) for value in proposal.before.values())})"

"""Fixes that the solver makes: findings of refused and wasteful runs get the nearest clean settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metta_lint.fixes.problems import problems_of
from metta_lint.fixes.settings import Written, write
from metta_lint.fixes.solver import solve
from metta_lint.sources.edit import Fix
from metta_lint.sources.literals import Unwritable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from metta_lint.fixes.solver import Proposal
    from metta_lint.plans.plan import Plan
    from metta_lint.rules.finding import Finding

SOLVED = frozenset({"ML401", "ML402", "ML403"})
"""Rules whose findings say that sizes do not go together."""


def with_solved(findings: Iterable[Finding], plans: Iterable[Plan]) -> list[Finding]:
    """The findings, those of sizes that do not go together with the nearest clean settings as help and unsafe fix.

    A fix's edits were read back: the plan of the edited files has nothing wrong with it. Several findings of one run
    have the same fix, to be made once. A finding that has a fix keeps it. A run whose own file another unsafe fix
    changes is left for when that is made.
    """
    findings = list(findings)
    changing = {edit.span.path for f in findings if f.fix is not None and not f.fix.is_safe for edit in f.fix.edits}
    free = {plan.run.label: plan for plan in plans if plan.run.file not in changing}
    solved: dict[str, tuple[str, Fix | None] | None] = {}
    return [_with(finding, free, solved) if finding.code in SOLVED else finding for finding in findings]


def _with(finding: Finding, free: Mapping[str, Plan], solved: dict[str, tuple[str, Fix | None] | None]) -> Finding:
    plans = [free[name] for names in (finding.runs, *finding.others) for name in names if name in free]
    if not plans or plans[0].run.label not in finding.runs:
        return finding
    for plan in plans:
        if plan.run.label not in solved:
            solved[plan.run.label] = _solved(plan)
    found = [solved[plan.run.label] for plan in plans]
    if found[0] is None:
        return finding
    said, fix = found[0]
    return finding._replace(help=said, fix=finding.fix or (_together(found) if fix is not None else None))


def _together(found: Sequence[tuple[str, Fix | None] | None]) -> Fix | None:
    """The fixes of all runs as one; None where one of them has none: its finding would stay."""
    fixes = [each[1] for each in found if each is not None and each[1] is not None]
    if len(fixes) < len(found):
        return None
    edits = tuple(sorted({edit for fix in fixes for edit in fix.edits}))
    return Fix(fixes[0].message + (f", for each of {len(fixes)} runs" if len(fixes) > 1 else ""), edits)


def _solved(plan: Plan) -> tuple[str, Fix | None] | None:
    proposals = solve(plan)
    if not proposals:
        return None
    fix, reason = fix_of(plan, proposals)
    said = f"the nearest clean settings: {told(proposals[0])}"
    return (f"{said}; not written: {reason}" if reason else said), fix


def fix_of(plan: Plan, proposals: Sequence[Proposal]) -> tuple[Fix | None, str]:
    """The first proposal that can be written into the run's files and is clean there, or why the nearest cannot."""
    reasons = []
    for proposal in proposals:
        try:
            done = write_clean(plan, proposal)
        except Unwritable as reason:
            reasons.append(str(reason))
            continue
        settings = " and ".join(f"{key} to {value}" for key, value in proposal.changes.items())
        return Fix(f"set {settings}", done.of(proposal.changes)), ""
    return None, reasons[0]


def write_clean(plan: Plan, proposal: Proposal) -> Written:
    """A proposal in the run's files, which are clean with it. Raises Unwritable where that cannot be, with why."""
    done = write(plan.run, proposal.changes)
    for wrong in problems_of(done.plan).values():
        raise Unwritable(wrong)
    return done


def told(proposal: Proposal) -> str:
    """A proposal in words: ``trainer.batch_size = 491520 (now 524288)``."""
    settings = " and ".join(f"{key} = {value}" for key, value in proposal.changes.items())
    return f"{settings} (now {' and '.join(str(value) for value in proposal.before.values())})"

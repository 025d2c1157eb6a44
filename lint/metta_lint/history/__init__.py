"""History: which commits made the two sides of a pair differ, whether they ever agreed, and which changed last."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, TypeAlias

from metta_lint.base.errors import LintError
from metta_lint.files.file_system import current
from metta_lint.history.earlier import EarlierState
from metta_lint.history.git import Repository
from metta_lint.history.teller import story_of
from metta_lint.history.walk import Timeline, Walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from metta_lint.check.report import Report
    from metta_lint.history.story import Story
    from metta_lint.plans.comparison import ComparisonRow
    from metta_lint.plans.pair import Pair
    from metta_lint.plans.plan import Plan
    from metta_lint.project.config import Config
    from metta_lint.rules.finding import Finding

__all__ = ["row_histories", "with_histories"]

Drift: TypeAlias = "tuple[Pair, str]"
"""A pair of the working tree, and a quantity in which its sides differ."""


def with_histories(report: Report, limit: int) -> Report:
    """Add to each finding about a pair how its two sides came to differ, from at most ``limit`` commits.

    Raises LintError if none of the runs is in a repository.
    """
    pairs: dict[tuple[str, ...], Pair] = {pair.runs: pair for pair in report.pairs}
    drifts = {
        index: (pair, quantity)
        for index, finding in enumerate(report.findings)
        if (pair := pairs.get(finding.runs)) is not None and (quantity := _drift(finding, pair)) is not None
    }
    findings = list(report.findings)
    stories = _stories(list(drifts.values()), report.coverage.request.config, limit)
    for index, story in zip(drifts, stories, strict=True):
        notes = (*findings[index].notes, story.sentence, *story.gaps)
        findings[index] = findings[index]._replace(notes=notes, history=story.data())
    return report._replace(findings=findings)


def row_histories(pair: Pair, rows: Iterable[ComparisonRow], config: Config, limit: int) -> dict[str, Story]:
    """How each row of a comparison table that differs came to differ, by its quantity. Raises LintError as above."""
    quantities = [row.quantity for row in rows if row.left is not None and row.right is not None and not row.same]
    return dict(zip(quantities, _stories([(pair, quantity) for quantity in quantities], config, limit), strict=True))


def _drift(finding: Finding, pair: Pair) -> str | None:
    """The quantity in which a finding's pair differs: the finding's own, else the first of its claims that does."""
    quantities = (finding.quantity, *(claim.quantity for claim in finding.claims))
    return next((quantity for quantity in quantities if pair.differs(quantity) is not None), None)


def _stories(drifts: Sequence[Drift], config: Config, limit: int) -> list[Story]:
    """The story of each drift. All runs of a repository are followed back in one walk."""
    if not drifts:
        return []
    plans = {id(plan): plan for pair, _ in drifts for plan in pair.plans}
    with ExitStack() as processes:
        walks = _walks(plans.values(), processes, limit)
        roads = {key: Timeline(plan, config, walks[plan.run.file]) for key, plan in plans.items()}
        for walk in {id(walk): walk for walk in walks.values() if walk is not None}.values():
            walk.go([road for road in roads.values() if road.walk is walk])
        return [story_of(roads[id(pair.left)], roads[id(pair.right)], quantity) for pair, quantity in drifts]


def _walks(plans: Iterable[Plan], processes: ExitStack, limit: int) -> dict[str, Walk | None]:
    """The walk through the repository of each entry file; None for a file outside of any repository.

    Raises LintError if all files are.
    """
    walks: dict[str, Walk] = {}
    found: dict[str, Walk | None] = {}
    refused: LintError | None = None
    for file in dict.fromkeys(plan.run.file for plan in plans):
        try:
            repository = Repository.around(file)
        except LintError as error:
            refused = error
            found[file] = None
            continue
        if repository.top not in walks:
            walks[repository.top] = Walk(EarlierState(repository, current(), processes), limit)
        found[file] = walks[repository.top]
    if refused is not None and not walks:
        raise refused
    return found

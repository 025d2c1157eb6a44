"""History: for a drift, which commit brought each side to its value, whether they ever agreed, and which moved last."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from metta_lint.base.errors import LintError
from metta_lint.base.records import NamedTuple
from metta_lint.files.file_system import current
from metta_lint.history.earlier import EarlierState
from metta_lint.history.git import Repository
from metta_lint.history.teller import Road, Teller
from metta_lint.history.walk import DEFAULT_LIMIT, Launch, Timeline, Walk
from metta_lint.plans.run import split_entry

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from metta_lint.check.report import Report
    from metta_lint.history.story import Story
    from metta_lint.plans.comparison import ComparisonRow
    from metta_lint.plans.pair import Pair
    from metta_lint.plans.plan import Plan
    from metta_lint.rules.finding import Finding

__all__ = ["DEFAULT_LIMIT", "Launch", "row_histories", "with_histories", "with_story"]


class Drift(NamedTuple):
    """Two runs, each with its plan of the working tree, and a quantity in which they differ."""

    left: Launch
    right: Launch
    pair: Pair
    quantity: str


def with_histories(report: Report, limit: int = DEFAULT_LIMIT) -> Report:
    """Add to a report's findings about pairs how the two sides came to differ.

    Raises LintError where no run of such a finding lies in a repository.
    """
    config = report.coverage.request.config
    launches: dict[str, Launch] = {}

    def launch(plan: Plan) -> Launch:
        return launches.setdefault(plan.run.label, Launch.of(plan, config))

    pairs: dict[tuple[str, ...], Pair] = {pair.runs: pair for pair in report.pairs}
    asked = {
        index: Drift(launch(pair.left), launch(pair.right), pair, quantity)
        for index, finding in enumerate(report.findings)
        if (pair := pairs.get(finding.runs)) is not None and (quantity := _drift(finding, pair)) is not None
    }
    findings = list(report.findings)
    for index, story in zip(asked, _stories(list(asked.values()), limit), strict=True):
        findings[index] = with_story(findings[index], story)
    return report._replace(findings=findings)


def row_histories(
    pair: Pair, rows: Iterable[ComparisonRow], left: Launch, right: Launch, limit: int = DEFAULT_LIMIT
) -> dict[str, Story]:
    """For each row of a table that differs how it came to, by its quantity. Raises LintError as above."""
    quantities = [row.quantity for row in rows if row.left is not None and row.right is not None and not row.same]
    questions = [Drift(left, right, pair, quantity) for quantity in quantities]
    return dict(zip(quantities, _stories(questions, limit), strict=True))


def _drift(finding: Finding, pair: Pair) -> str | None:
    """The quantity in which a finding's pair differs: the one that it is about, else the first of its claims."""
    quantities = (finding.quantity, *(claim.quantity for claim in finding.claims))
    return next((quantity for quantity in quantities if pair.differs(quantity) is not None), None)


def with_story(finding: Finding, story: Story) -> Finding:
    """A finding that says how it came to be."""
    return finding._replace(notes=(*finding.notes, story.sentence, *story.gaps), history=story.data())


def _stories(questions: Sequence[Drift], limit: int) -> list[Story]:
    """The story of each question; all runs of a repository go back together."""
    if not questions:
        return []
    with ExitStack() as processes:
        roads = _roads(questions, processes, limit)
        teller = Teller()
        return [teller.story(roads[asked.left], roads[asked.right], asked.quantity) for asked in questions]


def _roads(questions: Iterable[Drift], processes: ExitStack, limit: int) -> dict[Launch, Road]:
    plans: dict[Launch, Plan] = {}
    for question in questions:
        plans[question.left] = question.pair.left
        plans[question.right] = question.pair.right
    walks: dict[str, Walk] = {}
    roads: dict[Launch, Road] = {}
    refused: LintError | None = None
    for launch, plan in plans.items():
        try:
            repository = Repository.around(split_entry(plan.run.entry)[0])
        except LintError as error:
            refused = error
            roads[launch] = Road(Timeline(launch, plan, end="untracked"), None)
            continue
        if repository.top not in walks:
            walks[repository.top] = Walk(EarlierState(repository, current(), processes), limit)
        roads[launch] = Road(Timeline(launch, plan), walks[repository.top])
    if refused is not None and not walks:
        raise refused
    for walk in walks.values():
        walk.go([road.timeline for road in roads.values() if road.walk is walk])
    return roads

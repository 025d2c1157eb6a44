"""Declared differences: what a pair is meant to differ in, and whether it still does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metta_lint.base.wording import did_you_mean, show
from metta_lint.plans.pair import same
from metta_lint.project.runs import declared_pairs
from metta_lint.rules.built_in import UNREADABLE, UNUSED, WITHOUT_REASON

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from metta_lint.check.report import Report
    from metta_lint.plans.pair import Pair
    from metta_lint.plans.plan import Plan
    from metta_lint.project.config import Config, Difference
    from metta_lint.rules.finding import Finding


def unexplained(report: Report) -> Report:
    """Leave out the findings that a declared difference explains, and add what is wrong with declarations."""
    intended = Intended(report.coverage.request.config, report.coverage.gathered.declared)
    left = [finding for finding in report.findings if intended.explaining(finding) is None]
    return report._replace(findings=[*left, *intended.findings], notes=(*report.notes, *intended.notes))


class Intended:
    """The declared differences of all pairs, compared with what the runs are.

    Each explains the findings about its quantity on its own pair. ``findings`` are what is wrong with declarations,
    ``notes`` say which of them cannot be judged.
    """

    def __init__(self, config: Config, plans: Mapping[str, Plan]) -> None:
        self.findings: list[Finding] = []
        self.notes: list[str] = []
        self._explained: dict[tuple[tuple[str, ...], str], Difference] = {}
        for spec, pair in declared_pairs(config, plans):
            for difference in spec.differs:
                declared = _Declared(difference, pair)
                self.findings += [finding._replace(runs=pair.runs) for finding in declared.mistakes()]
                self.notes += declared.unknowns()
                if declared.is_known and not declared.changed:
                    self._explained[pair.runs, difference.quantity] = difference

    def noted(self, findings: Iterable[Finding]) -> list[Finding]:
        """All findings; those that a declared difference explains get a note that says where and why."""
        return [_noted(finding, self.explaining(finding)) for finding in findings]

    def explaining(self, finding: Finding) -> Difference | None:
        """The declared difference that explains a finding, if one does."""
        return self._explained.get((finding.runs, finding.quantity))


def _noted(finding: Finding, difference: Difference | None) -> Finding:
    if difference is None:
        return finding
    note = f"declared to differ at {difference.span}: {difference.reason or 'nothing says why'}"
    return finding._replace(notes=(*finding.notes, note))


def _said(value: object) -> str:
    """A value for a message: a text stands in quotes, which tells "3" from 3."""
    return repr(show(value)) if isinstance(value, str) else show(value)


class _Declared:
    """One declared difference of a pair. ``changed`` says which sides have another value than was declared.

    It explains findings as long as its quantity is known and no side has changed.
    """

    def __init__(self, difference: Difference, pair: Pair) -> None:
        self.difference = difference
        self.pair = pair
        name, expected = difference.quantity, (difference.left, difference.right)
        self.is_known = any(name in plan.quantities for plan in pair.plans)
        self.changed = [
            f"the {side} ({plan.run.name}) has {_said(plan.value(name))}, not {_said(value)}"
            for side, plan, value in zip(("left", "right"), pair.plans, expected, strict=True)
            if value is not None and _why_unknown(plan, name) is None and not same(value, plan.value(name))
        ]

    def mistakes(self) -> Iterator[Finding]:
        """What is wrong with the declaration."""
        name, span = self.difference.quantity, self.difference.span
        values = tuple(plan.value(name) for plan in self.pair.plans)
        if not self.is_known:
            known = sorted({**self.pair.left.quantities, **self.pair.right.quantities})
            yield UNREADABLE.finding(f"no quantity is called {name!r}{did_you_mean(name, known)}", span, name)
            return
        if not self.difference.reason:
            message = f"{name} is declared to differ, and nothing says why"
            help_ = 'say it: reason = "..."'
            yield WITHOUT_REASON.finding(message, self.difference.reason_span, name, help=help_)
        if self.pair.known(name) is not None and self.pair.differs(name) is None:
            message = f"{name} no longer differs: both sides have {show(values[0])}"
            yield UNUSED.finding(message, span, name, values, help="remove the declared difference")
        elif self.changed:
            message = f"{name} no longer differs as it was declared: {' and '.join(self.changed)}"
            help_ = "declare what is meant now, or fix the side that changed"
            yield UNUSED.finding(message, span, name, values, help=help_)

    def unknowns(self) -> Iterator[str]:
        """Why the declaration cannot be judged, if it cannot."""
        name = self.difference.quantity
        for plan in self.pair.plans if self.is_known else ():
            because = _why_unknown(plan, name)
            if because is not None:
                yield f"declared difference not judged: {name} of {plan.run.label} is unknown: {because}"


def _why_unknown(plan: Plan, name: str) -> str | None:
    quantity = plan.quantities.get(name)
    return f"{plan.run.dialect} has none" if quantity is None else quantity.unknown_because

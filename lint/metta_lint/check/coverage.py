"""Coverage: what a check looked at, so that it calls nothing gone that it could not have found.

A baseline's entry is stale, and a suppression unused, only if its finding would have shown: the rule ran, all files
that it needs were looked at, as they are declared, and it knew every quantity that it asks for.
"""

from __future__ import annotations

import os
from collections import deque
from itertools import islice
from typing import TYPE_CHECKING, Any

from metta_lint.base.paths import is_below
from metta_lint.base.records import NamedTuple
from metta_lint.check.gather import Gathered, Request
from metta_lint.plans.pair import Pair
from metta_lint.project.runs import files_of
from metta_lint.rules.engine import MOST, Subjects
from metta_lint.rules.registry import Chosen

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from metta_lint.plans.plan import Plan, Quantity
    from metta_lint.rules.registry import ListedRule
    from metta_lint.rules.rule import Rule


class Coverage(NamedTuple):
    """What was asked for, what there was to look at, and which rules looked at it."""

    request: Request = Request()
    gathered: Gathered = Gathered()
    chosen: Chosen = Chosen()

    @property
    def subjects(self) -> Subjects:
        """What the rules looked at."""
        return self.gathered.subjects

    @property
    def is_complete(self) -> bool:
        """Whether every file could be read, and the command line left the declared runs as they are."""
        return not self.request.changes_runs and not self.gathered.unreadable

    # -- a baseline's entry --------------------------------------------------------------------------------------------

    def judges(self, file: str, code: str) -> bool:
        """Whether a check that reports no finding of this code in this file shows that there is none."""
        if not self.is_complete or code in self.chosen.idle:
            return False
        rule = next((rule for rule in self.chosen.rules if rule.code == code), None)
        needs_all = rule is None or rule.subject != "document"
        if needs_all and not self._covers(self.request.config.folder):
            return False
        return self._covers(file) and (rule is None or self.was_judged(rule, file))

    def _covers(self, path: str) -> bool:
        return any(is_below(path, asked) for asked in self.request.asked)

    # -- a suppression -------------------------------------------------------------------------------------------------

    def kinds(self, path: str) -> frozenset[str]:
        """The kinds of rules that judged a file in full.

        Rules of a ``document`` always do. Rules of trees and environments need all files of the file's tree, if it is
        in one. Rules of plans and pairs need all runs that read the file, as they are declared: if only this file was
        named, its other runs were perhaps not looked at. After an unreadable file, only documents count.
        """
        found = {"document"}
        if self.gathered.unreadable:
            return frozenset(found)
        if path in self.request.asked:
            is_run = self._is_as_declared and any(plan.run.file == path for plan in self.subjects.plans)
            return frozenset({*found, "plan"} if is_run else found)
        tree = next((tree for tree in self.subjects.trees if path in tree.files), None)
        if tree is None or set(tree.names) <= {tree.name_of(file) for file in tree.files}:
            found |= {"tree", "environment"}
            found |= set(self._kinds_of_runs(path, in_tree=tree is not None)) if self._is_as_declared else set()
        return frozenset(found)

    @property
    def _is_as_declared(self) -> bool:
        """Whether the command line changed neither settings nor machine."""
        return not self.request.changes_runs and self.request.machine == self.request.config.machine

    def _kinds_of_runs(self, path: str, *, in_tree: bool) -> Iterator[str]:
        """The kinds of rules about runs that judged a file: it is a run's entry, or every run that may read it ran."""
        planned = {name for plan in self.subjects.plans for name in (plan.run.entry, plan.run.file)}
        if path not in planned and not planned.issuperset(self.gathered.entries):
            return
        if any(path in files_of(plan) for plan in self.subjects.plans):
            yield from ("plan", "sweep")
        elif in_tree:
            yield "sweep"
        if any(path in files_of(plan) for pair in self.subjects.pairs for plan in pair.plans):
            yield "pair"

    # -- both ----------------------------------------------------------------------------------------------------------

    def was_judged(self, rule: ListedRule, file: str) -> bool:
        """Whether a rule knew every value that it asks for and this file sets, in every run that reads the file."""
        if rule.subject == "pair":
            return all(_knew(rule.load(), pair, pair.plans, file) for pair in self.subjects.pairs)
        return rule.subject != "plan" or all(_knew(rule.load(), plan, (plan,), file) for plan in self.subjects.plans)


def _knew(rule: Rule, subject: Plan | Pair, plans: Sequence[Plan], file: str) -> bool:
    path = os.path.abspath(file)
    if all(path not in map(os.path.abspath, files_of(plan)) for plan in plans):
        return True
    asked = [plan.quantities.get(name) for name in quantities_asked_for(rule, subject) for plan in plans]
    unknown = {found.name for found in asked if found is not None and found.unknown_because is not None}
    return not any(os.path.abspath(span.path) == path for name in unknown for p in plans for span in p.spans_of(name))


# -- what a rule asks for ----------------------------------------------------------------------------------------------


def quantities_asked_for(rule: Rule, subject: Plan | Pair) -> list[str]:
    """The quantities that a rule asks for, in its order. It runs on plans that take a note of each."""
    names: dict[str, None] = {}

    def noting(plan: Plan) -> Plan:
        return plan._replace(quantities=_NotedQuantities(plan.quantities, names))

    if isinstance(subject, Pair):
        drafts = rule.check(subject._replace(left=noting(subject.left), right=noting(subject.right)))
    else:
        drafts = rule.check(noting(subject))
    deque(islice(drafts, MOST), maxlen=0)
    return list(names)


class _NotedQuantities(dict[str, "Quantity"]):
    """A plan's quantities, which take a note of those that are asked for."""

    def __init__(self, quantities: Mapping[str, Quantity], asked: dict[str, None]) -> None:
        super().__init__(quantities)
        self._asked = asked

    def get(self, name: str, default: Any = None) -> Any:
        self._asked[name] = None
        return super().get(name, default)

    def __getitem__(self, name: str) -> Quantity:
        self._asked[name] = None
        return super().__getitem__(name)

"""What a check covers: what was found before is called gone only where it could have been found again."""

from __future__ import annotations

import os
from collections import deque
from itertools import islice
from typing import TYPE_CHECKING, Any

from metta_lint.base.paths import is_below
from metta_lint.base.records import NamedTuple
from metta_lint.plans.pair import Pair
from metta_lint.project.runs import files_of
from metta_lint.rules.engine import MOST, subject_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from metta_lint.plans.plan import Plan, Quantity
    from metta_lint.rules.engine import Subjects
    from metta_lint.rules.rule import Rule
    from metta_lint.rules.selection import Chosen
    from metta_lint.trainers.trees.tree import ConfigTree


class Scope(NamedTuple):
    """What of a project a check covers.

    ``paths`` are the files and folders, absolute; ``is_whole`` says that they are all of the project, ``is_complete``
    that every file could be read and that the command line changed no run. ``idle`` are the codes that were
    not looked for, ``of_files`` those of rules that need no more than a file; ``was_judged`` says of a file and a code
    whether the rule knew all that it asks for.
    """

    paths: tuple[str, ...] = ()
    is_whole: bool = False
    is_complete: bool = False
    idle: frozenset[str] = frozenset()
    of_files: frozenset[str] = frozenset()
    was_judged: Callable[[str, str], bool] = lambda _file, _code: True

    def judges(self, file: str, code: str) -> bool:
        """Whether a finding in a file would have been found."""
        if not self.is_complete or code in self.idle or not (self.is_whole or code in self.of_files):
            return False
        covered = any(is_below(file, path) for path in self.paths)
        return covered and self.was_judged(file, code)


def scope_of(paths: Sequence[str], root: str, chosen: Chosen, subjects: Subjects, *, is_complete: bool) -> Scope:
    """What a check of paths covers, of a project in a folder, with the rules that were chosen."""
    rules = {rule.code: rule for rule in chosen.rules}

    def judged(file: str, code: str) -> bool:

        return code not in rules or was_judged(rules[code], file, subjects)

    absolute = tuple(map(os.path.abspath, paths))
    return Scope(
        absolute,
        any(is_below(root, path) for path in absolute),
        is_complete,
        chosen.idle,
        frozenset(rule.code for rule in chosen.rules if subject_of(rule) == "document"),
        judged,
    )


class LookedAt(NamedTuple):
    """What was looked at, and how.

    ``named`` are the files that were asked for by name, ``entries`` those that runs start from. ``as_declared`` says
    that the command line changed neither settings nor machine, ``complete`` that every file could be read.
    """

    subjects: Subjects
    named: frozenset[str]
    entries: Sequence[str]
    as_declared: bool
    complete: bool

    def kinds(self, path: str) -> frozenset[str]:
        """The kinds of rules that had all of a looked-at file before them.

        A rule of a ``document`` sees a file whole. A tree's and an environment's need all of the tree, if the file is
        in one; a plan's and a pair's all the runs that the file is part of, as they are launched: of a file that was
        only named, other runs may not have been looked at. Where a file could not be read, what rests on it was not
        judged either.
        """
        found = {"document"}
        if self.complete and path not in self.named:
            tree = next((tree for tree in self.subjects.trees if path in tree.files), None)
            if tree is None or _is_all(tree):
                found |= {"tree", "environment"}
                found |= set(self._kinds_of_runs(path, in_tree=tree is not None)) if self.as_declared else set()
        elif self.complete and self.as_declared and any(plan.run.file == path for plan in self.subjects.plans):
            found.add("plan")
        return frozenset(found)

    def _kinds_of_runs(self, path: str, *, in_tree: bool) -> Iterator[str]:
        """Those of a file that runs read, if it is the entry of one or every run that could read it was planned."""
        if path not in self._planned() and not self._planned().issuperset(self.entries):
            return
        if any(path in files_of(plan) for plan in self.subjects.plans):
            yield from ("plan", "sweep")
        elif in_tree:
            yield "sweep"
        if any(path in files_of(plan) for pair in self.subjects.pairs for plan in (pair.left, pair.right)):
            yield "pair"

    def _planned(self) -> set[str]:
        return {plan.run.entry for plan in self.subjects.plans} | {plan.run.file for plan in self.subjects.plans}


def _is_all(tree: ConfigTree) -> bool:
    """Whether all configs of a tree were asked about."""
    return set(tree.names) <= {tree.name_of(file) for file in tree.files}


class _Noted(dict[str, "Quantity"]):
    """A plan's quantities that note which of them are asked for."""

    def __init__(self, quantities: Mapping[str, Quantity], asked: dict[str, None]) -> None:
        super().__init__(quantities)
        self._asked = asked

    def get(self, name: str, default: Any = None) -> Any:
        self._asked[name] = None
        return super().get(name, default)

    def __getitem__(self, name: str) -> Quantity:
        self._asked[name] = None
        return super().__getitem__(name)


def asked(rule: Rule, subject: Plan | Pair) -> list[str]:
    """The quantities that a rule asks for of a run or a pair, in this order."""
    names: dict[str, None] = {}
    if isinstance(subject, Pair):
        left, right = (plan._replace(quantities=_Noted(plan.quantities, names)) for plan in subject[:2])
        drafts = rule.check(subject._replace(left=left, right=right))
    else:
        drafts = rule.check(subject._replace(quantities=_Noted(subject.quantities, names)))
    deque(islice(drafts, MOST), maxlen=0)
    return list(names)


def was_judged(rule: Rule, file: str, subjects: Subjects) -> bool:
    """Whether a rule knew all that it asks for of what a file decides, in every run or pair that reads the file."""
    kind = subject_of(rule)
    if kind == "pair":
        return all(_knew(rule, pair, (pair.left, pair.right), file) for pair in subjects.pairs)
    if kind == "plan":
        return all(_knew(rule, plan, (plan,), file) for plan in subjects.plans)
    return True


def _knew(rule: Rule, subject: Plan | Pair, plans: Sequence[Plan], file: str) -> bool:
    path = os.path.abspath(file)
    if all(path not in map(os.path.abspath, files_of(plan)) for plan in plans):
        return True
    unknown = [name for name in asked(rule, subject) if any(_is_unknown(plan, name) for plan in plans)]
    return not any(_decides(path, plan, name) for name in unknown for plan in plans)


def _is_unknown(plan: Plan, name: str) -> bool:
    quantity = plan.quantities.get(name)
    return quantity is not None and quantity.unknown_because is not None


def _decides(path: str, plan: Plan, name: str) -> bool:
    """Whether a file has its part in a quantity."""
    return any(os.path.abspath(span.path) == path for span in plan.spans_of(name))

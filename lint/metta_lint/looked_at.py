"""What a check looked at, file by file: a suppression is called unused only where its finding could have been made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metta_lint.records import NamedTuple
from metta_lint.runs import files_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from metta_lint.engine import Subjects
    from metta_lint.trees import ConfigTree


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

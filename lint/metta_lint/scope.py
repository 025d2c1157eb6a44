"""What a check covers: what was found before is called gone only where it could have been found again."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from metta_lint.engine import subject_of
from metta_lint.records import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from metta_lint.engine import Subjects
    from metta_lint.selection import Chosen


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
        covered = any(_covers(path, os.path.abspath(file)) for path in self.paths)
        return covered and self.was_judged(file, code)


def scope_of(paths: Sequence[str], root: str, chosen: Chosen, subjects: Subjects, *, is_complete: bool) -> Scope:
    """What a check of paths covers, of a project in a folder, with the rules that were chosen."""
    rules = {rule.code: rule for rule in chosen.rules}

    def judged(file: str, code: str) -> bool:
        from metta_lint.judging import was_judged  # only now: most entries still occur

        return code not in rules or was_judged(rules[code], file, subjects)

    absolute = tuple(map(os.path.abspath, paths))
    return Scope(
        absolute,
        any(_covers(path, os.path.abspath(root)) for path in absolute),
        is_complete,
        chosen.idle,
        frozenset(rule.code for rule in chosen.rules if subject_of(rule) == "document"),
        judged,
    )


def _covers(path: str, inner: str) -> bool:
    return path == inner or inner.startswith(os.path.join(path, ""))

"""What a check covers: what was found before is called gone only where it could have been found again."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from metta_lint.engine import subject_of
from metta_lint.records import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metta_lint.selection import Chosen


class Scope(NamedTuple):
    """What of a project a check covers.

    ``paths`` are the files and folders, absolute; ``is_whole`` says that they are all of the project, ``is_complete``
    that every file could be read and that the command line changed no run. ``idle`` are the codes that were
    not looked for, ``of_files`` those of rules that need no more than a file.
    """

    paths: tuple[str, ...] = ()
    is_whole: bool = False
    is_complete: bool = False
    idle: frozenset[str] = frozenset()
    of_files: frozenset[str] = frozenset()

    def judges(self, file: str, code: str) -> bool:
        """Whether a finding in a file would have been found."""
        if not self.is_complete or code in self.idle or not (self.is_whole or code in self.of_files):
            return False
        return any(_covers(path, os.path.abspath(file)) for path in self.paths)


def scope_of(paths: Sequence[str], root: str, chosen: Chosen, *, is_complete: bool) -> Scope:
    """What a check of paths covers, of a project in a folder, with the rules that were chosen."""
    absolute = tuple(map(os.path.abspath, paths))
    return Scope(
        absolute,
        any(_covers(path, os.path.abspath(root)) for path in absolute),
        is_complete,
        chosen.idle,
        frozenset(rule.code for rule in chosen.rules if subject_of(rule) == "document"),
    )


def _covers(path: str, inner: str) -> bool:
    return path == inner or inner.startswith(os.path.join(path, ""))

"""Links that lead out of the tree are not followed: a pull request could print any file of the machine with one.

The tree is the git repository around the paths on the command line. Without one it is the named folder or the folder
of the named file; for several below the working directory, the folder that holds them all. A path that the user names
may lie anywhere, behind links too. Other places (a declared run of another repository) are confined to the repository
around them.
"""

from __future__ import annotations

import copy
import errno
import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from metta_lint.base.paths import from_folder, is_below
from metta_lint.base.wording import printable
from metta_lint.files.file_system import BROKEN_LINK, FileSystem, current, repository_around, using

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from metta_lint.files.file_system import FolderEntry, Status

MOST_NAMED = 5
"""How many links a note names."""


class Confined(FileSystem):
    """A file system in which a link that leads out of its tree leads nowhere."""

    def __init__(self, named: Iterable[str], below: FileSystem) -> None:
        self.below = below
        self.named = frozenset(map(os.path.abspath, named))
        self.links: dict[str, None] = {}
        """Links that were met and not followed."""
        folders = [path if below.status(path).kind == "folder" else os.path.dirname(path) for path in self.named]
        with suppress(ValueError):  # of folders on several drives, or of none
            folders += [shared] if is_below(shared := os.path.commonpath(folders), ".") else []
        self._trees = {repository_around(real, below) or real for real in map(below.real, folders)}
        self._asked = self._trees.union(folders)
        self._leads_out: dict[str, bool] = {}
        for path in self.named:  # how the user gets there is the user's own choice
            above = path
            while above not in self._leads_out:
                self._leads_out[above] = False
                above = os.path.dirname(above)

    def status(self, path: str) -> Status:
        return BROKEN_LINK if self.leads_out(path) else self.below.status(path)

    def content(self, path: str, limit: int) -> bytes:
        self._stop(path)
        return self.below.content(path, limit)

    def entries(self, folder: str) -> list[FolderEntry]:
        self._stop(folder)
        found = self.below.entries(folder)
        self._leads_out.update((f"{folder}/{entry.name}", False) for entry in found if not entry.is_link)
        return found

    def real(self, path: str) -> str:
        return os.path.abspath(path) if self.leads_out(path) else self.below.real(path)

    def _stop(self, path: str) -> None:
        if self.leads_out(path):
            raise OSError(errno.EPERM, "is a link that leads out of the tree", path)

    def leads_out(self, path: str) -> bool:
        """Whether a path, or a folder above it, is a link that leads out of the tree."""
        if path not in self._leads_out:
            full = os.path.abspath(path)
            self._leads_out[path] = self._is_link_out(full) if path == full else self.leads_out(full)
        return self._leads_out[path]

    def _is_link_out(self, path: str) -> bool:
        folder = os.path.dirname(path)
        if folder != path and self.leads_out(folder):
            return True
        if not self.below.is_link(path):
            return False
        trees = self._trees_of(folder)
        real = self.below.real(path)
        if not trees or any(is_below(real, tree) for tree in trees):
            return False
        self.links[path] = None
        return True

    def _trees_of(self, folder: str) -> set[str]:
        """The trees that links in a folder may lead to; empty if they may lead anywhere."""
        real = self.below.real(folder)
        if any(is_below(real, tree) or is_below(folder, tree) for tree in self._asked):
            return self._trees
        top = repository_around(real, self.below)
        return set() if top is None else {top}

    @property
    def notes(self) -> list[str]:
        """A note that names the links that were not followed."""
        names = sorted(printable(from_folder(link, "")).replace("\n", "\\n") for link in self.links)
        if not names:
            return []
        more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
        return [f"links that lead out of the tree are not followed: {', '.join(names[:MOST_NAMED])}{more}"]


@contextmanager
def confined(named: Iterable[str]) -> Iterator[Confined]:
    """Within this, no link leads out of the tree of the named paths; within an outer one, out of none of its trees."""
    around = current()
    outer = _outer(around)
    if outer is None:
        inner = Confined(named, around)
    elif outer is around and outer.named.issuperset(map(os.path.abspath, named)):
        inner = outer
    else:
        inner = Confined((*outer.named, *named), _without(outer, around))
        inner.links = outer.links
    with using(inner):
        yield inner


def leads_out(path: str) -> bool:
    """Whether a path leads out of its tree by a link and must not be read."""
    outer = _outer(current())
    return outer is not None and outer.leads_out(path)


def _outer(file_system: FileSystem | None) -> Confined | None:
    """The nearest confined file system, be it below others: fixes that are tried lie over it."""
    while file_system is not None and not isinstance(file_system, Confined):
        file_system = getattr(file_system, "below", None)
    return file_system


def _without(confined: Confined, file_system: FileSystem) -> FileSystem:
    """The same file systems in the same order, without one: it must see links to find out where they lead."""
    if file_system is confined:
        return confined.below
    found = copy.copy(file_system)
    found.below = _without(confined, file_system.below)
    return found

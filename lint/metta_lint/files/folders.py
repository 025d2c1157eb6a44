"""Walking folders: each is listed once, and links to folders are not followed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from metta_lint.base.documents import Span
from metta_lint.base.errors import InputError
from metta_lint.base.paths import slashed
from metta_lint.base.records import NamedTuple
from metta_lint.files.file_system import current, real_path
from metta_lint.files.gitignore import FILE, Ignoring, ignoring_at

if TYPE_CHECKING:
    from collections.abc import Iterator

SKIPPED = frozenset({"node_modules", "__pycache__", "site-packages", "build", "dist"})


class Folder(NamedTuple):
    """A folder's sorted content. ``folders`` leaves out links to folders; ``links`` are the files that are links."""

    folders: tuple[str, ...]
    files: tuple[str, ...]
    links: frozenset[str] = frozenset()
    is_repository: bool = False


class Folders:
    """The folders of one check. ``unreadable`` collects an error for each one that could not be listed."""

    def __init__(self, *, respects_gitignore: bool = True) -> None:
        self.unreadable: list[InputError] = []
        self._respects_gitignore = respects_gitignore
        self._listed: dict[str, Folder] = {}

    def listed(self, path: str) -> Folder:
        """A folder's content; empty if it cannot be listed."""
        key = os.path.normpath(path)
        found = self._listed.get(key)
        if found is None:
            try:
                found = _list(path)
            except OSError as error:
                span = Span(slashed(key), 1, 1, 1, 1)
                self.unreadable.append(InputError(f"cannot be listed: {error.strerror}", span))
                found = Folder((), ())
            self._listed[key] = found
        return found

    def below(self, root: str) -> Iterator[tuple[str, Folder]]:
        """A folder and all folders below it except hidden ones, parents first."""
        waiting = [root]
        while waiting:
            path = waiting.pop()
            folder = self.listed(path)
            yield path, folder
            waiting += [os.path.join(path, name) for name in reversed(folder.folders) if not name.startswith(".")]

    def judged(self, root: str) -> Iterator[tuple[str, str, tuple[str, ...]]]:
        """The folders whose files are checked: their path, their real path, and the names of the files.

        Leaves out what git ignores, and folders of packages and builds. The root itself is always included.
        """
        real = slashed(real_path(root))
        waiting = [(root, real, ignoring_at(real) if self._respects_gitignore else Ignoring())]
        while waiting:
            path, real, ignoring = waiting.pop()
            folder = self.listed(path)
            if self._respects_gitignore and path != root:
                has_file = FILE in folder.files
                ignoring = ignoring.entering(real, has_file=has_file, is_repository=folder.is_repository)
            yield path, real, _not_ignored(folder.files, real, ignoring, is_folder=False)
            inside = [name for name in folder.folders if not name.startswith(".") and name not in SKIPPED]
            waiting += [
                (os.path.join(path, name), f"{real.rstrip('/')}/{name}", ignoring)
                for name in reversed(_not_ignored(inside, real, ignoring, is_folder=True))
            ]


def _not_ignored(
    names: tuple[str, ...] | list[str], real: str, ignoring: Ignoring, *, is_folder: bool
) -> tuple[str, ...]:
    if not ignoring.files:
        return tuple(names)
    return tuple(name for name in names if not ignoring.ignores(f"{real.rstrip('/')}/{name}", is_folder=is_folder))


def _list(path: str) -> Folder:
    folders, files, links = [], [], set()
    is_repository = False
    for name, kind, is_link in current().entries(path):
        is_repository = is_repository or name == ".git"
        if kind != "folder":
            files.append(name)
        elif not is_link:
            folders.append(name)
        if is_link and kind != "folder":
            links.add(name)
    return Folder(tuple(sorted(folders)), tuple(sorted(files)), frozenset(links), is_repository)

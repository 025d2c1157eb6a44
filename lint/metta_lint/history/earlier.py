"""An earlier commit of a repository as a file system, read from git's objects.

Nothing is checked out, so no hook and no filter runs. Files outside of the repository are read from the disk as they
are now.
"""

from __future__ import annotations

import errno
import os
import posixpath
from functools import cache
from typing import TYPE_CHECKING

from metta_lint.base.errors import LintError
from metta_lint.base.records import NamedTuple
from metta_lint.files.file_system import BROKEN_LINK, MISSING, FileSystem, FolderEntry, Status
from metta_lint.files.limits import BYTE_LIMIT, LINK_LIMIT
from metta_lint.history.git import ABSENT, LINK, SUBPROJECT, Change, Objects, Repository, TreeEntry

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from contextlib import ExitStack
    from typing import TypeAlias


NESTED = 5
"""The deepest nesting of submodules that is followed."""
LINKS = 40
"""The longest chain of links that is followed."""
KEPT_BYTES = 16 << 20
"""At most about this much of the files that were read is kept: most are read again, at the next commit too."""
GIT = ".git"

_Files: TypeAlias = "dict[str, TreeEntry | _Files]"


class _Elsewhere(NamedTuple):
    """A path that another file system answers for."""

    file_system: FileSystem
    path: str


class _Here(NamedTuple):
    """The file or folder at a path, None if it is missing, and the path from the top without links."""

    node: TreeEntry | _Files | None
    inside: str
    is_broken_link: bool = False


class EarlierState(FileSystem):
    """A file system: the files of a repository at one commit, and all other files from the one ``below``.

    ``move`` goes to another commit. Links are followed within the commit; one that leads out of the repository is
    broken. Git's processes end when ``processes`` is closed.
    """

    def __init__(self, repository: Repository, below: FileSystem, processes: ExitStack, depth: int = 0) -> None:
        self.repository = repository
        self.below = below
        self._depth = depth
        self._commit: str | None = None
        self._root: _Files = {}
        self._processes = processes
        self._objects = Objects(repository, processes)
        self._kept: dict[str, bytes] = {}
        self._notes: dict[str, None] = {}
        self._submodules: dict[tuple[str, str], EarlierState | None] = {}
        self._path_inside = cache(repository.inside)

    @property
    def notes(self) -> list[str]:
        """Messages about objects that the repository lacks, each once."""
        nested = (note for state in self._submodules.values() if state is not None for note in state.notes)
        return list(dict.fromkeys((*self._notes, *nested)))

    def move(self, commit: str) -> None:
        """Show another commit. Raises LintError if it is missing."""
        if self._commit is None:
            changes = [Change("A", entry) for entry in self.repository.entries(commit)]
        else:
            changes = self.repository.changes(self._commit, commit) if commit != self._commit else []
        self._commit = commit
        changes = [change for change in changes if _is_plain(change.entry.path)]
        for change in changes:
            if change.entry.mode == ABSENT:
                _remove(self._root, change.entry.path.split("/"))
        for change in changes:
            if change.entry.mode != ABSENT:
                _add(self._root, change.entry)

    def add_folder(self, path: str) -> None:
        """Add an empty folder at a path where the commit has nothing."""
        inside = self._path_inside(path)
        if inside is not None and self.status(path).kind == "missing":
            _folder(self._root, inside.split("/"))

    # -- as a file system --------------------------------------------------------------------------------------------

    def status(self, path: str) -> Status:
        found = self._find(path)
        if isinstance(found, _Elsewhere):
            return found.file_system.status(found.path)
        if isinstance(found.node, TreeEntry):
            return Status("file", (self.repository.top, found.inside, found.node.oid))
        return Status("folder") if found.node is not None else BROKEN_LINK if found.is_broken_link else MISSING

    def content(self, path: str, limit: int) -> bytes:
        found = self._find(path)
        if isinstance(found, _Elsewhere):
            return found.file_system.content(found.path, limit)
        if not isinstance(found.node, TreeEntry):
            code = errno.ENOENT if found.node is None else errno.EISDIR
            raise OSError(code, os.strerror(code), path)
        return self._blob(found.node)[:limit]

    def entries(self, folder: str) -> list[FolderEntry]:
        found = self._find(folder)
        if isinstance(found, _Elsewhere):
            return found.file_system.entries(found.path)
        if not isinstance(found.node, dict):
            code = errno.ENOENT if found.node is None else errno.ENOTDIR
            raise OSError(code, os.strerror(code), folder)
        git = [] if found.inside else [FolderEntry(GIT, "folder")]
        listed = (self._entry(found.inside, name, node) for name, node in found.node.items())
        return [*git, *(entry for entry in listed if entry is not None)]

    def real(self, path: str) -> str:
        found = self._find(path)
        if isinstance(found, _Elsewhere):
            return found.file_system.real(found.path)
        return os.path.join(self.repository.top, *found.inside.split("/")) if found.inside else self.repository.top

    def is_link(self, path: str) -> bool:
        folder, name = os.path.split(os.path.abspath(path))
        return self.real(path) != os.path.join(self.real(folder), name)

    def _entry(self, folder: str, name: str, node: TreeEntry | _Files) -> FolderEntry | None:
        if isinstance(node, dict) or node.mode == SUBPROJECT:
            return FolderEntry(name, "folder")
        if node.mode != LINK:
            return FolderEntry(name, "file")
        if self._target(node) is None:
            return None
        return FolderEntry(name, self.status(os.path.join(self.repository.top, folder, name)).kind, is_link=True)

    # -- paths -------------------------------------------------------------------------------------------------------

    def _find(self, path: str) -> _Here | _Elsewhere:
        inside = self._path_inside(path)
        if inside is None or inside == GIT or inside.startswith(f"{GIT}/"):
            return _Elsewhere(self.below, path)
        return self._lead([] if inside == "." else inside.split("/"))

    def _lead(self, parts: list[str]) -> _Here | _Elsewhere:
        """Follow a path from the top, through links and into submodules."""
        node: TreeEntry | _Files | None = self._root
        done: list[str] = []
        links = 0
        while parts:
            name, *parts = parts
            node = node.get(name) if isinstance(node, dict) else None
            done.append(name)
            if node is None:
                return _Here(None, "/".join([*done, *parts]))
            if isinstance(node, dict):
                continue
            if node.mode == SUBPROJECT:
                submodule = self._submodule(node)
                if submodule is not None:
                    return _Elsewhere(submodule, os.path.join(submodule.repository.top, *parts))
                node = {}
            elif node.mode == LINK:
                target, links = self._target(node), links + 1
                if target is None or links > LINKS:
                    return _Here(None, "/".join([*done, *parts]), is_broken_link=not parts)
                lead = posixpath.normpath("/".join([*done[:-1], target]))
                parts = [*([] if lead == "." else lead.split("/")), *parts]
                node, done = self._root, []
        return _Here(node, "/".join(done))

    def _target(self, link: TreeEntry) -> str | None:
        """The path that a link holds, relative to its folder; None if that is outside of the repository."""
        if (self._objects.size(link.oid) or LINK_LIMIT) >= LINK_LIMIT:
            return None
        target = os.fsdecode(self._blob(link))
        return target if _stays_inside(link.path, target) else None

    def _submodule(self, entry: TreeEntry) -> EarlierState | None:
        """A submodule's commit, from its own repository; None if it is missing."""
        key = entry.path, entry.oid
        if key not in self._submodules:
            try:
                self._submodules[key] = self._nested(entry)
            except LintError:
                self._submodules[key] = None
                self._notes[f"the submodule {entry.path} is left out: its commit {entry.oid[:8]} is not here"] = None
        return self._submodules[key]

    def _nested(self, entry: TreeEntry) -> EarlierState:
        nested = Repository.around(os.path.join(self.repository.top, *entry.path.split("/")))
        if nested.top == self.repository.top or self._depth >= NESTED:
            raise LintError(f"{entry.path} has no repository of its own")
        state = EarlierState(nested, self.below, self._processes, self._depth + 1)
        state.move(entry.oid)
        return state

    # -- objects -----------------------------------------------------------------------------------------------------

    def _blob(self, entry: TreeEntry) -> bytes:
        """A file's bytes. A file above BYTE_LIMIT gives one byte more than that, so that readers refuse it."""
        if entry.oid in self._kept:
            return self._kept[entry.oid]
        size = self._objects.size(entry.oid)
        if size is None:
            self._notes[f"{entry.path} is not here: the repository lacks an object"] = None
            raise OSError(errno.ENOENT, os.strerror(errno.ENOENT), entry.path)
        if size > BYTE_LIMIT:
            return bytes(BYTE_LIMIT + 1)
        if sum(map(len, self._kept.values())) > KEPT_BYTES:
            self._kept.clear()
        self._kept[entry.oid] = self._objects.read(entry.oid)
        return self._kept[entry.oid]


def _folder(root: _Files, parts: Iterable[str]) -> _Files:
    """The folder at a path, added if it is missing."""
    for name in parts:
        inner = root.get(name)
        if not isinstance(inner, dict):
            inner = root[name] = {}
        root = inner
    return root


def _add(root: _Files, entry: TreeEntry) -> None:
    *folders, name = entry.path.split("/")
    folder = _folder(root, folders)
    if not (entry.mode == LINK and isinstance(folder.get(name), dict)):
        folder[name] = entry


def _remove(root: _Files, parts: Sequence[str]) -> None:
    """Remove a file, and the folders that are empty then."""
    name, *rest = parts
    inner = root.get(name)
    if rest and isinstance(inner, dict):
        _remove(inner, rest)
    if inner == {} or (not rest and isinstance(inner, TreeEntry)):
        del root[name]


def _is_plain(path: str) -> bool:
    """Whether a path of a tree is a normal one. A tree can be made by hand, with ``..`` or ``.git`` in its paths."""
    parts = path.split("/")
    strange = any(part in ("", ".", "..") or part.lower() == GIT for part in parts)
    return not strange and (os.sep == "/" or not any(character in path for character in '\\:*?"<>|'))


def _stays_inside(path: str, target: str) -> bool:
    """Whether a link leads to a path in its own tree.

    It may start with ``..``, as many as there are folders above it. A later ``..`` is refused: after another link it
    would start from where that leads.
    """
    parts = target.split("/")
    ups = 0
    while ups < len(parts) and parts[ups] == "..":
        ups += 1
    rest = parts[ups:]
    return not os.path.isabs(target) and ups <= path.count("/") and ".." not in rest and "\\" not in target

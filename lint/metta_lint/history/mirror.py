"""States of repositories, laid out in a temporary folder: never checked out, so that no hook and no filter runs.

Every path has the same place in the mirror as in the file system, so that relative paths mean the same from the
mirrored working directory. Files that can be read are written with their bytes; of all others only that they are there.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import ExitStack, chdir, contextmanager, suppress
from itertools import count
from typing import TYPE_CHECKING, Self

from metta_lint.base.errors import LintError
from metta_lint.base.paths import is_below
from metta_lint.files.gitignore import FILE as IGNORE_FILE
from metta_lint.history.git import ABSENT, LINK, SUBPROJECT, Change, Entry, Repository
from metta_lint.history.objects import Objects
from metta_lint.sources import known_suffixes
from metta_lint.sources.text import BYTE_LIMIT
from metta_lint.trainers.dialects import added_trainers

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import TracebackType

NESTED = 5
"""Submodules in submodules."""
LONGEST_LINK = 4096
_FIRST_TIME = 400_000_000
_times = count(_FIRST_TIME, 2)
"""Seconds since 1970 (the year is 1982): each file that is written has a time of its own, by which caches tell it from
every other state of it. They are two seconds apart, as FAT needs it."""


def wanted_suffixes() -> tuple[str, ...]:
    """The suffixes of files whose bytes matter: documents, and what plugins' trainers read."""
    added = (suffix for trainer in added_trainers() for suffix in trainer.suffixes)
    return tuple(dict.fromkeys((*known_suffixes(), *added)))


def touch(file: str) -> None:
    """Give a file of the mirror a time that no other state of it has."""
    moment = next(_times)
    os.utime(file, (moment, moment))


class Mirror:
    """A temporary folder in which every path of the file system has a place; it goes when the block ends."""

    def __init__(self) -> None:
        self._temporary = tempfile.TemporaryDirectory(prefix="metta-lint-", ignore_cleanup_errors=True)
        self.folder = os.path.realpath(self._temporary.name)
        self._open = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()
        self._temporary.cleanup()

    def open_until_it_goes(self, objects: Objects) -> Objects:
        """Have what is read from end with the mirror."""
        return self._open.enter_context(objects)

    def place(self, path: str) -> str:
        """Where a path of the file system is in the mirror."""
        drive, rest = os.path.splitdrive(os.path.abspath(path))
        return os.path.join(self.folder, drive.replace(":", "").strip("\\/"), rest.lstrip("\\/")).rstrip("\\/")

    def real(self, path: str) -> str:
        """Which path of the file system one of the mirror stands for, links resolved."""
        full = os.path.realpath(path)
        if not is_below(full, self.folder):
            return full
        inside = os.path.relpath(full, self.folder)
        if os.name != "nt":
            return os.sep + inside
        drive, _, rest = inside.partition(os.sep)
        return f"{drive}:{os.sep}{rest}"

    def without(self, text: str) -> str:
        """A text in which paths of the mirror, if there are any, are those that they stand for."""
        return text.replace(self.folder, "") if self.folder in text else text

    @contextmanager
    def at(self, folder: str) -> Iterator[None]:
        """Work where the mirror has a folder, as if in the folder itself."""
        there = self.place(folder)
        os.makedirs(there, exist_ok=True)
        with chdir(there):
            yield

    def copy(self, path: str) -> None:
        """Have a file stand in the mirror as it is now."""
        there = self.place(path)
        os.makedirs(os.path.dirname(there), exist_ok=True)
        shutil.copyfile(path, there)
        touch(there)

    def link_outside(self, repository: Repository, paths: Iterable[str]) -> list[str]:
        """Have what lies outside a repository stand in the mirror as it is now; the paths that this was needed for."""
        outside = [path for path in paths if repository.inside(path) is None]
        for path in outside:
            full = os.path.realpath(path)
            shared = os.path.commonpath([full, repository.top]) if _same_drive(full, repository.top) else ""
            if shared and shared != full:
                first = os.path.relpath(full, shared).split(os.sep)[0]
                there = self.place(os.path.join(shared, first))
                os.makedirs(os.path.dirname(there), exist_ok=True)
                if not os.path.lexists(there):
                    _link(os.path.join(shared, first), there)
        return outside


def _same_drive(one: str, other: str) -> bool:
    return os.path.splitdrive(one)[0] == os.path.splitdrive(other)[0]


class Layout:
    """One repository's part of a mirror, at one commit at a time.

    ``notes`` say what could not be laid out.
    """

    def __init__(self, repository: Repository, mirror: Mirror, depth: int = 0) -> None:
        self.repository = repository
        self.notes: dict[str, None] = {}
        self._mirror = mirror
        self._root = mirror.place(repository.top)
        self._depth = depth
        self._objects = mirror.open_until_it_goes(Objects(repository))
        self._suffixes = (*wanted_suffixes(), IGNORE_FILE)
        self._commit: str | None = None
        self._folders: set[str] = set()
        self._mark()

    def _mark(self) -> None:
        """Have the mirrored folder be known as a repository's, with the exclude file that the repository has."""
        os.makedirs(self._root, exist_ok=True)
        with open(os.path.join(self._root, ".git"), "w", encoding="utf-8", errors="surrogateescape") as file:
            file.write(f"gitdir: {self.repository.git_folder}\n")

    def move(self, commit: str) -> None:
        """Lay out a commit, after another one only what is different. Raises LintError for one that is not here."""
        if self._commit is None:
            self._apply([Change("A", entry) for entry in self.repository.entries(commit)])
        elif commit != self._commit:
            self._apply(self.repository.changes(self._commit, commit))
        self._commit = commit

    def _apply(self, changes: list[Change]) -> None:
        changes = [change for change in changes if _is_plain(change.entry.path)]
        try:
            for change in changes:
                if change.entry.mode in (ABSENT, LINK, SUBPROJECT):
                    self._remove(change.entry.path)
            present = [change.entry for change in changes if change.entry.mode != ABSENT]
            self._write([entry for entry in present if entry.mode not in (LINK, SUBPROJECT)])
            self._link([entry for entry in present if entry.mode == LINK])
        except OSError as error:
            raise LintError(f"an earlier state cannot be laid out in {self._mirror.folder}: {error}") from error
        for entry in present:
            if entry.mode == SUBPROJECT:
                self._nest(entry)

    def _remove(self, path: str) -> None:
        """Remove a file, or a submodule, and the folders that are empty without it."""
        there = self._there(path)
        if os.path.isdir(there) and not os.path.islink(there):
            self._remove_folder(there)
        else:
            with suppress(FileNotFoundError, NotADirectoryError):
                os.unlink(there)
        folder = os.path.dirname(there)
        while folder != self._root and os.path.isdir(folder) and not os.listdir(folder):
            self._remove_folder(folder)
            folder = os.path.dirname(folder)

    def _remove_folder(self, folder: str) -> None:
        shutil.rmtree(folder)
        self._folders = {known for known in self._folders if not is_below(known, folder)}

    def _write(self, entries: list[Entry]) -> None:
        """Files with their bytes if they are of a kind that is read, else empty."""
        read: dict[str, list[Entry]] = {}
        for entry in entries:
            if entry.path.lower().endswith(self._suffixes):
                read.setdefault(entry.oid, []).append(entry)
            else:
                self._put(entry.path, b"")
        for oid, those in read.items():
            size = self._objects.size(oid)
            if size is None:
                self._say(f"{those[0].path} is not here: the repository lacks an object")
                continue
            is_read = size <= BYTE_LIMIT
            data = self._objects.read(oid) if is_read else b""
            for entry in those:
                self._put(entry.path, data, 0 if is_read else BYTE_LIMIT + 1)

    def _put(self, path: str, data: bytes, size: int = 0) -> None:
        """Write a file; one that is too large to be read only has its size, as a hole."""
        there = self._there(path)
        self._make_folder(os.path.dirname(there))
        if os.path.islink(there):
            os.unlink(there)
        elif os.path.isdir(there):
            self._remove_folder(there)
        with open(there, "wb") as file:
            file.write(data)
            if size:
                file.truncate(size)
        touch(there)

    def _make_folder(self, folder: str) -> None:
        """Make a folder and those above it; a link in the place of one is removed: nothing is written through it."""
        if folder in self._folders or folder == self._root:
            return
        self._make_folder(os.path.dirname(folder))
        if os.path.islink(folder) or os.path.isfile(folder):
            os.unlink(folder)
        os.makedirs(folder, exist_ok=True)
        self._folders.add(folder)

    def _link(self, entries: list[Entry]) -> None:
        """Links that stay in the tree; others lead to what no commit has."""
        for entry in entries:
            if (self._objects.size(entry.oid) or LONGEST_LINK) >= LONGEST_LINK:
                continue
            target, there = os.fsdecode(self._objects.read(entry.oid)), self._there(entry.path)
            if _stays_inside(entry.path, target):
                self._make_folder(os.path.dirname(there))
                if not os.path.lexists(there):
                    _link(target, there)

    def _nest(self, entry: Entry) -> None:
        """Lay out a submodule's commit from its own repository, if that is here."""
        folder = os.path.join(self.repository.top, *entry.path.split("/"))
        self._make_folder(self._there(entry.path))
        try:
            layout = Layout(self._nested(folder), self._mirror, self._depth + 1)
            layout.move(entry.oid)
        except LintError:
            self._say(f"the submodule {entry.path} is left out: its commit {entry.oid[:8]} is not here")
            return
        self.notes |= layout.notes

    def _nested(self, folder: str) -> Repository:
        """The repository of a submodule. Raises LintError where it is not here, or nested too deep."""
        nested = Repository.around(folder)
        if nested.top == self.repository.top or self._depth >= NESTED:
            raise LintError(f"{folder} has no repository of its own")
        return nested

    def _there(self, path: str) -> str:
        return os.path.join(self._root, *path.split("/"))

    def _say(self, note: str) -> None:
        self.notes[note] = None


def _is_plain(path: str) -> bool:
    """Whether a path of a tree stays where it says: a tree can be made by hand, with names that no file has."""
    parts = path.split("/")
    strange = any(part in ("", ".", "..") or part.lower() == ".git" for part in parts)
    return not strange and (os.sep == "/" or not any(character in path for character in '\\:*?"<>|'))


def _stays_inside(path: str, target: str) -> bool:
    """Whether a link leads to something in its own tree.

    It may begin with ``..``, which are counted from the folder that it lies in, and have none further on: after another
    link they would lead on from there.
    """
    parts = target.split("/")
    ups = 0
    while ups < len(parts) and parts[ups] == "..":
        ups += 1
    rest = parts[ups:]
    return not os.path.isabs(target) and ups <= path.count("/") and ".." not in rest and "\\" not in target


def _link(target: str, there: str) -> None:
    try:
        os.symlink(target, there, target_is_directory=os.path.isdir(target))
    except OSError:  # Windows, without the right to make links: git writes a file with the target too
        with open(there, "w", encoding="utf-8") as file:
            file.write(target)

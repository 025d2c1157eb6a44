"""File access of the linter: the disk, or another file system in its place.

All input is read through the functions below, which ask the current file system. ``using`` replaces it for a while: by
an ``Overlay`` of unsaved texts, or an earlier commit of a repository.
"""

from __future__ import annotations

import errno
import os
import stat
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Literal

from metta_lint.base.records import NamedTuple
from metta_lint.files.limits import BYTE_LIMIT, FIRST_LOOK

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

FileKind = Literal["file", "folder", "other", "broken link", "missing"]
Stamp = tuple[int | str, ...]


class Status(NamedTuple):
    """What lies at a path. Equal stamps mean the same file with the same bytes."""

    kind: FileKind
    stamp: Stamp = ()


Identity = tuple[str, Status]


class FolderEntry(NamedTuple):
    """A name in a folder. Of a link, ``kind`` is the kind of what it leads to."""

    name: str
    kind: FileKind
    is_link: bool = False


class FileSystem:
    """Answers questions about paths, absolute or relative to the working directory.

    A subclass overrides some answers and leaves the others to the file system ``below``.
    """

    below: FileSystem

    def status(self, path: str) -> Status:
        """What lies at a path, links followed."""
        return self.below.status(path)

    def content(self, path: str, limit: int) -> bytes:
        """A regular file's bytes, up to a limit. Raises OSError or ValueError for what cannot be read."""
        return self.below.content(path, limit)

    def entries(self, folder: str) -> list[FolderEntry]:
        """What a folder holds, in any order. Raises OSError for what cannot be listed."""
        return self.below.entries(folder)

    def real(self, path: str) -> str:
        """The absolute path without links."""
        return self.below.real(path)

    def is_link(self, path: str) -> bool:
        """Whether a path is itself a link, wherever that leads."""
        return self.below.is_link(path)


MISSING = Status("missing")
BROKEN_LINK = Status("broken link")


class Disk(FileSystem):
    """The files of this machine."""

    def status(self, path: str) -> Status:
        try:
            found = os.stat(path)
        except (OSError, ValueError):
            return BROKEN_LINK if os.path.islink(path) else MISSING
        kind: FileKind = "file" if stat.S_ISREG(found.st_mode) else "folder" if stat.S_ISDIR(found.st_mode) else "other"
        return Status(kind, (found.st_mtime_ns, found.st_size, found.st_ino))

    def content(self, path: str, limit: int) -> bytes:
        """As in ``FileSystem``. A named pipe is refused: opening it would wait for a writer.

        Asks for no more bytes than the file has, because Python allocates as many as it is asked for.
        """
        found = os.stat(path)
        if not stat.S_ISREG(found.st_mode):
            raise OSError(errno.EINVAL, "is no regular file", path)
        with open(path, "rb", buffering=0) as file:
            return file.read(min(limit, found.st_size)) or b""

    def entries(self, folder: str) -> list[FolderEntry]:
        with os.scandir(folder) as found:
            return [
                FolderEntry(entry.name, self.status(entry.path).kind, is_link=True)
                if entry.is_symlink()
                else FolderEntry(entry.name, "folder" if entry.is_dir() else "file" if entry.is_file() else "other")
                for entry in found
            ]

    def real(self, path: str) -> str:
        try:
            return os.path.realpath(path)
        except ValueError:  # a NUL in it
            return os.path.abspath(path)

    def is_link(self, path: str) -> bool:
        return os.path.islink(path)


class Overlay(FileSystem):
    """A file system with some contents replaced: an editor's buffers, fixes that are not yet written.

    A link to such a file leads to the new content too.
    """

    def __init__(self, contents: Mapping[str, bytes], below: FileSystem) -> None:
        self.below = below
        self._contents = {below.real(path): data for path, data in contents.items()}
        self._real: dict[str, str] = {}

    def status(self, path: str) -> Status:
        real = self.real(path)
        data = self._contents.get(real)
        return self.below.status(path) if data is None else Status("file", (real, hash(data), len(data)))

    def content(self, path: str, limit: int) -> bytes:
        data = self._contents.get(self.real(path))
        return self.below.content(path, limit) if data is None else data[:limit]

    def real(self, path: str) -> str:
        full = os.path.abspath(path)  # the working directory may change
        if full not in self._real:
            self._real[full] = self.below.real(full)
        return self._real[full]


DISK = Disk()
_current: ContextVar[FileSystem] = ContextVar("file system", default=DISK)
"""Each thread has its own: an editor's question is answered while a check runs."""


def current() -> FileSystem:
    """The file system in use."""
    return _current.get()


@contextmanager
def using(file_system: FileSystem) -> Iterator[None]:
    """Use another file system within this block."""
    token = _current.set(file_system)
    try:
        yield
    finally:
        _current.reset(token)


@contextmanager
def reading_instead(contents: Mapping[str, bytes]) -> Iterator[None]:
    """Within this block, these files have these bytes: the result of an edit before it is written."""
    with using(Overlay(contents, current())):
        yield


def read_bytes(path: str, limit: int = BYTE_LIMIT + 1) -> bytes:
    """A file's bytes, at most one more than the limit. Raises OSError or ValueError if it cannot be read."""
    return current().content(path, limit)


def first_bytes(path: str, limit: int = FIRST_LOOK) -> bytes:
    """The first bytes of a file, to tell its kind; empty if it cannot be read."""
    try:
        return current().content(path, limit)
    except (OSError, ValueError):
        return b""


def is_file(path: str) -> bool:
    """Whether a regular file lies at a path, or a link to one."""
    return current().status(path).kind == "file"


def is_folder(path: str) -> bool:
    """Whether a folder lies at a path, or a link to one."""
    return current().status(path).kind == "folder"


def exists(path: str) -> bool:
    """Whether a path exists; a broken link does."""
    return current().status(path).kind != "missing"


def folder_entries(folder: str) -> list[FolderEntry]:
    """A folder's content; empty if it cannot be listed."""
    try:
        return current().entries(folder)
    except (OSError, ValueError):
        return []


def real_path(path: str) -> str:
    """The absolute path without links."""
    return current().real(path)


def identity(path: str) -> Identity:
    """A key for a file in its current state. A path alone is none: the file may change, and the working directory."""
    return path, current().status(path)


def same_file(one: str, other: str) -> bool:
    """Whether two paths lead to one file."""
    return real_path(one) == real_path(other)


def repository_around(folder: str, file_system: FileSystem | None = None) -> str | None:
    """The top folder of the git repository around an absolute folder; None outside of one."""
    file_system = file_system or current()
    while file_system.status(f"{folder}/.git").kind == "missing":
        above = os.path.dirname(folder)
        if above == folder:
            return None
        folder = above
    return folder

"""Sources: readers that turn one file's bytes into a document with the span of every value."""

from __future__ import annotations

import os
import stat
from importlib import import_module
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from metta_lint.errors import InputError
from metta_lint.sources.text import BYTE_LIMIT, file_start

if TYPE_CHECKING:
    from metta_lint.documents import Document

SUFFIXES = {
    ".ini": "ini",
    ".yaml": "yaml",
    ".yml": "yaml",
    ".toml": "toml",
    ".json": "json",
    ".py": "python",
    ".map": "map",
}
_FIRST_READ = 1 << 16  # bytes


_CACHED_FILES = 512
_CACHED_BYTES = 32 << 10  # of files larger than this, only the last one is kept
_documents: dict[tuple[str, int, int], Document | InputError] = {}


def read(path: str, data: bytes | None = None) -> Document:
    """The document that a file holds; ``data`` stands for the file's bytes where they are known already.

    A file is parsed once for as long as it does not change: a tree's default is read for every one of its runs. Raises
    InputError for a file that cannot be read, is too large, or is not what its suffix says.
    """
    if data is not None:
        return _parse(path, data)
    key = _identity(path)
    if key not in _documents:
        _make_room(key[2])
        try:
            _documents[key] = _parse(path, _load(path))
        except InputError as error:
            _documents[key] = error
    found = _documents[key]
    if isinstance(found, InputError):
        raise InputError(found.message, found.span)
    return found


def forget() -> None:
    """Forget every file that was read."""
    _documents.clear()


def _make_room(size: int) -> None:
    """Forget what was read where it is much: of large files, one is kept."""
    if len(_documents) >= _CACHED_FILES:
        _documents.clear()
    if size > _CACHED_BYTES:
        for key in [key for key in _documents if key[2] > _CACHED_BYTES]:
            del _documents[key]


def _identity(path: str) -> tuple[str, int, int]:
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return path, -1, -1
    return path, status.st_mtime_ns, status.st_size


def _parse(path: str, data: bytes) -> Document:
    name = SUFFIXES.get(PurePath(path).suffix.lower())
    if name is None:
        raise InputError(f"no reader for this kind of file (known: {' '.join(SUFFIXES)})", file_start(path))
    # Only the module that is needed is imported: PyYAML alone would cost an INI-only run several milliseconds.
    reader = import_module(f"{__name__}.{name}")
    document: Document = reader.parse(data, path)
    return document


def _load(path: str) -> bytes:
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise InputError("cannot be read: is no regular file", file_start(path))
        with Path(path).open("rb") as file:
            data = file.read(_FIRST_READ)
            # Asked for the limit at once, Python would make a buffer of that size for every file.
            return data if len(data) < _FIRST_READ else data + file.read(BYTE_LIMIT + 1 - _FIRST_READ)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise InputError(f"cannot be read: {reason}", file_start(path)) from None

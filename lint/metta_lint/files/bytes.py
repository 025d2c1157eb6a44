"""Bytes of regular files, and of nothing else: a named pipe would wait for whoever writes into it."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_instead: dict[str, bytes] = {}


@contextmanager
def reading_instead(contents: Mapping[str, bytes]) -> Iterator[None]:
    """While this lasts, these files are read as if they held these bytes: what an edit comes to, before it is made."""
    before = dict(_instead)
    _instead.update({os.path.abspath(path): data for path, data in contents.items()})
    try:
        yield
    finally:
        _instead.clear()
        _instead.update(before)


def first_bytes(path: str, limit: int) -> bytes:
    """A regular file's bytes, up to a limit. Raises OSError for what cannot be read or is no regular file.

    No more is asked for than the file has: Python makes a buffer of the size that it is asked for.
    """
    if _instead and (data := _instead.get(os.path.abspath(path))) is not None:
        return data[:limit]
    status = os.stat(path)
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "is no regular file", path)
    with open(path, "rb", buffering=0) as file:
        return file.read(min(limit, status.st_size)) or b""


def identity(path: str) -> tuple[str, int, int, int]:
    """What tells a file and its state apart. A path alone does not: it may be relative, and the folder change."""
    if _instead and (data := _instead.get(os.path.abspath(path))) is not None:
        return path, hash(data), len(data), -1
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return path, -1, -1, -1
    return path, status.st_mtime_ns, status.st_size, status.st_ino

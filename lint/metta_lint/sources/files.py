"""Bytes of regular files, and of nothing else: a named pipe would wait for whoever writes into it."""

from __future__ import annotations

import errno
import os
import stat


def first_bytes(path: str, limit: int) -> bytes:
    """A regular file's bytes, up to a limit. Raises OSError for what cannot be read or is no regular file.

    No more is asked for than the file has: Python makes a buffer of the size that it is asked for.
    """
    status = os.stat(path)
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "is no regular file", path)
    with open(path, "rb", buffering=0) as file:
        return file.read(min(limit, status.st_size)) or b""


def identity(path: str) -> tuple[str, int, int, int]:
    """What tells a file and its state apart. A path alone does not: it may be relative, and the folder change."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return path, -1, -1, -1
    return path, status.st_mtime_ns, status.st_size, status.st_ino

"""Bytes of regular files, and of nothing else: a named pipe would wait for whoever writes into it."""

from __future__ import annotations

import errno
import os
import stat


def first_bytes(path: str, limit: int) -> bytes:
    """A regular file's bytes, up to a limit. Raises OSError for what cannot be read or is no regular file."""
    if not stat.S_ISREG(os.stat(path).st_mode):
        raise OSError(errno.EINVAL, "is no regular file", path)
    with open(path, "rb") as file:
        return file.read(limit)

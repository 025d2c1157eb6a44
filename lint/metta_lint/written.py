"""Files that are never half written: beside the old one first, then renamed."""

from __future__ import annotations

import os
import stat
from contextlib import suppress

from metta_lint.errors import LintError


def write_text(path: str, text: str) -> None:
    """Put a text, UTF-8 with line feeds, in the place of a file, which keeps its mode. Raises LintError if it cannot.

    A link is followed: what it leads to is written.
    """
    path = os.path.realpath(path) if os.path.islink(path) else path
    try:
        replace(path, text.encode("utf-8"), os.stat(path) if os.path.exists(path) else None)
    except OSError as error:
        raise LintError(f"{path}: cannot be written: {error.strerror}") from error


def replace(path: str, data: bytes, status: os.stat_result | None) -> None:
    """Put bytes in the place of a file that is no link, all of them or none. Raises OSError if it cannot.

    ``status`` is of the old file: the new one takes over its mode and, where that is allowed, its owner.
    """
    folder, name = os.path.split(path)
    temporary = os.path.join(folder, f".{name}.{os.getpid()}.tmp")
    try:
        with open(temporary, "xb") as file:
            file.write(data)
        if status is not None:
            _take_over(temporary, status)
        os.replace(temporary, path)
    finally:
        with suppress(OSError):
            os.unlink(temporary)


def _take_over(path: str, status: os.stat_result) -> None:
    """Give a file the owner, where that is allowed, and the mode of another one."""
    if hasattr(os, "chown"):
        with suppress(PermissionError):
            os.chown(path, status.st_uid, status.st_gid)
    os.chmod(path, stat.S_IMODE(status.st_mode))

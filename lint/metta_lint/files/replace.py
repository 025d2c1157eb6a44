"""Files that are replaced: all of one or nothing of it, whatever goes wrong on the way.

The new text goes to a file beside the old one, which then takes its name, with its mode and, where that is allowed, its
owner. A link is followed, and stays one. What nobody may write is not replaced either, though its folder would let us.
"""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress

from metta_lint.base.errors import LintError
from metta_lint.base.records import NamedTuple

_ANYBODY_WRITES = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH


def write_text(path: str, text: str) -> None:
    """Put a text, UTF-8 with line feeds, in the place of a file, or where there was none.

    Raises LintError, the file as it was, where that cannot be done.
    """
    target = os.path.realpath(path)
    try:
        _replace(target, text.encode(), os.stat(target) if os.path.exists(target) else None)
    except OSError as error:
        raise LintError(f"{path}: cannot be written: {error.strerror}") from error


class Rewrite(NamedTuple):
    """A file's bytes as they were read, and as they are to be."""

    path: str
    before: bytes
    after: bytes

    def write(self) -> str:
        """Write the file, and say what else its user should know (mostly nothing).

        Raises LintError, the file as it was, where it cannot be written or no longer holds what was read.
        """
        target = os.path.realpath(self.path)
        try:
            status = os.stat(target)
            with open(target, "rb") as file:
                if file.read() != self.before:
                    raise LintError(f"{self.path}: changed while it was looked at; nothing is written to it")
            _replace(target, self.after, status)
        except OSError as error:
            raise LintError(f"{self.path}: cannot be written: {error.strerror}") from error
        if status.st_nlink > 1:
            return f"{self.path} had {status.st_nlink} hard links: its other names keep the old text"
        return ""


def _replace(target: str, data: bytes, status: os.stat_result | None) -> None:
    """Put bytes in the place of a file, which is no link; ``status`` is the old file's, None where there is none."""
    if status is not None and not (status.st_mode & _ANYBODY_WRITES and os.access(target, os.W_OK)):
        raise PermissionError(errno.EACCES, "the file is read-only", target)
    folder, name = os.path.split(target)
    temporary = os.path.join(folder, f".{name}.{os.getpid()}.tmp")
    with open(temporary, "xb"):  # what somebody else has put there is neither written to nor removed
        pass
    try:
        with open(temporary, "wb") as file:
            file.write(data)
        if status is not None:
            _take_over(temporary, status)
        os.replace(temporary, target)
    finally:
        with suppress(FileNotFoundError):
            os.unlink(temporary)


def _take_over(path: str, status: os.stat_result) -> None:
    """Give a file the owner, where that is allowed, and the mode of another one."""
    if hasattr(os, "chown"):
        with suppress(PermissionError):
            os.chown(path, status.st_uid, status.st_gid)
    os.chmod(path, stat.S_IMODE(status.st_mode))

"""Replacing files atomically: a file has either its old content or all of the new one.

The new text is written to a temporary file beside the old one, which is then renamed. It keeps the mode and, where
allowed, the owner. A link is followed and stays a link. A read-only file is not replaced, even in a writable folder.
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
    """Write a text to a new or existing file, as UTF-8 with line feeds.

    Raises LintError, and leaves the file as it was, if that fails.
    """
    target = os.path.realpath(path)
    try:
        _replace(target, text.encode(), os.stat(target) if os.path.exists(target) else None)
    except OSError as error:
        raise LintError(f"{path}: cannot be written: {error.strerror}") from error


class Rewrite(NamedTuple):
    """A file with its bytes before and after a change."""

    path: str
    before: bytes
    after: bytes

    def write(self) -> str:
        """Write the file, and return a warning for the user (mostly empty).

        Raises LintError, and leaves the file as it was, if it cannot be written or has changed since it was read.
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
    """Replace a file that is not a link; ``status`` is that of the old file, None for a new one."""
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
    """Give a file the mode and, where allowed, the owner of another one."""
    if hasattr(os, "chown"):
        with suppress(PermissionError):
            os.chown(path, status.st_uid, status.st_gid)
    os.chmod(path, stat.S_IMODE(status.st_mode))

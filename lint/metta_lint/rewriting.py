"""Files that are changed in place: all of a file or nothing, and never one that somebody else has changed."""

from __future__ import annotations

import os
import stat

from metta_lint.errors import LintError
from metta_lint.records import NamedTuple
from metta_lint.written import replace

_ANYBODY_WRITES = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH


class Rewrite(NamedTuple):
    """A file's bytes as they were read, and as they are to be."""

    path: str
    before: bytes
    after: bytes

    def write(self) -> str:
        """Write the file, and say what else its user should know (mostly nothing).

        A link is followed, and stays one. The new text goes to a file beside the old one, which then takes its name,
        with its mode and, where that is allowed, its owner. Raises LintError, the file as it was, where it cannot be
        written or no longer holds what was read.
        """
        try:
            return self._renew(os.path.realpath(self.path))
        except OSError as error:
            raise LintError(f"{self.path}: cannot be written: {error.strerror}") from error

    def _renew(self, target: str) -> str:
        status = os.stat(target)
        with open(target, "rb") as file:
            if file.read() != self.before:
                raise LintError(f"{self.path}: changed while it was looked at; nothing is written to it")
        if not status.st_mode & _ANYBODY_WRITES or not os.access(target, os.W_OK):
            raise LintError(f"{self.path}: cannot be written: the file is read-only")
        replace(target, self.after, status)
        if status.st_nlink > 1:
            return f"{self.path} had {status.st_nlink} hard links: its other names keep the old text"
        return ""

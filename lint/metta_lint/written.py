"""Files that are never half written: beside the old one first, then renamed."""

from __future__ import annotations

import os
from contextlib import suppress

from metta_lint.errors import LintError


def write_text(path: str, text: str) -> None:
    """Put a text, UTF-8 with line feeds, in the place of a file, which keeps its mode. Raises LintError if it cannot.

    A link is followed: what it leads to is written.
    """
    path = os.path.realpath(path) if os.path.islink(path) else path
    temporary = f"{path}.{os.getpid()}.tmp"
    try:
        with open(temporary, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        if os.path.exists(path):
            os.chmod(temporary, os.stat(path).st_mode & 0o777)
        os.replace(temporary, path)
    except OSError as error:
        raise LintError(f"{path}: cannot be written: {error.strerror}") from error
    finally:
        with suppress(OSError):
            os.unlink(temporary)

"""Where reports go: stdout, or a file that is never half a report."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from metta_lint.base.errors import LintError
from metta_lint.files.replace import write_text

if TYPE_CHECKING:
    from metta_lint.cli.options import OutputOptions


def emit(text: str, output: OutputOptions, *, is_patch: bool = False) -> None:
    """Print a report, or write it to a file, which is never half a report.

    What files say in it cannot speak to the terminal; a patch has their own characters, or it would not apply.
    What is there and is no regular file (``/dev/stderr``, a named pipe) is written to as it is. Raises LintError for
    what cannot be written.
    """
    if not is_patch:
        from metta_lint.reports.style import fit_for_terminal

        text = fit_for_terminal(text)
    output_file = output.output_file
    if output_file is None:
        _print(text)
        return
    text = _encodable(f"{text}\n" if text else "")
    if not os.path.exists(output_file) or os.path.isfile(output_file):
        write_text(output_file, text)
        return
    try:
        with open(output_file, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except OSError as error:
        raise LintError(f"{output_file}: cannot be written: {error.strerror}") from error


def _encodable(text: str) -> str:
    """A text without what a file's name has that is no UTF-8: it is escaped, as on a terminal."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _print(text: str) -> None:
    """Print on stdout; where its reader has gone away nothing more can be said, and the exit code stays what it is."""
    try:
        sys.stdout.write(f"{text}\n" if text else "")
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        # What could not be written would be tried again, and complained of, when the interpreter ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise LintError(f"the report cannot be written: {error.strerror}") from error

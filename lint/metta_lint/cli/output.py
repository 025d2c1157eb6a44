"""Where reports go: stdout, or a file."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from metta_lint.base.errors import LintError
from metta_lint.files.replace import write_text

if TYPE_CHECKING:
    from metta_lint.cli.options import OutputOptions


def emit(text: str, output: OutputOptions, *, is_patch: bool = False) -> None:
    """Print a report, or write it to a file: all of it or nothing.

    Control characters of linted files are escaped, except in a patch, which would not apply then. ``/dev/stderr``, a
    named pipe and the like are written to directly. Raises LintError for what cannot be written.
    """
    if not is_patch:
        from metta_lint.reports.style import fit_for_terminal

        text = fit_for_terminal(text)
    output_file = output.output_file
    if output_file is None:
        _print(text)
        return
    # A file's name that is not UTF-8 is escaped, as on a terminal.
    text = (f"{text}\n" if text else "").encode("utf-8", "backslashreplace").decode("utf-8")
    if not os.path.exists(output_file) or os.path.isfile(output_file):
        write_text(output_file, text)
        return
    try:
        with open(output_file, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except OSError as error:
        raise LintError(f"{output_file}: cannot be written: {error.strerror}") from error


def _print(text: str) -> None:
    """Print on stdout. Where its reader is gone (``| head``) the exit code stays what it is."""
    try:
        sys.stdout.write(f"{text}\n" if text else "")
        sys.stdout.flush()
    except OSError as error:
        # The interpreter would try to write the rest when it ends, and complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):
            raise LintError(f"the report cannot be written: {error.strerror}") from error

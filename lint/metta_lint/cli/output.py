"""Where reports go: stdout, or a file that is never half a report."""

from __future__ import annotations

import os
import stat
import sys
from typing import Any

from metta_lint.errors import LintError


def emit(text: str, output_file: str | None) -> None:
    """Print a report, or write it to a file: beside it first, then renamed, so that a file is never half a report.

    What is there and is no regular file (``/dev/stderr``, a named pipe) is written to as it is. Raises LintError for
    what cannot be written.
    """
    if output_file is None:
        _print(text)
        return
    try:
        if os.path.exists(output_file) and not os.path.isfile(output_file):
            _write(output_file, text)
        else:
            _write_whole(os.path.realpath(output_file), text)
    except OSError as error:
        raise LintError(f"{output_file}: cannot be written: {error.strerror}") from error


def _write_whole(path: str, text: str) -> None:
    temporary = f"{path}.{os.getpid()}.tmp"
    try:
        _write(temporary, text)
        if os.path.exists(path):
            os.chmod(temporary, stat.S_IMODE(os.stat(path).st_mode))
        os.replace(temporary, path)
    finally:
        if os.path.exists(temporary):
            os.unlink(temporary)


def _write(path: str, text: str) -> None:
    """Write text as UTF-8; what a file's name has that is none is escaped, as on a terminal."""
    with open(path, "w", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
        file.write(f"{text}\n" if text else "")


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


def style(options: dict[str, Any]) -> Any:
    """How a report looks: in a file without colours, and as wide as it takes."""
    from metta_lint.reports.style import Style, style_for

    quiet = options.get("quiet", False)
    return Style(quiet=quiet) if options["output_file"] else style_for(sys.stdout, options["color"], quiet=quiet)


def as_json(data: object) -> str:
    """A report for scripts."""
    import json

    return json.dumps(data, indent=2, default=str)

"""Where reports go: stdout, or a file that is never half a report."""

from __future__ import annotations

import os
import sys
from typing import Any

from metta_lint.errors import LintError


def emit(text: str, output_file: str | None) -> None:
    """Print a report, or write it to a file: beside it first, then renamed, so that a file is never half a report."""
    if output_file is None:
        _print(text)
        return
    temporary = f"{output_file}.{os.getpid()}.tmp"
    try:
        with open(temporary, "w", encoding="utf-8", newline="\n") as file:
            file.write(f"{text}\n" if text else "")
        os.replace(temporary, output_file)
    except OSError as error:
        raise LintError(f"{output_file}: cannot be written: {error.strerror}") from error
    finally:
        if os.path.exists(temporary):
            os.unlink(temporary)


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
    """The colours of a report: none in a file."""
    from metta_lint.reports.style import Style, style_for

    return Style() if options["output_file"] else style_for(sys.stdout, options["color"])


def as_json(data: object) -> str:
    """A report for scripts."""
    import json

    return json.dumps(data, indent=2, default=str)

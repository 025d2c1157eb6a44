"""``metta-lint`` and ``python -m metta_lint``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


NEW_OBJECTS = 200_000
"""Objects that are made before the collector looks for cycles among them; Python's default is 700."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; the exit code. ``--version`` alone is answered without loading anything."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments == ["--version"]:
        from metta_lint import __version__

        sys.stdout.write(f"metta-lint {__version__}\n")
        return 0
    _collect_less_often()
    from metta_lint.cli import run_command

    code = run_command(arguments)
    if argv is None and arguments[:1] == ["check"] and sys.gettrace() is None and sys.getprofile() is None:
        _leave(code)
    return code


def _collect_less_often() -> None:
    """Look for cycles of objects less often: nearly all that a check makes it keeps to its end.

    With Python's own threshold the collector took a fifth of the time of a check of a tree (810 ms, 625 ms with this);
    without any collection 10,000 files take 290 MB, with this 217.
    """
    import gc

    gc.set_threshold(NEW_OBJECTS, 10, 10)


def _leave(code: int) -> None:
    """End the process without taking apart all that it made, which for a tree takes a quarter of the whole time.

    The report has been written by then, and a check leaves nothing that would have to be closed. mypy ends so too
    (mypy/util.py hard_exit()). Whoever traces or profiles the process sees it end as any other.
    """
    import os

    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):  # nobody reads it any more
            continue
    os._exit(code)


if __name__ == "__main__":
    sys.exit(main())

"""``metta-lint`` and ``python -m metta_lint``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; the exit code. ``--version`` alone is answered without loading anything."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments == ["--version"]:
        from metta_lint import __version__

        sys.stdout.write(f"metta-lint {__version__}\n")
        return 0
    from metta_lint.cli import run

    return run(arguments)


if __name__ == "__main__":
    sys.exit(main())

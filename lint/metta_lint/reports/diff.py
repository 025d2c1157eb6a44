"""Unified diffs of what fixes would write."""

from __future__ import annotations

from difflib import unified_diff
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from metta_lint.replacing import Rewrite

NO_NEWLINE = "\\ No newline at end of file\n"


def diff(rewrites: Iterable[Rewrite]) -> str:
    """What ``git apply -p0`` and ``patch -p0`` make the same changes of, a file after the other."""
    return "".join(line for rewrite in rewrites for line in _lines(rewrite))


def _lines(rewrite: Rewrite) -> Iterator[str]:
    path = rewrite.path.replace("\\", "/")
    path += "\t" if " " in path else ""  # for patch, a name ends at its first space unless a tab ends it
    before, after = (_split(data) for data in (rewrite.before, rewrite.after))
    for line in unified_diff(before, after, path, path):
        yield line if line.endswith("\n") else f"{line}\n{NO_NEWLINE}"


def _split(data: bytes) -> list[str]:
    """Lines with their ends, as patch has them: a CR is a character like any other."""
    *lines, last = data.decode("utf-8", "replace").split("\n")
    return [*(f"{line}\n" for line in lines), *([last] if last else [])]

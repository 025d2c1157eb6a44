"""``check --diff``: the changes that fixes would make, as a unified diff."""

from __future__ import annotations

import os
import re
from difflib import unified_diff
from typing import TYPE_CHECKING

from metta_lint.base.paths import is_below, slashed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from metta_lint.files.replace import Rewrite

NO_NEWLINE = "\\ No newline at end of file\n"
_QUOTED = re.compile(r'["\\\x00-\x1f\x7f\ud800-\udfff]')
_SAID = {"\t": r"\t", "\n": r"\n", "\r": r"\r", '"': r"\"", "\\": r"\\"}


def diff(rewrites: Iterable[Rewrite]) -> str:
    """The diff of one file after the other, for ``git apply -p0`` and ``patch -p0``."""
    return "".join(line for rewrite in rewrites for line in _lines(rewrite))


def _lines(rewrite: Rewrite) -> Iterator[str]:
    name = _name(slashed(_target(rewrite.path)))
    before, after = (_split(data) for data in (rewrite.before, rewrite.after))
    for line in unified_diff(before, after, name, name):
        yield line if line.endswith("\n") else f"{line}\n{NO_NEWLINE}"


def _target(path: str) -> str:
    """The file that a path leads to through links: neither ``git apply`` nor ``patch`` follows links."""
    here, real = os.path.realpath("."), os.path.realpath(path)
    if real == os.path.normpath(os.path.join(here, path)) or not is_below(real, here):
        return path
    return os.path.relpath(real, here)


def _name(path: str) -> str:
    """A file's name as git writes it in a diff: quoted for characters such as a tab, followed by a tab for a space.

    Without that tab, ``patch`` would read the part after the space as a date.
    """
    if _QUOTED.search(path):
        return f'"{_QUOTED.sub(_escaped, path)}"'
    return f"{path}\t" if " " in path else path


def _escaped(found: re.Match[str]) -> str:
    """A character as C writes it: ``\\t``; a byte that is not UTF-8 as ``\\377``."""
    byte = ord(found[0]) & 0xFF
    return _SAID.get(found[0], f"\\{byte:03o}")


def _split(data: bytes) -> list[str]:
    """Lines with their ends, as ``patch`` counts them: a CR does not end a line."""
    *lines, last = data.decode("utf-8", "replace").split("\n")
    return [*(f"{line}\n" for line in lines), *([last] if last else [])]

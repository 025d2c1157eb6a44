"""Patterns of paths, as ruff has them: ``*`` and ``?`` stand for ``/`` too, and a bare name for a file anywhere."""

from __future__ import annotations

import re
from itertools import product
from math import prod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_TOKEN = re.compile(r"/\*\*/|^\*\*/|/\*\*$|\*+|\?|\[!?\]?[^\]]*\]|\{[^{}]*\}|.", re.DOTALL)
_FOLDERS = "(?:.*?/)??"
_WILD = {"/**/": ("/", _FOLDERS), "**/": ("", _FOLDERS), "/**": ("/", ".*?")}
"""What ``**`` stands for beside slashes: what stands before the wildcard, and the wildcard."""
_MOST = 1_000  # patterns that the braces of one may stand for


def matcher(pattern: str) -> Callable[[str], bool]:
    """Whether a path, relative and with ``/``, matches.

    ``**/`` stands for any folders or none, ``*`` for anything, ``?`` for one character, ``[ab]`` and ``[!ab]`` for one
    of some or of the others, ``{a,b}`` for either. A leading ``!`` turns the answer round.

    Raises ValueError for what is no pattern, ``[z-a]``, and for one whose braces stand for more than a thousand.
    """
    wanted = not pattern.startswith("!")
    plain = pattern.removeprefix("!").removeprefix("./")
    try:
        whole = re.compile("|".join(map(_expression, _without_braces(plain))), re.DOTALL)
    except re.error as error:
        raise ValueError(f"{pattern!r} is no pattern of paths: {error.msg}") from None

    def matches(path: str) -> bool:
        found = whole.fullmatch(path) or whole.fullmatch(path.rpartition("/")[2])
        return (found is not None) == wanted

    return matches


def _without_braces(pattern: str) -> Iterator[str]:
    """The patterns that one stands for: one for each choice between braces."""
    parts = _TOKEN.findall(pattern)
    choices = [part[1:-1].split(",") if len(part) > 1 and part.startswith("{") else [part] for part in parts]
    if prod(map(len, choices)) > _MOST:
        raise ValueError(f"{pattern!r} stands for more than {_MOST:,} patterns of paths")
    yield from map("".join, product(*choices))


def _expression(pattern: str) -> str:
    """A pattern without braces, as an expression whose time is bounded however many stars it has.

    What stands between two wildcards is matched where it is found first, and never tried further on (the group is
    atomic): the wildcard behind it reaches all that it would reach from there.
    """
    first, *rest = _stretches(pattern)
    return "".join([first, *(f"(?>{part})" for part in rest[:-1]), *rest[-1:]])


def _stretches(pattern: str) -> list[str]:
    """A pattern, cut before each of its wildcards."""
    found = [""]
    for part in _TOKEN.findall(pattern):
        if part in _WILD or part.startswith("*"):
            before, wildcard = _WILD.get(part, ("", ".*?"))
            found[-1] += before
            found.append(wildcard)
        else:
            found[-1] += _one(part)
    return found


def _one(part: str) -> str:
    """What stands for one character."""
    if part == "?":
        return "."
    if len(part) > 1 and part.startswith("["):
        negated = part.startswith("[!")
        return f"[{'^' if negated else ''}{_members(part[2 if negated else 1 : -1])}]"
    return re.escape(part)


def _members(text: str) -> str:
    """What stands in brackets: characters and ranges, and nothing that only Python's expressions know."""
    return re.sub(r"[\\\[\]^&~|]", r"\\\g<0>", text)

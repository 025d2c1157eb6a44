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
        whole = re.compile(
            "|".join(translated(each, _TOKEN, ".*?", _one) for each in _without_braces(plain)), re.DOTALL
        )
    except re.error as error:
        raise ValueError(f"{pattern!r} is no pattern of paths: {error.msg}") from None

    def matches(path: str) -> bool:
        found = whole.fullmatch(path) or whole.fullmatch(path.rpartition("/")[2])
        return (found is not None) == wanted

    return matches


def translated(pattern: str, token: re.Pattern[str], star: str, one: Callable[[re.Match[str]], str]) -> str:
    """A pattern as a regular expression whose time is bounded, however many stars it has.

    ``**/`` stands for any folders or none, ``*`` for what ``star`` says, and ``one`` translates all other tokens.
    """
    stretches: list[list[str]] = [[""]]
    for match in token.finditer(pattern):
        text = match.group()
        if text in ("**/", "/**/"):
            stretches[-1][-1] += text.removesuffix("**/")
            stretches.append([_FOLDERS])
        elif text.startswith("*"):
            stretches[-1].append(star)
        else:
            stretches[-1][-1] += one(match)
    return _at_first(["".join(_at_first(stretch)) for stretch in stretches])


def _at_first(parts: list[str]) -> str:
    """Parts that each begin with a wildcard, all but the first, one after the other: each where it matches first.

    What a part matches first is never tried elsewhere (the group is atomic), or a pattern with twenty stars would take
    years to be found not to match. Nothing is lost by it: the wildcard after it reaches all that it would have reached
    from further on. The last part alone has to end where the path ends.
    """
    first, *rest = parts
    return "".join([first, *(f"(?>{part})" for part in rest[:-1]), *rest[-1:]])


def _without_braces(pattern: str) -> Iterator[str]:
    """The patterns that one stands for: one for each choice between braces."""
    parts = _TOKEN.findall(pattern)
    choices = [part[1:-1].split(",") if len(part) > 1 and part.startswith("{") else [part] for part in parts]
    if prod(map(len, choices)) > _MOST:
        raise ValueError(f"{pattern!r} stands for more than {_MOST:,} patterns of paths")
    yield from map("".join, product(*choices))


def _one(match: re.Match[str]) -> str:
    """What stands for one character, or for all below a folder."""
    part = match.group()
    if part in ("?", "/**"):
        return "." if part == "?" else "/.*"
    if len(part) > 1 and part.startswith("["):
        negated = part.startswith("[!")
        return f"[{'^' if negated else ''}{_members(part[2 if negated else 1 : -1])}]"
    return re.escape(part)


def _members(text: str) -> str:
    """What stands in brackets: characters and ranges, and nothing that only Python's expressions know."""
    return re.sub(r"[\\\[\]^&~|]", r"\\\g<0>", text)

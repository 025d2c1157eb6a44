"""Patterns of paths: as ruff has them, where ``*`` and ``?`` stand for ``/`` too, and as .gitignore files have them."""

from __future__ import annotations

import re
from itertools import product
from math import prod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_SET = r"\[(?P<not>[!^]?)(?P<set>\]?(?:\\.|\[:\w+:\]|[^]])*)\]"
_TOKEN = re.compile(rf"^\*\*/|/\*\*/|/\*\*$|\*+|\?|\\(?P<escaped>.)|{_SET}|.", re.DOTALL)
_BRACES = re.compile(rf"\\.|{_SET}|\{{(?P<choices>[^{{}}]*)\}}|.", re.DOTALL)
_CLASSES = {
    "alnum": "a-zA-Z0-9",
    "alpha": "a-zA-Z",
    "blank": " \\t",
    "digit": "0-9",
    "lower": "a-z",
    "punct": r"!-/:-@\[-`{-~",
    "space": r"\s",
    "upper": "A-Z",
    "xdigit": "0-9a-fA-F",
}
_FOLDERS = "(?:.*?/)??"
_MOST = 1_000  # patterns that the braces of one may stand for


def matcher(pattern: str) -> Callable[[str], bool]:
    r"""A function that says whether a relative path with ``/`` matches the pattern.

    ``**/`` stands for any folders or none, ``*`` for anything, ``?`` for one character, ``[ab]`` and ``[!ab]`` for one
    of some or of the others, ``{a,b}`` for either, and ``\*`` for a star. A leading ``!`` turns the answer round.

    Raises ValueError for what is no pattern, ``[z-a]``, and for one whose braces stand for more than a thousand.
    """
    wanted = not pattern.startswith("!")
    plain = pattern.removeprefix("!").removeprefix("./")
    try:
        whole = re.compile("|".join(map(translated, _without_braces(plain))), re.DOTALL)
    except re.error as error:
        raise ValueError(f"{pattern!r} is no pattern of paths: {error.msg}") from None

    def matches(path: str) -> bool:
        found = whole.fullmatch(path) or whole.fullmatch(path.rpartition("/")[2])
        return (found is not None) == wanted

    return matches


def translated(pattern: str, *, within_folder: bool = False) -> str:
    """A pattern as a regular expression whose time is bounded, however many stars it has.

    ``**/`` stands for any folders or none; with ``within_folder``, nothing else stands for a ``/``.
    """
    star, guard = ("[^/]*?", "(?!/)") if within_folder else (".*?", "")
    stretches: list[list[str]] = [[""]]
    for match in _TOKEN.finditer(pattern):
        text = match.group()
        if text in ("**/", "/**/"):
            stretches[-1][-1] += text.removesuffix("**/")
            stretches.append([_FOLDERS])
        elif text.startswith("*"):
            stretches[-1].append(star)
        else:
            stretches[-1][-1] += _one(match, guard)
    return _at_first(["".join(_at_first(stretch)) for stretch in stretches])


def _one(match: re.Match[str], guard: str) -> str:
    """What stands for one character, or for all below a folder."""
    text = match.group()
    if text in ("?", "/**"):
        return f"{guard}." if text == "?" else "/.+"
    if match["set"] is not None:
        return f"{guard}[{'^' if match['not'] else ''}{_members(match['set'])}]"
    return re.escape(match["escaped"] or text)


def _members(text: str) -> str:
    """What stands between brackets, as a regular expression has it."""
    parts = re.findall(r"\[:(\w+):\]|\\(.)|(.)", text, re.DOTALL)
    return "".join(
        _CLASSES.get(name, "") if name else "-" if plain == "-" else re.escape(escaped or plain)
        for name, escaped, plain in parts
    )


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
    parts = _BRACES.finditer(pattern)
    choices = [[part[0]] if part["choices"] is None else part["choices"].split(",") for part in parts]
    if prod(map(len, choices)) > _MOST:
        raise ValueError(f"{pattern!r} stands for more than {_MOST:,} patterns of paths")
    yield from map("".join, product(*choices))

"""Patterns of paths: as ruff has them, where ``*`` and ``?`` stand for ``/`` too, and as .gitignore files have them."""

from __future__ import annotations

import re
from itertools import product
from math import prod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_SET = r"\[(?P<not>[!^]?)(?P<set>\]?+(?:\\.|\[:\w++:\]|[^]])*+)(?P<end>\]?)"  # possessive, or its time is quadratic
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

    ``**/`` stands for any folders or none, ``*`` for anything, ``?`` for one character, ``[ab]`` for one
    of these, ``[!ab]`` for any other, ``{a,b}`` for either, and ``\*`` for a star. A leading ``!`` negates the answer.

    Raises ValueError for an invalid pattern (``[z-a]``), and for one whose braces stand for more than a thousand.
    """
    wanted = not pattern.startswith("!")
    plain = pattern.removeprefix("!").removeprefix("./")
    try:
        whole = re.compile("|".join(map(translated, _without_braces(plain))), re.DOTALL)
    except re.error as error:
        raise ValueError(f"{pattern!r} is not a valid pattern: {error.msg}") from None

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
    """The translation of a token that is no star and no folders."""
    text = match.group()
    if text in ("?", "/**"):
        return f"{guard}." if text == "?" else "/.+"
    if match["set"] is not None:
        if not match["end"]:
            raise re.error("unterminated character set")
        return f"{guard}[{'^' if match['not'] else ''}{_members(match['set'])}]"
    return re.escape(match["escaped"] or text)


def _members(text: str) -> str:
    """The characters and ranges between brackets, as a regular expression."""
    parts = re.findall(r"\[:(\w+):\]|\\(.)|(.)", text, re.DOTALL)
    return "".join(
        _CLASSES.get(name, "") if name else "-" if plain == "-" else re.escape(escaped or plain)
        for name, escaped, plain in parts
    )


def _at_first(parts: list[str]) -> str:
    """Parts one after the other, each at its first match; all but the first begin with a wildcard.

    The groups are atomic: no part is tried again further on, or a pattern with twenty stars would take years not to
    match. No match is lost, because the next wildcard reaches anything from the first match that it reaches from a
    later one. Only the last part must end where the path ends.
    """
    first, *rest = parts
    return "".join([first, *(f"(?>{part})" for part in rest[:-1]), *rest[-1:]])


def _without_braces(pattern: str) -> Iterator[str]:
    """The patterns without braces that a pattern stands for: ``a/x`` and ``a/y`` for ``a/{x,y}``."""
    parts = _BRACES.finditer(pattern)
    choices = [[part[0]] if part["choices"] is None else part["choices"].split(",") for part in parts]
    if prod(map(len, choices)) > _MOST:
        raise ValueError(f"{pattern!r} stands for more than {_MOST:,} patterns of paths")
    yield from map("".join, product(*choices))

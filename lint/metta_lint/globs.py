"""Patterns of paths, as ruff has them: ``*`` and ``?`` stand for ``/`` too, and a bare name for a file anywhere."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_TOKEN = re.compile(r"/\*\*/|^\*\*/|/\*\*$|\*+|\?|\[!?\]?[^\]]*\]|\{[^{}]*\}|.", re.DOTALL)
_FIXED = {"/**/": "/(?:.*/)?", "**/": "(?:.*/)?", "/**": "/.*", "?": "."}


def matcher(pattern: str) -> Callable[[str], bool]:
    """Whether a path, relative and with ``/``, matches.

    ``**/`` stands for any folders or none, ``*`` for anything, ``?`` for one character, ``[ab]`` and ``[!ab]`` for one
    of some or of the others, ``{a,b}`` for either. A leading ``!`` turns the answer round.

    Raises ValueError for what is no pattern: ``[z-a]``.
    """
    wanted = not pattern.startswith("!")
    plain = pattern.removeprefix("!").removeprefix("./")
    try:
        whole = re.compile(_expression(plain), re.DOTALL)
    except re.error as error:
        raise ValueError(f"{pattern!r} is no pattern of paths: {error.msg}") from None

    def matches(path: str) -> bool:
        found = whole.fullmatch(path) or whole.fullmatch(path.rpartition("/")[2])
        return (found is not None) == wanted

    return matches


def _expression(pattern: str) -> str:
    return "".join(map(_part, _TOKEN.findall(pattern)))


def _part(token: str) -> str:
    if token in _FIXED:
        return _FIXED[token]
    if token.startswith("*"):
        return ".*"
    if len(token) > 1 and token.startswith("["):
        negated = token.startswith("[!")
        return f"[{'^' if negated else ''}{_members(token[2 if negated else 1 : -1])}]"
    if len(token) > 1:
        return f"(?:{'|'.join(map(_expression, token[1:-1].split(',')))})"
    return re.escape(token)


def _members(text: str) -> str:
    """What stands in brackets: characters and ranges, and nothing that only Python's expressions know."""
    return re.sub(r"[\\\[\]^&~|]", r"\\\g<0>", text)

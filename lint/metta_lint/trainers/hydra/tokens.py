"""Tokens that OmegaConf's interpolations and Hydra's command line have in common, found by longest match."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING

from metta_lint.base.records import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

NUMBER_LIMIT = 4300  # digits; Python's own limit for int(str)


class Token(NamedTuple):
    """A piece of text and what it is; ``kind`` is empty at the end of the text, and for what is no token at all."""

    kind: str
    text: str


_UNSIGNED = r"(?:0|[1-9](?:_?[0-9])*+)"
_DIGITS = r"[0-9](?:_?[0-9])*+"
_POINT = rf"(?:{_UNSIGNED}?\.{_DIGITS}|{_UNSIGNED}\.)"
_EXPONENT = rf"(?:{_POINT}|{_UNSIGNED})[eE][+-]?{_DIGITS}"
ID = r"[a-zA-Z_][a-zA-Z0-9_-]*+"

PRIMITIVE = {
    "FLOAT": rf"[+-]?(?:{_EXPONENT}|{_POINT}|[iI][nN][fF]|[nN][aA][nN])",
    "INT": rf"[+-]?{_UNSIGNED}",
    "BOOL": r"[tT][rR][uU][eE]|[fF][aA][lL][sS][eE]",
    "NULL": r"[nN][uU][lL][lL]",
    "CHAR": r"[/\-\\+.$%*@?|]",
    "ID": ID,
    "ESC": r"(?:\\[\\()\[\]{}:=, \t])++",
    "WS": r"[ \t]++",
}
STRUCTURE = {
    "BRACE_OPEN": r"\{[ \t]*+",
    "BRACE_CLOSE": r"[ \t]*+\}",
    "COMMA": r"[ \t]*+,[ \t]*+",
    "BRACKET_OPEN": r"\[[ \t]*+",
    "BRACKET_CLOSE": r"[ \t]*+\]",
    "COLON": r"[ \t]*+:[ \t]*+",
}


class Table:
    """Patterns by kind; the order decides between matches of one length. Compiled when there is a text to look at."""

    def __init__(self, *tables: Mapping[str, str]) -> None:
        self._tables = tables

    @cached_property
    def patterns(self) -> tuple[tuple[str, re.Pattern[str]], ...]:
        """Each kind with its pattern."""
        every = [(kind, pattern) for table in self._tables for kind, pattern in table.items()]
        return tuple((kind, re.compile(pattern, re.DOTALL)) for kind, pattern in every)


def longest(table: Table, text: str, start: int) -> Token:
    """The longest token at an offset; of equally long ones the first in the table."""
    best = Token("", "")
    for kind, pattern in table.patterns:
        match = pattern.match(text, start)
        if match is not None and match.end() - start > len(best.text):
            best = Token(kind, match.group())
    return best


def primitive(token: Token) -> object:
    """The value of a token that stands alone. Raises ValueError for a number too long to convert."""
    match token.kind:
        case "INT":
            return int(token.text)
        case "FLOAT":
            return float(token.text)
        case "BOOL":
            return token.text.lower() == "true"
        case "NULL":
            return None
        case _:
            return written(token)


def written(token: Token) -> str:
    """The token's text where it stands among others: escapes lose their backslashes."""
    return token.text[1::2] if token.kind == "ESC" else token.text

"""Tokens by longest match, and the base parser: shared by OmegaConf's interpolations and Hydra's overrides."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from metta_lint.base.records import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class Token(NamedTuple):
    """A token and its kind, which is empty at the end of the text and for a character that starts no token."""

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


class TokenTable:
    """Patterns by kind; of equally long matches the first wins. Compiled on first use."""

    def __init__(self, *tables: Mapping[str, str]) -> None:
        self._tables = tables

    @cached_property
    def patterns(self) -> tuple[tuple[str, re.Pattern[str]], ...]:
        """Each kind with its pattern."""
        every = [(kind, pattern) for table in self._tables for kind, pattern in table.items()]
        return tuple((kind, re.compile(pattern, re.DOTALL)) for kind, pattern in every)


Primitive: TypeAlias = str | int | float | None


def primitive_value(tokens: list[Token]) -> Primitive:
    """The value of adjacent tokens: a single one's own value, else their text.

    Raises ValueError for a number too long to convert.
    """
    if len(tokens) > 1:
        return "".join(map(unescaped, tokens))
    kind, text = tokens[0]
    match kind:
        case "INT":
            return int(text)
        case "FLOAT":
            return float(text)
        case "BOOL":
            return text.lower() == "true"
        case "NULL":
            return None
        case _:
            return unescaped(tokens[0])


def unescaped(token: Token) -> str:
    """The token's text; escapes lose their backslashes."""
    return token.text[1::2] if token.kind == "ESC" else token.text


T = TypeVar("T")


class Parser:
    """A recursive-descent parser: its position in a text, a look at the next token, a limit to its depth."""

    depth_limit: int

    def __init__(self, text: str, start: int = 0) -> None:
        self.text = text
        self.start = start
        self.depth = 0

    def error(self, message: str) -> Exception:
        """The error to raise at this position."""
        raise NotImplementedError

    def too_deep(self, message: str) -> Exception:
        """The error to raise when brackets or interpolations nest too deep."""
        return self.error(message)

    def peek(self, table: TokenTable) -> Token:
        """The longest token that is next; of equally long ones the first in the table."""
        best = Token("", "")
        for kind, pattern in table.patterns:
            match = pattern.match(self.text, self.start)
            if match is not None and match.end() - self.start > len(best.text):
                best = Token(kind, match.group())
        return best

    def take(self, table: TokenTable) -> Token:
        """Consume and return the next token."""
        token = self.peek(table)
        self.start += len(token.text)
        return token

    def accept(self, table: TokenTable, *kinds: str) -> Token | None:
        """Consume and return the next token if it is of one of the kinds."""
        return self.take(table) if self.peek(table).kind in kinds else None

    def accept_all(self, table: TokenTable, *kinds: str) -> list[Token]:
        """Consume and return tokens as long as they are of one of the kinds."""
        return list(iter(lambda: self.accept(table, *kinds), None))

    def expect(self, table: TokenTable, what: str, *kinds: str) -> Token:
        """Consume and return the next token, which must be of one of the kinds."""
        token = self.accept(table, *kinds)
        if token is None:
            raise self.error(f"expected {what}")
        return token

    def nested(self, rule: Callable[[], T]) -> T:
        """Read with a grammar rule, one level deeper."""
        self.depth += 1
        if self.depth > self.depth_limit:
            raise self.too_deep(f"nested deeper than {self.depth_limit} levels")
        read = rule()
        self.depth -= 1
        return read

"""Hydra's command-line overrides: ``a.b=1``, ``+a.b=1``, ``++a.b=1``, ``~a.b``, ``group@package=option``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from metta_lint.base.documents import COMMAND_LINE, Span
from metta_lint.base.errors import InputError
from metta_lint.base.records import NamedTuple
from metta_lint.trainers.hydra.tokens import ID, PRIMITIVE, STRUCTURE, Table, Token, longest, primitive, written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DEPTH_LIMIT = 50  # of brackets and braces in one value

_SPECIAL = r"[a-zA-Z_$][a-zA-Z0-9_$-]*+"
_STEP = rf"(?:{_SPECIAL}|0|[1-9](?:_?[0-9])*+)"
_HEAD = re.compile(
    rf"""
    (?P<sign>\+\+|\+|~|)
    (?P<key>{ID}(?:/{ID})++ | {_STEP}(?:\.{_STEP})++ | {_SPECIAL})
    (?:@(?P<package>{_STEP}(?:\.{_STEP})++ | {_SPECIAL} | ))?+
    (?P<equals>=[ \t]*+|\Z)
    """,
    re.VERBOSE,
)
_VALUE = Table(
    STRUCTURE,
    {"QUOTED": r"'(?:(?:\\\\)*|.*?[^\\](?:\\\\)*)'|\"(?:(?:\\\\)*|.*?[^\\](?:\\\\)*)\""},
    PRIMITIVE,
    {"CALL": rf"{ID}[ \t]*+\(", "INTERPOLATION": r"\$\{[^}]++\}"},
)
_ESCAPED_QUOTES = {quote: re.compile(rf"\\+{quote}") for quote in "'\""}
_DICT_KEY_KINDS = frozenset(PRIMITIVE)
_PRIMITIVE_KINDS = _DICT_KEY_KINDS | {"COLON", "INTERPOLATION"}


class Override(NamedTuple):
    """One argument of the command line. ``sign`` is empty, ``+``, ``++`` or ``~``; ``~a`` has no value."""

    sign: str
    key: str
    package: str | None
    value: object
    has_value: bool
    text: str
    span: Span


def parse_override(text: str, number: int = 1) -> Override:
    """What one argument says; ``number`` is its place on the command line, which stands for a line in spans.

    Raises InputError for what Hydra's grammar refuses, and for sweeps, which are several runs and not one.
    """
    match = _HEAD.match(text)
    if match is None or (not match["equals"] and match["sign"] != "~"):
        raise InputError(f"not an override of the form key=value: {text}", _span(number, 0, len(text)))
    value = _Value(text, number, match.end()).parse() if match["equals"] else None
    span = _span(number, 0, len(text))
    return Override(match["sign"], match["key"], match["package"], value, bool(match["equals"]), text, span)


def _span(number: int, start: int, end: int) -> Span:
    return Span(COMMAND_LINE, number, start + 1, number, max(start, end) + 1)


class _Value:
    """Recursive descent over what stands behind the equals sign."""

    def __init__(self, text: str, number: int, start: int) -> None:
        self.text = text
        self.number = number
        self.start = start
        self.depth = 0

    def parse(self) -> object:
        if self.start == len(self.text):
            return ""
        value = self.element()
        if self.peek().kind == "COMMA":
            raise self.error("several values are a sweep; put a list in brackets and a string in quotes")
        if self.start < len(self.text):
            raise self.error("the value does not end here; quote it if it is a string")
        return value

    def peek(self) -> Token:
        return longest(_VALUE, self.text, self.start)

    def take(self) -> Token:
        token = self.peek()
        self.start += len(token.text)
        return token

    def error(self, message: str) -> InputError:
        return InputError(message, _span(self.number, self.start, len(self.text)))

    def element(self) -> object:
        match self.peek().kind:
            case "BRACKET_OPEN":
                return self.nested("BRACKET_CLOSE", self._list)
            case "BRACE_OPEN":
                return self.nested("BRACE_CLOSE", self._dict)
            case "QUOTED":
                return _unquoted(self.take().text)
            case "CALL":
                raise self.error("functions and sweeps are not evaluated; give the value itself")
            case _:
                return self._primitive(_PRIMITIVE_KINDS)

    def nested(self, closing: str, rule: Callable[[str], object]) -> object:
        self.take()
        self.depth += 1
        if self.depth > DEPTH_LIMIT:
            raise self.error(f"nested deeper than {DEPTH_LIMIT} levels")
        value = rule(closing)
        self.depth -= 1
        return value

    def _list(self, closing: str) -> object:
        return [self.element() for _ in self._until(closing)]

    def _dict(self, closing: str) -> object:
        return dict(self._pair() for _ in self._until(closing))

    def _until(self, closing: str) -> Iterator[None]:
        """Once for each part between commas."""
        if self.peek().kind != closing:
            yield
            while self.peek().kind == "COMMA":
                self.take()
                yield
        if self.take().kind != closing:
            raise self.error("expected a comma or the closing bracket")

    def _pair(self) -> tuple[object, object]:
        key = self._primitive(_DICT_KEY_KINDS)
        if key is None:
            raise self.error("null is not a key that a config can have")
        if self.take().kind != "COLON":
            raise self.error("expected a colon behind a key")
        return key, self.element()

    def _primitive(self, kinds: frozenset[str]) -> object:
        tokens = []
        while self.peek().kind in kinds:
            tokens.append(self.take())
        tokens = _stripped(tokens)
        if not tokens:
            raise self.error("expected a value; quote it if it has other characters than Hydra's grammar allows")
        if len(tokens) > 1:
            return "".join(map(written, tokens))
        try:
            return primitive(tokens[0])
        except ValueError:
            raise self.error("the number is too long") from None


def _stripped(tokens: list[Token]) -> list[Token]:
    first = bool(tokens) and tokens[0].kind == "WS"
    last = len(tokens) > 1 and tokens[-1].kind == "WS"
    return tokens[first : len(tokens) - last]


def _unquoted(text: str) -> str:
    r"""The text between the quotes; ``\`` counts as an escape only where a run of them ends at a quote."""
    quote = text[0]
    unescaped = _ESCAPED_QUOTES[quote].sub(lambda match: match.group()[1::2], text[1:])
    return unescaped if text[-2] == "\\" else unescaped[:-1]

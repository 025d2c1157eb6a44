"""Hydra's command-line overrides: ``a.b=1``, ``+a.b=1``, ``++a.b=1``, ``~a.b``, ``group@package=option``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from metta_lint.base.documents import COMMAND_LINE, Span
from metta_lint.base.errors import InputError
from metta_lint.base.records import NamedTuple
from metta_lint.trainers.hydra.tokens import ID, PRIMITIVE, STRUCTURE, Parser, TokenTable, primitive_value

if TYPE_CHECKING:
    from collections.abc import Iterator

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
_VALUE = TokenTable(
    STRUCTURE,
    {"QUOTED": r"'(?:(?:\\\\)*|.*?[^\\](?:\\\\)*)'|\"(?:(?:\\\\)*|.*?[^\\](?:\\\\)*)\""},
    PRIMITIVE,
    {"CALL": rf"{ID}[ \t]*+\(", "INTERPOLATION": r"\$\{[^}]++\}"},
)
_ESCAPED_QUOTES = {quote: re.compile(rf"\\+{quote}") for quote in "'\""}


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
    """Parse one argument; ``number`` is its position on the command line, used as the line in spans.

    Raises InputError for what Hydra's grammar refuses, and for sweeps, which are several runs.
    """
    match, span = _HEAD.match(text), _span(number, 0, len(text))
    if match is None or (not match["equals"] and match["sign"] != "~"):
        raise InputError(f"not an override of the form key=value: {text}", span)
    value = _ValueParser(text, number, match.end()).parse() if match["equals"] else None
    return Override(match["sign"], match["key"], match["package"], value, bool(match["equals"]), text, span)


def _span(number: int, start: int, end: int) -> Span:
    return Span(COMMAND_LINE, number, start + 1, number, max(start, end) + 1)


class _ValueParser(Parser):
    """Recursive descent over the text after the equals sign."""

    depth_limit = DEPTH_LIMIT

    def __init__(self, text: str, number: int, start: int) -> None:
        super().__init__(text, start)
        self.number = number

    def error(self, message: str) -> InputError:
        return InputError(message, _span(self.number, self.start, len(self.text)))

    def parse(self) -> object:
        if self.start == len(self.text):
            return ""
        value = self._element()
        if self.peek(_VALUE).kind == "COMMA":
            raise self.error("several values are a sweep; put a list in brackets and a string in quotes")
        if self.start < len(self.text):
            raise self.error("the value does not end here; quote it if it is a string")
        return value

    def _element(self) -> object:
        match self.peek(_VALUE).kind:
            case "BRACKET_OPEN":
                return self.nested(lambda: [self._element() for _ in self._parts("BRACKET_CLOSE")])
            case "BRACE_OPEN":
                return self.nested(lambda: dict(self._pair() for _ in self._parts("BRACE_CLOSE")))
            case "QUOTED":
                return _unquoted(self.take(_VALUE).text)
            case "CALL":
                raise self.error("functions and sweeps are not evaluated; give the value itself")
            case _:
                return self._primitive("COLON", "INTERPOLATION", *PRIMITIVE)

    def _parts(self, closing: str) -> Iterator[None]:
        """Yields once for each part between the brackets, which commas separate."""
        self.take(_VALUE)
        if self.peek(_VALUE).kind != closing:
            yield
            while self.accept(_VALUE, "COMMA"):
                yield
        self.expect(_VALUE, "a comma or the closing bracket", closing)

    def _pair(self) -> tuple[object, object]:
        key = self._primitive(*PRIMITIVE)
        if key is None:
            raise self.error("null is not a key that a config can have")
        self.expect(_VALUE, "a colon behind a key", "COLON")
        return key, self._element()

    def _primitive(self, *kinds: str) -> object:
        tokens = self.accept_all(_VALUE, *kinds)
        if tokens and tokens[0].kind == "WS":
            del tokens[0]
        if tokens and tokens[-1].kind == "WS":
            del tokens[-1]
        if not tokens:
            raise self.error("expected a value; quote it if it has other characters than Hydra's grammar allows")
        try:
            return primitive_value(tokens)
        except ValueError:
            raise self.error("the number is too long") from None


def _unquoted(text: str) -> str:
    r"""The text between the quotes; ``\`` counts as an escape only where a run of them ends at a quote."""
    quote = text[0]
    unescaped = _ESCAPED_QUOTES[quote].sub(lambda match: match.group()[1::2], text[1:])
    return unescaped if text[-2] == "\\" else unescaped[:-1]

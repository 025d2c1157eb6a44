"""The grammar of OmegaConf's interpolations: ``${a.b}``, ``${.x}``, ``${resolver:arguments}``, escapes, nesting."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

from metta_lint.base.records import NamedTuple
from metta_lint.trainers.hydra.tokens import ID, PRIMITIVE, STRUCTURE, Table, Token, longest, primitive, written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MISSING = "???"
DEPTH_LIMIT = 30  # levels of brackets, quotes and nested interpolations in one string


class GrammarError(ValueError):
    """Text that holds ``${`` but is no interpolation."""


class Reference(NamedTuple):
    """``${a.b}``: the pieces of a key path, dots and brackets among them."""

    path: tuple[str | Interpolation, ...]


class Call(NamedTuple):
    """``${name:arguments}``."""

    name: tuple[str | Interpolation, ...]
    arguments: tuple[Element, ...]


class Joined(NamedTuple):
    """Text with interpolations in it: each counts as its value's text."""

    parts: tuple[str | Interpolation, ...]


class Literal(NamedTuple):
    """A number, boolean, null or string."""

    value: object


class ListOf(NamedTuple):
    """``[a, b]`` among a resolver's arguments."""

    items: tuple[Element, ...]


class DictOf(NamedTuple):
    """``{a: b}`` among a resolver's arguments."""

    items: tuple[tuple[object, Element], ...]


Interpolation: TypeAlias = Reference | Call
Element: TypeAlias = Reference | Call | Joined | Literal | ListOf | DictOf

_OPEN = {"OPEN": r"\$\{[ \t]*+"}
_BACKSLASHES = {"EVEN": r"(?:\\\\)++", "BACKSLASHES": r"\\++", "DOLLAR": r"\$"}
_ESCAPED_OPEN = {"ESCAPED_OPEN": r"(?:\\\\)*\\\$\{"}
_TEXT = Table(_OPEN, {"STR": r"[^$]*[^\\$]"}, _ESCAPED_OPEN, _BACKSLASHES)
_QUOTED = {
    quote: Table(
        _OPEN,
        {"CLOSE": quote, "STR": rf"[^{quote}$]*[^{quote}\\$]"},
        _ESCAPED_OPEN,
        {"ESC": rf"(?:\\\\)*\\{quote}"},
        _BACKSLASHES,
    )
    for quote in "'\""
}
_KEY = Table(
    _OPEN,
    {"COLON": r"[ \t]*+:[ \t]*+", "CLOSE": r"[ \t]*+\}", "DOT": r"\.", "BRACKET_OPEN": r"\[", "BRACKET_CLOSE": r"\]"},
    {"ID": ID, "KEY": r"""[^\\{}()\[\]:. \t'"]++"""},
)
_VALUE = Table(_OPEN, {"QUOTE": r"['\"]"}, STRUCTURE, PRIMITIVE)
_PRIMITIVE_KINDS = frozenset(PRIMITIVE)
_PLAIN = re.compile(rf"\$\{{[ \t]*(\.*{ID}(?:\.{ID})*)[ \t]*\}}")
"""A reference by names alone, which nearly all are: it needs no table of tokens."""
_PIECES = re.compile(r"\.|[^.]+")


def is_interpolated(text: str) -> bool:
    """Whether OmegaConf reads the text as an interpolation; escaped ones count, because they are unescaped."""
    return "${" in text


@lru_cache(maxsize=4096)
def parse(text: str) -> Element:
    """What a config value with ``${`` in it means. Raises GrammarError."""
    plain = _PLAIN.fullmatch(text)
    if plain is not None:
        return Reference(tuple(_PIECES.findall(plain.group(1))))
    parser = _Parser(text)
    parts = parser.text_parts(None)
    return parts[0] if len(parts) == 1 and not isinstance(parts[0], str) else Joined(parts)


def parse_element(text: str) -> Element:
    """What ``oc.decode`` makes of a string. Raises GrammarError."""
    parser = _Parser(text)
    element = parser.element()
    parser.expect_end()
    return element


class _Parser:
    """Recursive descent over one string; which tokens may come next depends on where it stands."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.start = 0
        self.depth = 0

    def peek(self, table: Table) -> Token:
        return longest(table, self.text, self.start)

    def take(self, table: Table) -> Token:
        token = self.peek(table)
        self.start += len(token.text)
        return token

    def error(self, expected: str) -> GrammarError:
        found = f"at character {self.start + 1}" if self.start < len(self.text) else "at the end"
        return GrammarError(f"interpolation does not parse: expected {expected} {found}")

    def expect_end(self) -> None:
        if self.start < len(self.text):
            raise self.error("nothing more")

    def nested(self, rule: Callable[[], Element]) -> Element:
        self.depth += 1
        if self.depth > DEPTH_LIMIT:
            raise GrammarError(f"interpolation is nested deeper than {DEPTH_LIMIT} levels")
        element = rule()
        self.depth -= 1
        return element

    # -- text ----------------------------------------------------------------------------------------------------

    def text_parts(self, quote: str | None) -> tuple[str | Interpolation, ...]:
        """Up to the end, or up to the closing quote: strings (neighbours joined) and interpolations."""
        parts: list[str | Interpolation] = []
        for part in self._text_pieces(quote):
            if isinstance(part, str) and parts and isinstance(parts[-1], str):
                parts[-1] += part
            else:
                parts.append(part)
        return tuple(parts)

    def _text_pieces(self, quote: str | None) -> Iterator[str | Interpolation]:
        table = _TEXT if quote is None else _QUOTED[quote]
        while self.start < len(self.text):
            token = self.take(table)
            match token.kind:
                case "CLOSE":
                    return
                case "OPEN":
                    yield self.interpolation()
                case "ESCAPED_OPEN":
                    yield "\\" * ((len(token.text) - 3) // 2) + "${"
                case "EVEN" if self.peek(table).kind in ("OPEN", "CLOSE"):
                    yield token.text[1::2]
                case _:
                    yield written(token)
        if quote is not None:
            raise self.error(f"a closing {quote}")

    # -- interpolations ------------------------------------------------------------------------------------------

    def interpolation(self) -> Interpolation:
        """What stands behind ``${``."""
        element = self.nested(self._interpolation)
        assert isinstance(element, Reference | Call)  # noqa: S101 - for the type checker
        return element

    def _interpolation(self) -> Interpolation:
        pieces = self._dots()
        kinds = [self._key_piece(pieces)]
        while (token := self.take(_KEY)).kind in ("DOT", "BRACKET_OPEN"):
            pieces.append(token.text)
            kinds.append(self._key(pieces) if token.kind == "DOT" else self._bracketed(pieces))
        if token.kind == "COLON" and pieces[0] != "." and all(kind in ("ID", "OPEN") for kind in kinds):
            return Call(tuple(pieces), self.sequence("BRACE_CLOSE"))
        if token.kind != "CLOSE":
            self.start -= len(token.text)
            raise self.error("a closing brace")
        return Reference(tuple(pieces))

    def _dots(self) -> list[str | Interpolation]:
        pieces: list[str | Interpolation] = []
        while self.peek(_KEY).kind == "DOT":
            pieces.append(self.take(_KEY).text)
        return pieces

    def _key_piece(self, pieces: list[str | Interpolation]) -> str:
        if self.peek(_KEY).kind != "BRACKET_OPEN":
            return self._key(pieces)
        pieces.append(self.take(_KEY).text)
        return self._bracketed(pieces)

    def _key(self, pieces: list[str | Interpolation]) -> str:
        token = self.peek(_KEY)
        if token.kind not in ("ID", "KEY", "OPEN"):
            raise self.error("a key")
        self.take(_KEY)
        pieces.append(self.interpolation() if token.kind == "OPEN" else token.text)
        return token.kind

    def _bracketed(self, pieces: list[str | Interpolation]) -> str:
        self._key(pieces)
        if self.peek(_KEY).kind != "BRACKET_CLOSE":
            raise self.error("a closing bracket")
        pieces.append(self.take(_KEY).text)
        return "BRACKET_OPEN"

    # -- arguments -----------------------------------------------------------------------------------------------

    def sequence(self, closing: str) -> tuple[Element, ...]:
        """Elements up to a closing token; what is left out between commas is an empty string."""
        items: list[Element] = []
        if self.peek(_VALUE).kind == closing:
            self.take(_VALUE)
            return ()
        due = True  # an element may come next
        while (kind := self.peek(_VALUE).kind) != closing:
            if kind != "COMMA" and not due:
                raise self.error("a comma")
            if kind == "COMMA":
                self.take(_VALUE)
            if kind != "COMMA" or due:
                items.append(Literal("") if kind == "COMMA" else self.element())
            due = kind == "COMMA"
        self.take(_VALUE)
        return (*items, Literal("")) if due else tuple(items)

    def element(self) -> Element:
        """A list, a dict, a quoted string, or a primitive."""
        match self.peek(_VALUE).kind:
            case "BRACKET_OPEN":
                return self.nested(self._list)
            case "BRACE_OPEN":
                return self.nested(self._dict)
            case "QUOTE":
                return self.nested(self._quoted)
            case _:
                return self._primitive()

    def _list(self) -> Element:
        self.take(_VALUE)
        return ListOf(self.sequence("BRACKET_CLOSE"))

    def _quoted(self) -> Element:
        return Joined(self.text_parts(self.take(_VALUE).text))

    def _dict(self) -> Element:
        self.take(_VALUE)
        items: list[tuple[object, Element]] = []
        while self.peek(_VALUE).kind != "BRACE_CLOSE":
            if items:
                self._expect("COMMA", "a comma")
            items.append(self._dict_item())
        self.take(_VALUE)
        return DictOf(tuple(items))

    def _dict_item(self) -> tuple[object, Element]:
        tokens = list(self._run(_PRIMITIVE_KINDS))
        key = self._value(tokens)
        self._expect("COLON", "a colon")
        return key, self.element()

    def _expect(self, kind: str, what: str) -> None:
        if self.peek(_VALUE).kind != kind:
            raise self.error(what)
        self.take(_VALUE)

    def _run(self, kinds: frozenset[str]) -> Iterator[Token]:
        while self.peek(_VALUE).kind in kinds:
            yield self.take(_VALUE)

    def _value(self, tokens: list[Token]) -> object:
        if not tokens or (len(tokens) == 1 and tokens[0].kind == "WS"):
            raise self.error("a value")
        if len(tokens) > 1:
            return "".join(map(written, tokens))
        try:
            return primitive(tokens[0])
        except ValueError:
            raise GrammarError("interpolation does not parse: a number is too long") from None

    def _primitive(self) -> Element:
        parts: list[Token | Interpolation] = []
        while (kind := self.peek(_VALUE).kind) in _PRIMITIVE_KINDS or kind in ("COLON", "OPEN"):
            token = self.take(_VALUE)
            parts.append(self.interpolation() if kind == "OPEN" else token)
        if len(parts) == 1 and not isinstance(parts[0], Token):
            return parts[0]
        tokens = [part for part in parts if isinstance(part, Token)]
        if len(tokens) == len(parts):
            return Literal(self._value(tokens))
        return Joined(tuple(written(part) if isinstance(part, Token) else part for part in parts))

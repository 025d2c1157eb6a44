"""The grammar of OmegaConf's interpolations: ``${a.b}``, ``${.x}``, ``${resolver:arguments}``, escapes, nesting."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

from metta_lint.base.records import NamedTuple
from metta_lint.trainers.hydra.tokens import (
    ID,
    PRIMITIVE,
    STRUCTURE,
    Parser,
    Primitive,
    Token,
    TokenTable,
    primitive_value,
    unescaped,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

MISSING = "???"
DEPTH_LIMIT = 30  # levels of brackets, quotes and nested interpolations in one string


class GrammarError(ValueError):
    """Text with ``${`` that is not a valid interpolation."""


class NodeInterpolation(NamedTuple):
    """``${a.b}``: the pieces of a key path, dots and brackets among them."""

    path: tuple[str | Interpolation, ...]


class ResolverCall(NamedTuple):
    """``${name:arguments}``."""

    name: tuple[str | Interpolation, ...]
    arguments: tuple[Element, ...]


class InterpolatedText(NamedTuple):
    """Text with interpolations in it: each counts as its value's text."""

    parts: tuple[str | Interpolation, ...]


class DictContainer(NamedTuple):
    """``{a: b}`` among a resolver's arguments; a key may be there twice."""

    items: tuple[tuple[Primitive, Element], ...]


Interpolation: TypeAlias = NodeInterpolation | ResolverCall
Element: TypeAlias = "Interpolation | InterpolatedText | Primitive | DictContainer | list[Element]"

_OPEN = {"OPEN": r"\$\{[ \t]*+"}
_BACKSLASHES = {"EVEN": r"(?:\\\\)++", "BACKSLASHES": r"\\++", "DOLLAR": r"\$"}
_ESCAPED_OPEN = {"ESCAPED_OPEN": r"(?:\\\\)*\\\$\{"}
_TEXT = TokenTable(_OPEN, {"STR": r"[^$]*[^\\$]"}, _ESCAPED_OPEN, _BACKSLASHES)
_QUOTED = {
    quote: TokenTable(
        _OPEN,
        {"CLOSE": quote, "STR": rf"[^{quote}$]*[^{quote}\\$]"},
        _ESCAPED_OPEN,
        {"ESC": rf"(?:\\\\)*\\{quote}"},
        _BACKSLASHES,
    )
    for quote in "'\""
}
_KEY = TokenTable(
    _OPEN,
    {"COLON": r"[ \t]*+:[ \t]*+", "CLOSE": r"[ \t]*+\}", "DOT": r"\.", "BRACKET_OPEN": r"\[", "BRACKET_CLOSE": r"\]"},
    {"ID": ID, "KEY": r"""[^\\{}()\[\]:. \t'"]++"""},
)
_VALUE = TokenTable(_OPEN, {"QUOTE": r"['\"]"}, STRUCTURE, PRIMITIVE)
_PLAIN = re.compile(rf"\$\{{[ \t]*(\.*{ID}(?:\.{ID})*)[ \t]*\}}")
"""A reference by names alone, which nearly all are: it needs no table of tokens."""
_PIECES = re.compile(r"\.|[^.]+")


def is_interpolated(text: str) -> bool:
    """Whether OmegaConf reads the text as an interpolation; escaped ones count, because they are unescaped."""
    return "${" in text


def is_fixed(value: object) -> bool:
    """Whether a value is as written: neither interpolated nor ``???``."""
    return not isinstance(value, str) or ("${" not in value and value != MISSING)


@lru_cache(maxsize=4096)
def parse_interpolation(text: str) -> Element:
    """Parse a config value with ``${`` in it. Raises GrammarError."""
    plain = _PLAIN.fullmatch(text)
    if plain is not None:
        return NodeInterpolation(tuple(_PIECES.findall(plain.group(1))))
    parser = _Parser(text)
    parts = parser.text_parts(None)
    return parts[0] if len(parts) == 1 and not isinstance(parts[0], str) else InterpolatedText(parts)


def parse_element(text: str) -> Element:
    """Parse a string as ``oc.decode`` does. Raises GrammarError."""
    parser = _Parser(text)
    element = parser.element()
    if parser.start < len(text):
        raise parser.error("expected nothing more")
    return element


class _Parser(Parser):
    """Recursive descent over one string; the tokens that are allowed depend on the position."""

    depth_limit = DEPTH_LIMIT

    def error(self, message: str) -> GrammarError:
        found = f"at character {self.start + 1}" if self.start < len(self.text) else "at the end"
        return GrammarError(f"interpolation does not parse: {message} {found}")

    def too_deep(self, message: str) -> GrammarError:
        return GrammarError(f"interpolation is {message}")

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
                    yield self.nested(self._interpolation)
                case "ESCAPED_OPEN":
                    yield "\\" * ((len(token.text) - 3) // 2) + "${"
                case "EVEN" if self.peek(table).kind in ("OPEN", "CLOSE"):
                    yield token.text[1::2]
                case _:
                    yield unescaped(token)
        if quote is not None:
            raise self.error(f"expected a closing {quote}")

    # -- interpolations ------------------------------------------------------------------------------------------

    def _interpolation(self) -> Interpolation:
        """The part after ``${``: keys with dots between or in brackets. Only ids can name a resolver."""
        path: list[str | Interpolation] = []
        while dot := self.accept(_KEY, "DOT"):
            path.append(dot.text)
        is_name = not path
        separator: Token | None = self.accept(_KEY, "BRACKET_OPEN") or Token("DOT", "")
        while separator is not None:
            path += [separator.text] if separator.text else []
            key = self.expect(_KEY, "a key", "ID", "KEY", "OPEN")
            path.append(self.nested(self._interpolation) if key.kind == "OPEN" else key.text)
            if separator.kind == "BRACKET_OPEN":
                path.append(self.expect(_KEY, "a closing bracket", "BRACKET_CLOSE").text)
            is_name = is_name and separator.kind == "DOT" and key.kind != "KEY"
            separator = self.accept(_KEY, "DOT", "BRACKET_OPEN")
        if is_name and self.peek(_KEY).kind == "COLON":
            return ResolverCall(tuple(path), tuple(self._sequence("BRACE_CLOSE")))
        self.expect(_KEY, "a closing brace", "CLOSE")
        return NodeInterpolation(tuple(path))

    # -- arguments -----------------------------------------------------------------------------------------------

    def element(self) -> Element:
        """A list, a dict, a quoted string, or a primitive."""
        match self.peek(_VALUE).kind:
            case "BRACKET_OPEN":
                return self.nested(lambda: self._sequence("BRACKET_CLOSE"))
            case "BRACE_OPEN":
                return self.nested(self._dict)
            case "QUOTE":
                return self.nested(lambda: InterpolatedText(self.text_parts(self.take(_VALUE).text)))
            case _:
                return self._primitive()

    def _sequence(self, closing: str) -> list[Element]:
        """The elements up to the closing token; one that is left out is an empty string."""
        self.take(_VALUE)
        if self.accept(_VALUE, closing):
            return []
        items: list[Element] = []
        while True:
            is_left_out = self.peek(_VALUE).kind in ("COMMA", closing)
            items.append("" if is_left_out else self.element())
            if self.expect(_VALUE, "a comma", "COMMA", closing).kind == closing:
                return items

    def _dict(self) -> DictContainer:
        self.take(_VALUE)
        items: list[tuple[Primitive, Element]] = []
        while not self.accept(_VALUE, "BRACE_CLOSE"):
            if items:
                self.expect(_VALUE, "a comma", "COMMA")
            key = self._value(self.accept_all(_VALUE, *PRIMITIVE))
            self.expect(_VALUE, "a colon", "COLON")
            items.append((key, self.element()))
        return DictContainer(tuple(items))

    def _primitive(self) -> Element:
        parts: list[Token | Interpolation] = []
        while token := self.accept(_VALUE, "COLON", "OPEN", *PRIMITIVE):
            parts.append(self.nested(self._interpolation) if token.kind == "OPEN" else token)
        tokens = [part for part in parts if isinstance(part, Token)]
        if len(tokens) == len(parts):
            return self._value(tokens)
        if len(parts) == 1 and not isinstance(parts[0], Token):
            return parts[0]
        return InterpolatedText(tuple(unescaped(part) if isinstance(part, Token) else part for part in parts))

    def _value(self, tokens: list[Token]) -> Primitive:
        if not tokens or (len(tokens) == 1 and tokens[0].kind == "WS"):
            raise self.error("expected a value")
        try:
            return primitive_value(tokens)
        except ValueError:
            raise GrammarError("interpolation does not parse: a number is too long") from None

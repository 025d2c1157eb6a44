"""Strict JSON, with spans: no NaN, no Infinity, no key twice."""

from __future__ import annotations

import json
import re
from typing import NoReturn

from metta_lint.base.documents import Document, Entry, Mapping, Node, Scalar, Sequence, Span
from metta_lint.base.errors import InputError
from metta_lint.files.limits import DEPTH_LIMIT, NODE_LIMIT, NUMBER_LIMIT
from metta_lint.sources.text import BOM, FileText, decode

_BLANKS = re.compile(r"[ \t\r\n]*+")
_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]++|\\.)*+("?)', re.DOTALL)
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*+)(\.[0-9]++)?(e[-+]?[0-9]++)?", re.IGNORECASE)
_WORD = re.compile(r"true|false|null")
_CONSTANTS = {"true": True, "false": False, "null": None}


def parse(data: bytes, path: str, *, repeats: bool = False) -> Document:
    """The document of a JSON file.

    Raises InputError, in the words of Python's ``json``, for what is not JSON; for a duplicate key, NaN and Infinity,
    which it would let pass; for nesting and sizes beyond any config's. With ``repeats``, a duplicate key has a name of
    its own.
    """
    return Document(path, _ValueScanner(decode(data, path), path, repeats=repeats).document())


class _ValueScanner:
    """Reads values one after another; ``position`` is the offset of the next character."""

    __slots__ = ("lines", "nodes", "position", "repeats", "text")

    def __init__(self, text: str, path: str, *, repeats: bool) -> None:
        self.text = text
        self.repeats = repeats
        self.lines = FileText(path, text)
        self.position = len(BOM) if text.startswith(BOM) else 0
        self.nodes = 0

    def document(self) -> Node:
        self._blanks()
        root = self._value(0)
        self._blanks()
        if self.position < len(self.text):
            self._fail("Extra data")
        return root

    def _value(self, depth: int) -> Node:
        start = self.position
        self.nodes += 1
        if self.nodes > NODE_LIMIT:
            self._fail(f"more than {NODE_LIMIT} values; no config is that large")
        opening = self.text[start : start + 1]
        if opening and opening in "[{":
            if depth >= DEPTH_LIMIT:
                self._fail(f"nested deeper than {DEPTH_LIMIT} levels")
            return self._object(depth + 1) if opening == "{" else self._array(depth + 1)
        value = self._string() if opening == '"' else self._plain()
        return Scalar(value, self.lines.span(start, self.position))

    def _object(self, depth: int) -> Mapping:
        start = self.position
        entries: dict[object, Entry] = {}
        more = self._opened("}")
        while more:
            key, key_span = self._key(entries)
            if not self._take(":"):
                self._fail("Expecting ':' delimiter")
            self._blanks()
            entries[key] = Entry(key_span, self._value(depth))
            more = self._continues("}")
        return Mapping(entries, self.lines.span(start, self.position))

    def _key(self, entries: dict[object, Entry]) -> tuple[str, Span]:
        start = self.position
        if not self.text.startswith('"', start):
            self._fail("Expecting property name enclosed in double quotes")
        key = self._string()
        span = self.lines.span(start, self.position)
        if key in entries and not self.repeats:
            first = entries[key].key_span
            raise InputError(f"duplicate key {key!r} (first on line {first.line})", span, first)
        return (key, span) if key not in entries else (f"{key} (offset {start})", span)

    def _array(self, depth: int) -> Sequence:
        start = self.position
        items = []
        more = self._opened("]")
        while more:
            items.append(self._value(depth))
            more = self._continues("]")
        return Sequence(tuple(items), self.lines.span(start, self.position))

    def _opened(self, close: str) -> bool:
        """Steps over an opening bracket; whether something stands before the closing one."""
        self.position += 1
        return not self._take(close)

    def _continues(self, close: str) -> bool:
        """Steps over a comma or the closing bracket; whether it was a comma."""
        if self._take(close):
            return False
        if not self._take(","):
            self._fail("Expecting ',' delimiter")
        self._blanks()
        return True

    def _string(self) -> str:
        match = _STRING.match(self.text, self.position)
        if match is None or not match[1]:
            self._unclosed(match.end() if match else self.position)
        token = match.group()
        value = self._unescaped(token) if "\\" in token else token[1:-1]
        self.position = match.end()
        return value

    def _unclosed(self, end: int) -> NoReturn:
        if end < len(self.text) and self.text[end] != "\\":
            self._fail("Invalid control character", end)
        self._fail("Unterminated string starting")

    def _unescaped(self, token: str) -> str:
        try:
            value: str = json.loads(token)
            value.encode()
        except json.JSONDecodeError as error:
            self._fail(error.msg, self.position + error.pos)
        except UnicodeEncodeError:
            self._fail("string holds half of a surrogate pair")
        return value

    def _plain(self) -> object:
        if word := _WORD.match(self.text, self.position):
            self.position = word.end()
            return _CONSTANTS[word.group()]
        match = _NUMBER.match(self.text, self.position)
        if match is None:
            self._fail("Expecting value")
        number = match.group()
        if len(number) > NUMBER_LIMIT:
            self._fail(f"a number of {len(number)} characters is too long (limit {NUMBER_LIMIT})")
        self.position = match.end()
        return float(number) if match.lastindex else int(number)

    def _take(self, char: str) -> bool:
        """Steps over blanks, and over the character if it stands behind them."""
        self._blanks()
        if not self.text.startswith(char, self.position):
            return False
        self.position += 1
        return True

    def _blanks(self) -> None:
        blanks = _BLANKS.match(self.text, self.position)
        self.position = blanks.end() if blanks else self.position

    def _fail(self, message: str, offset: int | None = None) -> NoReturn:
        raise InputError(message, self.lines.span(self.position if offset is None else offset))

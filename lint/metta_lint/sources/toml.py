"""TOML: values from tomli, spans from a scan of the text.

The scan looks only for where keys and values begin and end. It runs first, so that depth and sizes are bounded before
tomli sees them; where it can make nothing of the text it stops, and tomli says what is wrong.
"""

from __future__ import annotations

import re
from typing import NoReturn

import tomli

from metta_lint.base.documents import Document, Entry, Mapping, Node, Scalar, Sequence, Span
from metta_lint.base.errors import InputError
from metta_lint.files.limits import DEPTH_LIMIT, NODE_LIMIT, NUMBER_LIMIT
from metta_lint.sources.text import BOM, FileText, decode, file_start

_BLANKS = re.compile(r"[ \t]*+")
_GAP = re.compile(r"(?:[ \t\r\n]++|#[^\r\n]*+)*+")  # what may stand between statements, and within arrays
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]++")
_STRINGS = (  # the long ones first, for they begin like the short ones
    re.compile(r'"""(?:[^"\\]++|\\.|"{1,2}(?!"))*+"{3,5}', re.DOTALL),
    re.compile(r"'''(?:[^']++|'{1,2}(?!'))*+'{3,5}"),
    re.compile(r'"(?:[^"\\\r\n]++|\\.)*+"'),
    re.compile(r"'[^'\r\n]*+'"),
)
_BARE_VALUE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9:.+Zz-]*+|[^\s,\]}#\"'=]++")
_PLACE = re.compile(r"\(at line ([0-9]+), column ([0-9]+)\)$")


def parse(data: bytes, path: str) -> Document:
    """The document of a TOML file; dates and times are Python's.

    Raises InputError for what tomli refuses, and for nesting and sizes beyond any config's. An implied table (``a`` in
    ``[a.b]`` or in ``a.b = 1``) has the span of its key.
    """
    text = decode(data, path).removeprefix(BOM)
    scan = _Scan(text, path)
    scan.statements()
    try:
        values = tomli.loads(text)
    except ValueError as error:
        raise _input_error(str(error), scan.lines, len(text)) from None
    return Document(path, _node(values, scan.root))


class _KeyPlace:
    """Where a key and its value stand, with the places below; ``latest`` is that of an array of tables' last table."""

    __slots__ = ("below", "key", "latest", "value")

    def __init__(self, key: Span) -> None:
        self.key = key
        self.value = key
        self.below: dict[object, _KeyPlace] = {}
        self.latest: _KeyPlace | None = None


def _node(value: object, place: _KeyPlace) -> Node:
    """The value with its places; what the scan found none for has its parent's."""
    if isinstance(value, list):
        items = (_node(item, place.below.get(index, place)) for index, item in enumerate(value))
        return Sequence(tuple(items), place.value)
    if not isinstance(value, dict):
        return Scalar(value, place.value)
    entries: dict[object, Entry] = {}
    for key, item in value.items():
        below = place.below.get(key, place)
        entries[key] = Entry(below.key, _node(item, below))
    return Mapping(entries, place.value)


def _input_error(message: str, lines: FileText, end: int) -> InputError:
    place = _PLACE.search(message)
    text = re.sub(r" \(at [^()]*\)$", "", message)
    if place is None:
        return InputError(text, lines.span(end))
    line, column = int(place[1]), int(place[2])
    return InputError(text, Span(lines.path, line, column, line, column + 1))


class _NotTomlError(Exception):
    """The text is not TOML here."""


class _Scan:
    """Steps through the text and fills the tree of places below ``root``."""

    __slots__ = ("lines", "nodes", "position", "root", "text")

    def __init__(self, text: str, path: str) -> None:
        self.text = text
        self.lines = FileText(path, text)
        self.position = 0
        self.nodes = 0
        self.root = _KeyPlace(file_start(path))

    def statements(self) -> None:
        table, depth = self.root, 0
        try:
            self._skip(_GAP)
            while self.position < len(self.text):
                if self.text.startswith("[", self.position):
                    table, depth = self._header()
                else:
                    self._pair(table, depth)
                self._skip(_GAP)
        except _NotTomlError:
            return

    def _header(self) -> tuple[_KeyPlace, int]:
        start = self.position
        opening = 2 if self.text.startswith("[[", start) else 1
        self.position += opening
        parts = self._key()
        for _ in range(opening):
            self._expect("]")
        self._count(len(parts))
        span = self.lines.span(start, self.position)
        place = self.root
        for part, key_span in parts:
            place = self._at(place.latest or place, part, key_span)
        if opening == 2:
            place.latest = self._at(place, len(place.below), span)
        else:
            place.key, place.value = parts[-1][1], span  # an earlier header may have implied this table
        return place.latest or place, len(parts)

    def _pair(self, table: _KeyPlace, depth: int) -> None:
        parts = self._key()
        depth += len(parts)
        if depth > DEPTH_LIMIT:
            self._too_deep()
        self._count(depth)  # for each key tomli walks down from the root
        self._expect("=")
        self._skip(_BLANKS)
        place = table
        for part, key_span in parts:
            place = self._at(place, part, key_span)
        self._value(place, depth)

    def _key(self) -> list[tuple[str, Span]]:
        parts = [self._key_part()]
        while self._found("."):
            parts.append(self._key_part())
            if len(parts) > DEPTH_LIMIT:
                self._too_deep()
        return parts

    def _key_part(self) -> tuple[str, Span]:
        self._skip(_BLANKS)
        start = self.position
        if match := _BARE_KEY.match(self.text, start):
            self.position = match.end()
            part = match.group()
        else:
            part = self._quoted_key()
        return part, self.lines.span(start, self.position)

    def _quoted_key(self) -> str:
        start = self.position
        if not self._string():
            raise _NotTomlError
        try:
            part: str = tomli.loads(f"key = {self.text[start : self.position]}")["key"]
        except ValueError:
            raise _NotTomlError from None
        return part

    def _value(self, place: _KeyPlace, depth: int) -> None:
        start = self.position
        if self.text.startswith(("[", "{"), start):
            if depth >= DEPTH_LIMIT:
                self._too_deep()
            self.position += 1
            if self.text[start] == "[":
                self._array(place, depth + 1)
            else:
                self._inline_table(place, depth)
        elif not self._string():
            self._bare_value()
        place.value = self.lines.span(start, self.position)

    def _array(self, place: _KeyPlace, depth: int) -> None:
        while not self._found("]", _GAP):
            here = self.lines.span(self.position)
            self._value(self._at(place, len(place.below), here), depth)
            if not self._found(",", _GAP):
                self._expect("]", _GAP)
                return

    def _inline_table(self, place: _KeyPlace, depth: int) -> None:
        while not self._found("}", _GAP):
            self._pair(place, depth)
            if not self._found(",", _GAP):
                self._expect("}", _GAP)
                return

    def _string(self) -> bool:
        """Steps over a string, if one stands here."""
        for pattern in _STRINGS:
            if match := pattern.match(self.text, self.position):
                self.position = match.end()
                return True
        return False

    def _bare_value(self) -> None:
        match = _BARE_VALUE.match(self.text, self.position)
        if match is None:
            raise _NotTomlError
        if match.end() - match.start() > NUMBER_LIMIT:
            self._fail(f"a value of {match.end() - match.start()} characters is too long (limit {NUMBER_LIMIT})")
        self.position = match.end()

    def _at(self, place: _KeyPlace, key: object, key_span: Span) -> _KeyPlace:
        """The place below ``place`` for this key: a known one, or a new one."""
        below = place.below.get(key)
        if below is None:
            self._count(1)
            below = place.below[key] = _KeyPlace(key_span)
        return below

    def _count(self, nodes: int) -> None:
        self.nodes += nodes
        if self.nodes > NODE_LIMIT:
            self._fail(f"more than {NODE_LIMIT} values and parts of keys; no config is that large")

    def _skip(self, pattern: re.Pattern[str]) -> None:
        match = pattern.match(self.text, self.position)
        self.position = match.end() if match else self.position

    def _found(self, char: str, blanks: re.Pattern[str] = _BLANKS) -> bool:
        """Steps over blanks, and over the character if it stands behind them."""
        self._skip(blanks)
        if not self.text.startswith(char, self.position):
            return False
        self.position += 1
        return True

    def _expect(self, char: str, blanks: re.Pattern[str] = _BLANKS) -> None:
        if not self._found(char, blanks):
            raise _NotTomlError

    def _too_deep(self) -> NoReturn:
        self._fail(f"nested deeper than {DEPTH_LIMIT} levels")

    def _fail(self, message: str) -> NoReturn:
        raise InputError(message, self.lines.span(self.position))

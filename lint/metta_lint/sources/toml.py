"""TOML: values from tomli, spans from a scan of the text.

The scan only looks for where keys and values begin and end. It runs first, so that depth and size are checked before
tomli parses the text. Where it does not understand the text it stops, and tomli reports the error.
"""

from __future__ import annotations

import re

import tomli

from metta_lint.base.documents import Document, Entry, Mapping, Node, Scalar, Sequence, Span
from metta_lint.base.errors import InputError
from metta_lint.files.limits import NUMBER_LIMIT
from metta_lint.sources.cursor import Cursor
from metta_lint.sources.text import BOM, decode, file_start

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]++")
STRING = re.compile(
    r'"""(?:[^"\\]++|\\.|"{1,2}(?!"))*+"{3,5}'  # the long ones first, for they begin like the short ones
    r"|'''(?:[^']++|'{1,2}(?!'))*+'{3,5}"
    r'|"(?:[^"\\\r\n]++|\\.)*+"'
    r"|'[^'\r\n]*+'",
    re.DOTALL,
)
_BARE_VALUE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9:.+Zz-]*+|[^\s,\]}#\"'=]++")


def parse(data: bytes, path: str) -> Document:
    """Parse a TOML file; dates and times are Python's.

    Raises InputError for invalid TOML, and beyond the limits on nesting and size. An implied table (``a`` in ``[a.b]``
    or in ``a.b = 1``) has the span of its key.
    """
    text = decode(data, path).removeprefix(BOM)
    scan = _Scan(text, path)
    scan.statements()
    try:
        values = tomli.loads(text)
    except tomli.TOMLDecodeError as error:
        place = Span(path, error.lineno, error.colno, error.lineno, error.colno + 1)
        raise InputError(error.msg, place) from None
    return Document(path, _node(values, scan.root))


class _KeyPlace:
    """The places of a key, its value and the keys below; ``latest`` is the last table of an array of tables."""

    __slots__ = ("below", "key", "latest", "value")

    def __init__(self, key: Span) -> None:
        self.key = key
        self.value = key
        self.below: dict[object, _KeyPlace] = {}
        self.latest: _KeyPlace | None = None


def _node(value: object, place: _KeyPlace) -> Node:
    """A value with its places. One that the scan did not find has its parent's."""
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


class _NotTomlError(Exception):
    """The scan does not understand the text at this position."""


class _Scan(Cursor):
    """Steps through the text and fills the tree of places below ``root``."""

    BLANKS = re.compile(r"(?:[ \t\r\n]++|#[^\r\n]*+)*+")  # tomli says where line breaks and comments are wrong
    COUNTED = "values and parts of keys"

    def __init__(self, text: str, path: str) -> None:
        super().__init__(text, path)
        self.root = _KeyPlace(file_start(path))

    def statements(self) -> None:
        table, depth = self.root, 0
        try:
            self.skip(self.BLANKS)
            while self.position < len(self.text):
                if self.text.startswith("[", self.position):
                    table, depth = self._header()
                else:
                    self._pair(table, depth)
                self.skip(self.BLANKS)
        except _NotTomlError:
            return

    def _header(self) -> tuple[_KeyPlace, int]:
        start = self.position
        opening = 2 if self.text.startswith("[[", start) else 1
        self.position += opening
        parts = self._key()
        for _ in range(opening):
            self._expect("]")
        self.count(len(parts))
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
        self.check_depth(depth)
        self.count(depth)  # for each key tomli walks down from the root
        self._expect("=")
        place = table
        for part, key_span in parts:
            place = self._at(place, part, key_span)
        self._value(place, depth)

    def _key(self) -> list[tuple[str, Span]]:
        parts = [self._key_part()]
        while self.found("."):
            parts.append(self._key_part())
            self.check_depth(len(parts))
        return parts

    def _key_part(self) -> tuple[str, Span]:
        self.skip(self.BLANKS)
        start = self.position
        if not (self.skip(_BARE_KEY) or self.skip(STRING)):
            raise _NotTomlError
        part = self.text[start : self.position]
        if part.startswith(("'", '"')):
            try:
                part = tomli.loads(f"key = {part}")["key"]
            except ValueError:
                raise _NotTomlError from None
        return part, self.lines.span(start, self.position)

    def _value(self, place: _KeyPlace, depth: int) -> None:
        self.skip(self.BLANKS)
        start = self.position
        if self.text.startswith(("[", "{"), start):
            self.check_depth(depth + 1)
            self._items(place, depth, is_array=self.text[start] == "[")
        elif not (self.skip(STRING) or self.skip(_BARE_VALUE)):
            raise _NotTomlError
        elif self.text[start] not in "\"'" and self.position - start > NUMBER_LIMIT:
            self.fail(f"a value of {self.position - start} characters is too long (limit {NUMBER_LIMIT})", start)
        place.value = self.lines.span(start, self.position)

    def _items(self, place: _KeyPlace, depth: int, *, is_array: bool) -> None:
        self.position += 1
        close = "]" if is_array else "}"
        while not self.found(close):
            if is_array:
                self._value(self._at(place, len(place.below), self.lines.span(self.position)), depth + 1)
            else:
                self._pair(place, depth)
            if not self.found(","):
                self._expect(close)
                return

    def _at(self, place: _KeyPlace, key: object, key_span: Span) -> _KeyPlace:
        """The place of this key below ``place``, new if it has none yet."""
        below = place.below.get(key)
        if below is None:
            self.count(1)
            below = place.below[key] = _KeyPlace(key_span)
        return below

    def _expect(self, sign: str) -> None:
        if not self.found(sign):
            raise _NotTomlError

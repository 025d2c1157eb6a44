"""Strict JSON, with spans: no NaN, no Infinity, no key twice."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from metta_lint.base.documents import Document, Entry, Mapping, Node, Scalar, Sequence, Span
from metta_lint.base.errors import InputError
from metta_lint.files.limits import NUMBER_LIMIT
from metta_lint.sources.cursor import Cursor
from metta_lint.sources.text import BOM, decode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def parse(data: bytes, path: str, *, repeats: bool = False) -> Document:
    """Parse a JSON file.

    Raises InputError for invalid JSON, in the words of Python's ``json``; for duplicate keys, NaN and Infinity, which
    ``json`` accepts; and beyond the limits on nesting and size. With ``repeats``, a duplicate key gets another name.
    """
    text = decode(data, path)
    return Document(path, _JsonCursor(text, path, len(BOM) if text.startswith(BOM) else 0).document(repeats=repeats))


def _number(kind: Callable[[str], float]) -> Callable[[str], float]:
    def number(text: str) -> float:
        if len(text) > NUMBER_LIMIT:
            raise ValueError(f"a number of {len(text)} characters is too long (limit {NUMBER_LIMIT})")
        return kind(text)

    return number


def _refuse(_name: str) -> object:
    raise ValueError("Expecting value")


_DECODER = json.JSONDecoder(parse_int=_number(int), parse_float=_number(float), parse_constant=_refuse)


class _JsonCursor(Cursor):
    BLANKS = re.compile(r"[ \t\r\n]*+")
    COUNTED = "values"

    def document(self, *, repeats: bool) -> Node:
        self.repeats = repeats
        root = self._value(0)
        self.skip(self.BLANKS)
        if self.position < len(self.text):
            self.fail("Extra data")
        return root

    def _value(self, depth: int) -> Node:
        self.skip(self.BLANKS)
        start = self.position
        self.count()
        if self.text.startswith(("[", "{"), start):
            self.check_depth(depth + 1)
            return self._object(depth + 1) if self.text[start] == "{" else self._array(depth + 1)
        return Scalar(self._scalar(), self.lines.span(start, self.position))

    def _object(self, depth: int) -> Mapping:
        start = self.position
        entries: dict[object, Entry] = {}
        for _ in self._items("}"):
            key, key_span = self._key(entries)
            if not self.found(":"):
                self.fail("Expecting ':' delimiter")
            entries[key] = Entry(key_span, self._value(depth))
        return Mapping(entries, self.lines.span(start, self.position))

    def _array(self, depth: int) -> Sequence:
        start = self.position
        items = tuple([self._value(depth) for _ in self._items("]")])
        return Sequence(items, self.lines.span(start, self.position))

    def _items(self, close: str) -> Iterator[None]:
        """Step over the brackets and commas of a collection; yields once before each item."""
        self.position += 1
        if self.found(close):
            return
        yield
        while not self.found(close):
            if not self.found(","):
                self.fail("Expecting ',' delimiter")
            yield

    def _key(self, entries: dict[object, Entry]) -> tuple[object, Span]:
        self.skip(self.BLANKS)
        start = self.position
        if not self.text.startswith('"', start):
            self.fail("Expecting property name enclosed in double quotes")
        key = self._scalar()
        span = self.lines.span(start, self.position)
        if key in entries and not self.repeats:
            first = entries[key].key_span
            raise InputError(f"duplicate key {key!r} (first on line {first.line})", span, first)
        return (key, span) if key not in entries else (f"{key} (offset {start})", span)

    def _scalar(self) -> object:
        try:
            value, end = _DECODER.raw_decode(self.text, self.position)
            if isinstance(value, str):
                value.encode()
        except json.JSONDecodeError as error:
            self.fail(error.msg.removesuffix(" at"), error.pos)
        except UnicodeEncodeError:
            self.fail("string holds half of a surrogate pair")
        except ValueError as error:
            self.fail(str(error))
        self.position = end
        return value

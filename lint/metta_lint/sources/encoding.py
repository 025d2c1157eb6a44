"""Documents as text and back: what the cache keeps of a parsed file. A document's path is no part of it.

A node is a list that begins with its span: ``[line, column, end line, end column, value]`` is a scalar; one more item
tells a list (its nodes, then 0) and a mapping (key, key's span, node, key, ..., then 1) from it. JSON holds all that
YAML and INI values can be but dates and bytes; it is read by a C scanner, which runs nothing.
"""

from __future__ import annotations

import json
from typing import Any

from metta_lint.documents import Document, Entry, Mapping, Node, Scalar, Sequence, Span
from metta_lint.errors import InputError

_new = tuple.__new__  # builds a NamedTuple at half the price, for the records that every value has
_KEPT = frozenset({str, int, float, bool, type(None)})
_SCALAR = 5
_loads = json.JSONDecoder().decode
_dumps = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode
_PLAIN = len(("path", "root", "header"))


class NotKeptError(ValueError):
    """A document with something in it that its text would not say."""


def encode(found: Document | InputError, path: str) -> str:
    """A document, or why there is none, as text. Raises NotKeptError for what would come back as something else."""
    if isinstance(found, InputError):
        spans = [found.span] if found.repeats is None else [found.span, found.repeats]
        if path in found.message or any(span.path != path for span in spans):
            raise NotKeptError
        return _text([found.message, *(span[1:] for span in spans), True])
    if found.path != path or found[_PLAIN:] != tuple(found._field_defaults.values())[1:]:
        raise NotKeptError
    return _text([list(found.header), _listed(found.root, path)])


def decode(text: str, path: str) -> Document | InputError:
    """What was encoded, as of a file at a path. Raises ValueError, TypeError or IndexError for any other text."""
    data = _loads(text)
    if len(data) != 2:
        message, *spans, _ = data
        return InputError(message, *(Span(path, *span) for span in spans))
    header, root = data
    return Document(path, _node(root, path), tuple(header))


def _text(data: list[Any]) -> str:
    return _dumps(data)


def _listed(node: Node, path: str) -> list[Any]:
    if node.span.path != path:
        raise NotKeptError
    if isinstance(node, Scalar):
        if type(node.value) not in _KEPT:
            raise NotKeptError
        return [*node.span[1:], node.value]
    if isinstance(node, Sequence):
        return [*node.span[1:], [_listed(item, path) for item in node.items], 0]
    flat: list[Any] = []
    for key, (key_span, value) in node.entries.items():
        if type(key) not in _KEPT or key_span.path != path:
            raise NotKeptError
        flat += (key, *key_span[1:], _listed(value, path))
    return [*node.span[1:], flat, 1]


def _node(data: list[Any], path: str) -> Node:
    line, column, end_line, end_column, value = data[:_SCALAR]
    span: Span = _new(Span, (path, line, column, end_line, end_column))
    if len(data) == _SCALAR:
        return _new(Scalar, (value, span))
    if data[_SCALAR] == 0:
        return _new(Sequence, (tuple([_node(item, path) for item in value]), span))
    parts = iter(value)
    entries = {}
    for key, line, column, end_line, end_column, item in zip(parts, parts, parts, parts, parts, parts, strict=True):
        if len(item) == _SCALAR:  # most values are: spelt out, for it takes half the time
            a, b, c, d, scalar = item
            node: Node = _new(Scalar, (scalar, _new(Span, (path, a, b, c, d))))
        else:
            node = _node(item, path)
        entries[key] = _new(Entry, (_new(Span, (path, line, column, end_line, end_column)), node))
    return _new(Mapping, (entries, span))

"""YAML as OmegaConf 2.3 reads it, with spans. No tag is ever run.

Documents are built from the parser's events, so that depth and size are checked before anything is stored.
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    StreamEndEvent,
)

from metta_lint.base.documents import Document, Entry, Mapping, Node, Scalar, Sequence, Span
from metta_lint.base.errors import InputError
from metta_lint.files.limits import DEPTH_LIMIT, NODE_LIMIT
from metta_lint.sources.text import BOM, FileText, decode, file_start
from metta_lint.sources.yaml_scalars import MERGE_TAG, TAGGED, plain_value, plain_value_1_1, string

if TYPE_CHECKING:
    from collections.abc import Callable

    from metta_lint.sources.yaml_merge import Merges

_new = tuple.__new__  # builds a NamedTuple at half the price, for the records that every value has
_UNTAGGED = (None, "!")
_ODD_BREAKS = ("\x85", "\u2028", "\u2029")  # line breaks to YAML 1.1, but not to an editor
# Possessive (*+): no way back to keep, so a megabyte of blanks costs no memory.
_ANCHOR = re.compile(r"&[^\s,\[\]{}]*+(?:\s++|(?<=\s)#[^\r\n]*+)*+")
_TAG = re.compile(r"![^\s,\[\]{}]*")
_HEADER = re.compile(r"(?:[ \t]*+(?:#[^\r\n]*+)?+[\r\n])*+(?:[ \t]*+#[^\r\n]*+)?+")
_OPENINGS = re.compile(rf"[\[{{]{{{DEPTH_LIMIT}}}")
_SLOW_LIMIT = 20_000  # characters, which take the Python parser some 60 ms
_HEADER_LIMIT = 4096  # characters; Hydra looks at the first 512


def parse(data: bytes, path: str, *, repeats: bool = False) -> Document:
    """Parse the one document of a YAML file; an empty file is an empty mapping.

    Raises InputError for what OmegaConf refuses (syntax errors, duplicate keys, a second document), for tags that
    construct an object, and beyond the limits on expanded aliases and nesting. With ``repeats``, a duplicate key gets a
    different name.
    """
    return _Stream(data, path, repeats=repeats).document()


def parse_1_1(data: bytes, path: str) -> Document:
    """The same with the numbers of ``yaml.safe_load`` (YAML 1.1). Raises InputError like ``parse``."""
    return _Stream(data, path, plain=plain_value_1_1).document()


class _Stream:
    """Builds the nodes of one file from the parser's events."""

    events: Callable[[], Any]
    nodes: int
    end: Any  # the mark at which the latest content ended

    def __init__(
        self,
        data: bytes,
        path: str,
        *,
        repeats: bool = False,
        plain: Callable[[str], object] = plain_value,
    ) -> None:
        text = decode(data, path)
        self.text = text.removeprefix(BOM)
        self.path = path
        self.repeats = repeats
        self.plain = plain
        self.remap = any(char in text for char in _ODD_BREAKS)
        self.anchors: dict[str, tuple[Node, int] | None] = {}
        self.merges: Merges | None = None
        self.lines = FileText(path, self.text)

    def document(self) -> Document:
        try:
            return self._document(parser_for(self.text))
        except yaml.YAMLError as error:
            if _OPENINGS.search(self.text, 0, _SLOW_LIMIT):
                # PyYAML 6.0.4 has a limit on nesting too, which its C parser meets while it looks ahead.
                with suppress(yaml.YAMLError):
                    self._document(yaml.SafeLoader)
            raise self._input_error(error) from None

    def _document(self, parser: Any) -> Document:
        self.events = parser(self.text).get_event
        self.nodes = 0
        self.anchors.clear()
        root: Node | None = None
        while type(event := self.events()) is not StreamEndEvent:
            if type(event) is DocumentStartEvent:
                if root is not None:
                    message = "expected a single document in the stream, but found another document"
                    raise InputError(message, self._span(event.start_mark, event.end_mark))
                root = self._node(self.events(), 0)
        if root is None or (isinstance(root, Scalar) and root.value is None):
            root = Mapping({}, file_start(self.path) if root is None else root.span)
        return Document(self.path, root, self.header(), merges=tuple(self.merges.drifts) if self.merges else ())

    def header(self) -> tuple[str, ...]:
        """The comment lines at the top of the file, where Hydra looks for ``@package``."""
        lines = _HEADER.match(self.text, 0, _HEADER_LIMIT)
        return tuple(line.strip()[1:].strip() for line in lines.group().splitlines() if line.strip()) if lines else ()

    # -- nodes ---------------------------------------------------------------------------------------------------

    def _node(self, event: Any, depth: int) -> Node:
        self.nodes += 1
        if self.nodes > NODE_LIMIT:
            self._count(event, 0)  # refuses
        if event.anchor is None and type(event) is ScalarEvent:  # most of all nodes
            self.end = end = event.end_mark
            return Scalar(self._value(event), self._span(event.start_mark, end))
        if type(event) is AliasEvent:
            return self._alias(event)
        anchor, before = event.anchor, self.nodes
        if anchor is not None:
            if anchor in self.anchors:
                raise InputError(f"found duplicate anchor {anchor!r}", self._event_span(event))
            self.anchors[anchor] = None
        if type(event) is ScalarEvent:
            self.end = event.end_mark
            node: Node = Scalar(self._value(event), self._scalar_span(event))
        else:
            node = self._collection(event, depth)
        if anchor is not None:
            self.anchors[anchor] = node, self.nodes - before
        return node

    def _collection(self, event: Any, depth: int) -> Mapping | Sequence:
        if depth >= DEPTH_LIMIT:
            raise InputError(f"nested deeper than {DEPTH_LIMIT} levels", self._event_span(event))
        is_mapping = type(event) is MappingStartEvent
        if event.tag not in (*_UNTAGGED, f"tag:yaml.org,2002:{'map' if is_mapping else 'seq'}"):
            raise self._tag_error(event)
        return self._mapping(event, depth + 1) if is_mapping else self._sequence(event, depth + 1)

    def _mapping(self, start: Any, depth: int) -> Mapping:
        entries: dict[object, Entry] = {}
        merges: list[tuple[Span, list[Mapping]]] = []
        events = self.events
        while type(event := events()) is not MappingEndEvent:
            if type(event) is ScalarEvent and event.value == "<<" and (event.implicit[0] or event.tag == MERGE_TAG):
                merges.append((self._event_span(event), self._merged(start, depth)))
                continue
            key, key_span = self._key(event, depth)
            if key in entries and isinstance(key, str):
                if not self.repeats:
                    first = entries[key].key_span
                    raise InputError(f"found duplicate key {key} (first on line {first.line})", key_span, first)
                key = (key, key_span)
            entries[key] = _new(Entry, (key_span, self._node(events(), depth)))
        mapping = Mapping(entries, self._collection_span(start, event))
        return self.merges.flatten(mapping, merges) if self.merges and merges else mapping

    def _key(self, event: Any, depth: int) -> tuple[object, Span]:
        if type(event) is ScalarEvent and event.anchor is None:
            self.nodes += 1  # _node holds the limit
            span = self._span(event.start_mark, event.end_mark)
            # A plain = is YAML 1.1's default-value key, which PyYAML reads as a string.
            return ("=" if event.value == "=" else self._value(event)), span
        node = self._node(event, depth)
        span = node.span if type(event) is not AliasEvent else self._event_span(event)
        if not isinstance(node, Scalar):
            raise InputError("found unhashable key: a key is a single value", span)
        return node.value, span

    def _merged(self, start: Any, depth: int) -> list[Mapping]:
        """The mappings that a ``<<`` key merges."""
        from metta_lint.sources.yaml_merge import Merges  # few files merge anything

        self.merges = self.merges or Merges()
        event = self.events()
        node = self._node(event, depth)
        sources = []
        for source in node.items if isinstance(node, Sequence) else (node,):
            if not isinstance(source, Mapping):
                message = f"expected a mapping for merging, but found a {type(source).__name__.lower()}"
                span = source.span if isinstance(node, Sequence) else self._event_span(event)
                raise InputError(message, span)
            self._count(start, self.merges.size(source))
            sources.append(source)
        return sources

    def _sequence(self, start: Any, depth: int) -> Sequence:
        items = []
        events = self.events
        while type(event := events()) is not SequenceEndEvent:
            items.append(self._node(event, depth))
        return Sequence(tuple(items), self._collection_span(start, event))

    def _alias(self, event: Any) -> Node:
        name = event.anchor
        if name not in self.anchors:
            raise InputError(f"found undefined alias {name!r}", self._event_span(event))
        anchored = self.anchors[name]
        if anchored is None:
            raise InputError(f"alias {name!r} stands inside of what it stands for", self._event_span(event))
        node, size = anchored
        self._count(event, size)
        self.end = event.end_mark
        return node

    def _count(self, event: Any, nodes: int) -> None:
        self.nodes += nodes
        if self.nodes > NODE_LIMIT:
            message = f"more than {NODE_LIMIT} values once aliases are expanded; no config is that large"
            raise InputError(message, self._event_span(event))

    # -- scalars -------------------------------------------------------------------------------------------------

    def _value(self, event: Any) -> object:
        tag = event.tag
        try:
            if tag in _UNTAGGED:
                return self.plain(event.value) if event.implicit[0] else string(event.value)
            if tag in TAGGED:
                return TAGGED[tag](event.value)
        except ValueError as error:
            raise InputError(str(error), self._scalar_span(event)) from None
        raise self._tag_error(event)

    def _tag_error(self, event: Any) -> InputError:
        match = _TAG.match(self.text, self._content_start(event))
        span = self.lines.span(*match.span()) if match else self._event_span(event)
        tag = match.group() if match else event.tag
        return InputError(f"could not determine a value for the tag {tag!r}; tags are never run", span)

    # -- places --------------------------------------------------------------------------------------------------

    def _span(self, start: Any, end: Any) -> Span:
        if self.remap:
            return self.lines.span(start.index, end.index)
        return _new(Span, (self.path, start.line + 1, start.column + 1, end.line + 1, end.column + 1))

    def _event_span(self, event: Any) -> Span:
        return self._span(event.start_mark, event.end_mark)

    def _scalar_span(self, event: Any) -> Span:
        if event.anchor is None:
            return self._span(event.start_mark, event.end_mark)
        end = event.end_mark.index
        return self.lines.span(min(self._content_start(event), end), end)

    def _collection_span(self, start: Any, close: Any) -> Span:
        """The span with brackets; a block collection ends with its last value."""
        if start.flow_style:
            self.end = close.end_mark
        if start.anchor is None:
            return self._span(start.start_mark, self.end)
        return self.lines.span(self._content_start(start), self.end.index)

    def _content_start(self, event: Any) -> int:
        """The offset of a value behind its anchor, which the parser counts as part of the value."""
        offset: int = event.start_mark.index
        match = _ANCHOR.match(self.text, offset) if event.anchor is not None else None
        return match.end() if match else offset

    def _input_error(self, error: yaml.YAMLError) -> InputError:
        if not isinstance(error, yaml.MarkedYAMLError):
            match = yaml.reader.Reader.NON_PRINTABLE.search(self.text)
            return InputError("special characters are not allowed", self.lines.span(match.start() if match else 0))
        message = error.problem or error.context or "not YAML"
        mark = error.problem_mark or error.context_mark
        if error.problem and error.context:
            where = f" on line {self.lines.position(error.context_mark.index)[0]}" if error.context_mark else ""
            message += f" ({error.context}{where})"
        return InputError(message, self.lines.span(mark.index if mark else 0))


def parser_for(text: str) -> Any:
    """PyYAML's C parser. If the text has tabs, the Python one that OmegaConf uses: they differ in tabs."""
    if "\t" in text and len(text) <= _SLOW_LIMIT:
        return yaml.SafeLoader
    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)

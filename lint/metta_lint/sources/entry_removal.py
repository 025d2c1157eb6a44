"""Removals: the text that an entry of a mapping takes in its file, so that all others stay as they are."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from metta_lint.base.documents import Mapping
from metta_lint.base.documents import Sequence as SequenceNode
from metta_lint.sources.edit import Edit
from metta_lint.sources.ini import DEFAULT_SECTION
from metta_lint.sources.syntax import INI, JSON, TOML, YAML, Syntax, syntax_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from collections.abc import Mapping as MappingABC

    from metta_lint.base.documents import Entry, Node
    from metta_lint.sources.text import FileText

_REST_OF_LINE = re.compile(r"[ \t]*(?:#[^\r\n]*)?(?=[\r\n]|\Z)")
_ITEM = re.compile(r"[ \t]*(?:-[ \t]+)+")
_ALIAS = re.compile(r"\s*:\s*(\*[^\s,\[\]{}]+)")
_BLANK = re.compile(r"\s*")


def removed(mapping: Mapping, entry: Entry, text: FileText) -> tuple[Edit, ...]:
    """The edits after which the file says the same without this entry; none where that cannot be told.

    Comments above an entry stay; the one on its own line, and those within its value, go with it.
    """
    remover = _REMOVERS.get(syntax_of(text.path))
    return remover(mapping, entry, text) if remover is not None else ()


def _deletion(text: FileText, start: int, end: int, instead: str = "") -> tuple[Edit, ...]:
    return (Edit(text.span(start, end), instead),)


# -- INI -------------------------------------------------------------------------------------------------------------


def _from_ini(mapping: Mapping, entry: Entry, text: FileText) -> tuple[Edit, ...]:
    """Whole lines: a key with the lines that continue its value, or a header with all keys of its section."""
    lines = [entry, *(entry.value.entries.values() if isinstance(entry.value, Mapping) else ())]
    edits: list[Edit] = []
    for each in lines:
        if is_referred_to(mapping, each, text):
            return ()
        start, end = text.offsets(each.key_span)
        last = end if isinstance(each.value, Mapping) else text.offsets(each.value.span)[1]
        edits += _deletion(text, text.line_start(start), text.next_line(last))
    return tuple(edits)


def is_referred_to(mapping: Mapping, entry: Entry, text: FileText) -> bool:
    """Whether others rest on an entry of an INI: one of ``[DEFAULT]`` is in every section, ``%(key)s`` in a value."""
    start, end = text.offsets(entry.key_span)
    section, _ = text.offsets(mapping.span)
    is_default = mapping.entries.get(DEFAULT_SECTION) is entry
    return (
        is_default
        or text.text.startswith(f"[{DEFAULT_SECTION}]", section)
        or f"%({text.text[start:end].lower()})" in text.text.lower()
    )


# -- TOML ------------------------------------------------------------------------------------------------------------


def _from_toml(mapping: Mapping, entry: Entry, text: FileText) -> tuple[Edit, ...]:
    """The line of a key, or a part of an inline table; no header, and no part of a dotted key."""
    start, _ = text.offsets(entry.key_span)
    value, end = text.offsets(entry.value.span)
    if value < start or entry.value.span == entry.key_span:
        return ()
    if text.begins(mapping.span, "{"):
        return _from_braces(_placed(mapping, text), entry, text)
    if text.text[text.line_start(start) : start].strip() or not (rest := _REST_OF_LINE.match(text.text, end)):
        return ()
    return _deletion(text, text.line_start(start), text.next_line(rest.end()))


# -- flow style, JSON ------------------------------------------------------------------------------------------------


def _placed(mapping: Mapping, text: FileText) -> list[tuple[int, int, Entry]]:
    """The entries that are written in a mapping, in the order of the text, each with where it begins and ends."""
    outer = text.offsets(mapping.span)
    found = []
    for entry in mapping.entries.values():
        start, key_end = text.offsets(entry.key_span)
        if entry.key_span.path == text.path and outer[0] <= start and key_end <= outer[1]:
            found.append((start, _end(entry, key_end, outer[1], text), entry))
    return sorted(found, key=lambda place: place[0])


def _end(entry: Entry, key_end: int, limit: int, text: FileText) -> int:
    """Where an entry ends; the value of an alias is written elsewhere."""
    alias = _ALIAS.match(text.text, key_end)
    if alias is not None and YAML.fits(text.path):
        return alias.end()
    return min(max(text.offsets(entry.value.span)[1], key_end), limit)


def _from_braces(places: list[tuple[int, int, Entry]], entry: Entry, text: FileText) -> tuple[Edit, ...]:
    """An entry between braces goes with the comma behind it, the last one with the comma before it."""
    index = next((i for i, place in enumerate(places) if place[2] is entry), None)
    if index is None:
        return ()
    start, end, _ = places[index]
    if index + 1 < len(places):
        following = places[index + 1][0]
        comma = text.text.index(",", end)
        if "#" in text.text[end:comma]:
            return ()
        is_plain = not text.text[comma + 1 : following].strip()
        return _deletion(text, start, following if is_plain else comma + 1)
    blank = _BLANK.match(text.text, end)
    behind = blank.end() if blank else end
    if text.text.startswith(",", behind):
        return _deletion(text, start, behind + 1)
    if index:
        before = places[index - 1][1]
        if text.text[before:start].strip() == ",":
            return _deletion(text, before, end)
    return _deletion(text, start, end)


# -- YAML ------------------------------------------------------------------------------------------------------------


def _from_yaml(mapping: Mapping, entry: Entry, text: FileText) -> tuple[Edit, ...]:
    return _Yaml(mapping, entry, text).removed()


class _Yaml:
    """An entry of a YAML mapping. Anchors and merge keys beside it are left alone: others may rest on them."""

    def __init__(self, mapping: Mapping, entry: Entry, text: FileText) -> None:
        self.mapping = mapping
        self.entry = entry
        self.file = text
        self.text = text.text
        self.places = _placed(mapping, text)
        self.index = next((i for i, place in enumerate(self.places) if place[2] is entry), -1)

    def removed(self) -> tuple[Edit, ...]:
        if self.index < 0:
            return ()
        start, end, _ = self.places[self.index]
        if "&" in self.text[start:end]:
            return ()
        opening, closing = self.file.offsets(self.mapping.span)
        if "<<" in self.text[opening:closing]:
            return ()
        if self.file.begins(self.mapping.span, "{"):
            return _from_braces(self.places, self.entry, self.file)
        return self._from_block(start, end)

    def _from_block(self, start: int, end: int) -> tuple[Edit, ...]:
        line = self.file.line_start(start)
        indent = self.text[line:start]
        is_item = _ITEM.fullmatch(indent) is not None
        if indent.strip() and not is_item:
            return ()
        if len(self.places) == 1:
            return self._emptied(start, end)
        if is_item:
            return self._from_item(start, end)
        last = self._line_after(end)
        if last is None or self._would_join_text(last):
            return ()
        return _deletion(self.file, line, last)

    def _emptied(self, start: int, end: int) -> tuple[Edit, ...]:
        """A mapping without its only entry: null would be something else."""
        written = self.text[start:end]
        breaks = written[len(written.rstrip("\r\n")) :]
        return _deletion(self.file, start, end, "{}" + breaks[:2] if breaks.startswith("\r\n") else "{}" + breaks[:1])

    def _from_item(self, start: int, end: int) -> tuple[Edit, ...]:
        """The first entry of a list's item: the next one takes its place, or the line is left without it."""
        following = self.places[1][0]
        if self.index:
            return ()
        if not self.text[end:following].strip():
            return _deletion(self.file, start, following)
        return _deletion(self.file, start, end) if self._line_after(end) is not None else ()

    def _line_after(self, end: int) -> int | None:
        """Where the line after an entry begins; None where more than a comment follows on its own."""
        if end == self.file.line_start(end):  # a text in block style ends where the next line begins
            return end
        rest = _REST_OF_LINE.match(self.text, end)
        return self.file.next_line(rest.end()) if rest is not None else None

    def _would_join_text(self, following: int) -> bool:
        """Whether comments or blank lines behind the entry would become a part of a text in block style before it."""
        if not self.index or not ends_in_block_text(self.places[self.index - 1][2].value, self.file):
            return False
        rest = self.text[following : self.file.next_line(following)].strip()
        return not rest or rest.startswith("#")


def ends_in_block_text(node: Node, text: FileText) -> bool:
    """Whether the last value at or below a node is a text in block style, which what comes below it could join."""
    while children := _children(node):
        node = children[-1]
    return text.begins(node.span, "|", ">")


def _children(node: Node) -> Sequence[Node]:
    if isinstance(node, Mapping):
        return [entry.value for entry in node.entries.values()]
    return node.items if isinstance(node, SequenceNode) else ()


_REMOVERS: MappingABC[Syntax | None, Callable[[Mapping, Entry, FileText], tuple[Edit, ...]]] = {
    INI: _from_ini,
    TOML: _from_toml,
    YAML: _from_yaml,
    JSON: _from_yaml,
}

"""Removing an entry of a mapping from its file, so that all others keep their values."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from metta_lint.base.documents import Mapping
from metta_lint.base.documents import Sequence as SequenceNode
from metta_lint.base.records import NamedTuple
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
_COMMA = re.compile(r"\s*+,")


def removed(mapping: Mapping, entry: Entry, text: FileText) -> tuple[Edit, ...]:
    """The edits that remove an entry; none if others would change or depend on it.

    Comments above the entry stay; those on its line and within its value are removed with it.
    """
    remover = _REMOVERS.get(syntax_of(text.path))
    return remover(mapping, entry, text) if remover is not None else ()


def _deletion(text: FileText, start: int, end: int, instead: str = "") -> tuple[Edit, ...]:
    return (Edit(text.span(start, end), instead),)


class _Place(NamedTuple):
    """The offsets at which an entry begins and ends."""

    start: int
    end: int
    entry: Entry


def _placed(mapping: Mapping, entry: Entry, text: FileText) -> tuple[_Place | None, _Place | None, _Place | None]:
    """The places of the previous entry, of the entry itself, and of the next one in its mapping."""
    opening, closing = text.offsets(mapping.span)
    found = []
    for each in mapping.entries.values():
        start, key_end = text.offsets(each.key_span)
        if each.key_span.path == text.path and opening <= start and key_end <= closing:
            found.append(_Place(start, _end(each, key_end, closing, text), each))
    found.sort(key=lambda place: place.start)
    index = next((i for i, place in enumerate(found) if place.entry is entry), None)
    if index is None:
        return None, None, None
    around = [None, *found, None]
    return around[index], around[index + 1], around[index + 2]


def _end(entry: Entry, key_end: int, limit: int, text: FileText) -> int:
    """Where an entry ends: behind its value, or behind the alias if the value is one."""
    alias = _ALIAS.match(text.text, key_end)
    if alias is not None and YAML.fits(text.path):
        return alias.end()
    return min(max(text.offsets(entry.value.span)[1], key_end), limit)


def _line_after(end: int, text: FileText) -> int | None:
    """Where the next line begins; None if anything but a comment follows on the line."""
    if end == text.line_start(end):  # a text in block style ends where the next line begins
        return end
    rest = _REST_OF_LINE.match(text.text, end)
    return text.next_line(rest.end()) if rest is not None else None


def _from_ini(mapping: Mapping, entry: Entry, text: FileText) -> tuple[Edit, ...]:
    """Whole lines: a key with its value, or a section's header with all its keys."""
    edits: list[Edit] = []
    for each in (entry, *(entry.value.entries.values() if isinstance(entry.value, Mapping) else ())):
        if is_referred_to(mapping, each, text):
            return ()
        start, end = text.offsets(each.key_span)
        last = end if isinstance(each.value, Mapping) else text.offsets(each.value.span)[1]
        edits += _deletion(text, text.line_start(start), text.next_line(last))
    return tuple(edits)


def is_referred_to(mapping: Mapping, entry: Entry, text: FileText) -> bool:
    """Whether other keys of an INI depend on an entry: it is in ``[DEFAULT]``, or some value has ``%(key)s``."""
    start, end = text.offsets(entry.key_span)
    section, _ = text.offsets(mapping.span)
    is_default = mapping.entries.get(DEFAULT_SECTION) is entry
    return (
        is_default
        or text.text.startswith(f"[{DEFAULT_SECTION}]", section)
        or f"%({text.text[start:end].lower()})" in text.text.lower()
    )


def _from_toml(mapping: Mapping, entry: Entry, text: FileText) -> tuple[Edit, ...]:
    """The line of a key, or an entry of an inline table; not a header or a dotted key."""
    start, _ = text.offsets(entry.key_span)
    value, end = text.offsets(entry.value.span)
    if value < start or entry.value.span == entry.key_span:
        return ()
    if text.begins(mapping.span, "{"):
        return _from_braces(mapping, entry, text)
    line, last = text.line_start(start), _line_after(end, text)
    if text.text[line:start].strip() or last is None:
        return ()
    return _deletion(text, line, last)


def _from_braces(mapping: Mapping, entry: Entry, text: FileText) -> tuple[Edit, ...]:
    """An entry between braces goes with the comma behind it, the last one with the comma before it."""
    before, place, behind = _placed(mapping, entry, text)
    if place is None:
        return ()
    start, end, _ = place
    if behind is not None:
        comma = text.text.index(",", end)
        if "#" in text.text[end:comma]:
            return ()
        is_plain = not text.text[comma + 1 : behind.start].strip()
        return _deletion(text, start, behind.start if is_plain else comma + 1)
    if trailing := _COMMA.match(text.text, end):
        return _deletion(text, start, trailing.end())
    if before is not None and text.text[before.end : start].strip() == ",":
        return _deletion(text, before.end, end)
    return _deletion(text, start, end)


def _from_yaml(mapping: Mapping, entry: Entry, text: FileText) -> tuple[Edit, ...]:
    """The lines of an entry. Not if it holds an anchor or has a merge key beside it: others may depend on those."""
    before, place, behind = _placed(mapping, entry, text)
    opening, closing = text.offsets(mapping.span)
    if place is None or "&" in text.text[place.start : place.end] or "<<" in text.text[opening:closing]:
        return ()
    if text.begins(mapping.span, "{"):
        return _from_braces(mapping, entry, text)
    start, end, _ = place
    line, last = text.line_start(start), _line_after(end, text)
    indent = text.text[line:start]
    is_item = _ITEM.fullmatch(indent) is not None
    if indent.strip() and not is_item:
        return ()
    if before is None and behind is None:  # a mapping without any entry would be null
        return _deletion(text, start, end, "{}" + (text.newline if text.text[end - 1] in "\r\n" else ""))
    if is_item:
        return _from_item(place, behind, text) if before is None and behind is not None else ()
    if last is None or (before is not None and _would_join_text(before, last, text)):
        return ()
    return _deletion(text, line, last)


def _from_item(place: _Place, behind: _Place, text: FileText) -> tuple[Edit, ...]:
    """The first entry of a list item: the next one moves into its place, or ``-`` stays alone on the line."""
    if not text.text[place.end : behind.start].strip():
        return _deletion(text, place.start, behind.start)
    return _deletion(text, place.start, place.end) if _line_after(place.end, text) is not None else ()


def _would_join_text(before: _Place, following: int, text: FileText) -> bool:
    """Whether comments or blank lines after the entry would become part of a block scalar before it."""
    rest = text.text[following : text.next_line(following)].strip()
    return ends_in_block_text(before.entry.value, text) and (not rest or rest.startswith("#"))


def ends_in_block_text(node: Node, text: FileText) -> bool:
    """Whether the last value at or below a node is a block scalar, which text below it could join."""
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
    JSON: _from_braces,
}

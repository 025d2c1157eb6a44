"""Turning the edits of rules, which are about entries and values, into replacements of text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from metta_lint.base.documents import plain
from metta_lint.sources.edit import Edit, Fix
from metta_lint.sources.entry_removal import is_referred_to, removed
from metta_lint.sources.key_paths import entry_at
from metta_lint.sources.syntax import INI, TOML
from metta_lint.sources.text import FileText, file_text

if TYPE_CHECKING:
    from metta_lint.base.documents import Entry, Mapping, Span


_PLAIN_NAME = re.compile(r"[A-Za-z_/][A-Za-z0-9_./-]*")
_BARE_IN_TOML = re.compile(r"[A-Za-z0-9_-]+")
_PROPERTY = re.compile(r"[&!][^\s,\[\]{}]*\s+\Z")  # of a YAML key: an anchor, which may be an alias' key, or a tag
_QUOTES = ("'", '"')


def resolved_fix(fix: Fix) -> Fix | None:
    """The fix as replacements of text; None if one of them is not possible without changing something else."""
    edits: list[Edit] = []
    for edit in fix.edits:
        try:
            found = _resolved(edit, file_text(edit.span.path))
        except (OSError, ValueError, IndexError):  # a file that is gone, is no text, or has changed
            return None
        if not found:
            return None
        edits += found
    return fix._replace(edits=tuple(dict.fromkeys(edits)))


def _resolved(edit: Edit, text: FileText) -> tuple[Edit, ...]:
    if edit.what == "text":
        span = _standing(edit, text)
        return (Edit(span, edit.text),) if span is not None else ()
    found = entry_at(edit.span)
    if found is None:
        return ()
    mapping, key, entry = found
    if edit.was is not None and str(key) != edit.was:
        return ()
    if edit.what == "key":
        return _renamed(edit.text, mapping, entry, text)
    return removed(mapping, entry, text)


def _standing(edit: Edit, text: FileText) -> Span | None:
    """The span that an edit replaces, within quotes if there are any; None if another text is there."""
    start, end = text.offsets(edit.span)
    standing = text.text[start:end]
    if edit.was is None or standing == edit.was:
        return edit.span
    quote = standing[:1]
    if quote in _QUOTES and standing == f"{quote}{edit.was}{quote}" and _PLAIN_NAME.fullmatch(edit.text):
        return text.span(start + 1, end - 1)
    return None


def _renamed(name: str, mapping: Mapping, entry: Entry, text: FileText) -> tuple[Edit, ...]:
    """The edit that renames an entry; none if the name is taken or the key is not a plain word."""
    start, end = text.offsets(entry.key_span)
    written = text.text[start:end]
    quote = written[:1] if written[:1] in _QUOTES and written[-1:] == written[:1] else ""
    if name in mapping.entries or not _PLAIN_NAME.fullmatch(name):
        return ()
    if INI.fits(text.path) and is_referred_to(mapping, entry, text):
        return ()
    if written[:1] == "*" or _PROPERTY.search(text.text, text.line_start(start), start):
        return ()
    is_toml = TOML.fits(text.path)
    if is_toml and not removed(mapping, entry, text):  # other headers and dotted keys name a table too
        return ()
    needs_quotes = is_toml and not _BARE_IN_TOML.fullmatch(name)
    quote = quote or ('"' if needs_quotes else "")
    return (Edit(entry.key_span, f"{quote}{name}{quote}"),)


def without_repetition(again: Span, first: Span) -> Fix | None:
    """The fix of a duplicate key: remove the second one if both have the same value."""
    of_first, of_again = entry_at(first), entry_at(again)
    if of_first is None or of_again is None:
        return None
    one, other = (repr(plain(found.entry.value)) for found in (of_first, of_again))  # 1 and True are not the same
    if one != other:
        return None
    return resolved_fix(Fix("remove the repetition", (Edit(again, "", "entry"),), is_safe=True))

"""Edits and fixes: what is to be changed in which file, and the fixes that rules mostly give."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from metta_lint.base.records import NamedTuple
from metta_lint.base.wording import is_slip

if TYPE_CHECKING:
    from metta_lint.base.documents import Span


class Edit(NamedTuple):
    """Text in the place of what a span covers; an empty span inserts, an empty text deletes.

    A rule knows places and no texts, so a draft's edit may say what it is about instead: ``what`` is "entry" where a
    whole entry of a mapping goes (its comma, its line, the lines of its value), "key" where an entry is renamed to
    ``text``; the span is that of the entry's key or value. ``was`` is what must stand there now, a quoted one without
    its quotes. A finding's edits are about texts alone.
    """

    span: Span
    text: str
    what: Literal["text", "entry", "key"] = "text"
    was: str | None = None


class Fix(NamedTuple):
    """Edits that fix a finding, all or none.

    ``message`` says what they do, as a command ("rename it to minibatch_size"). A fix is safe where no run changes by
    it but for what was plainly meant; any other is applied only where it was asked for.
    """

    message: str
    edits: tuple[Edit, ...]
    is_safe: bool = False


def renaming(span: Span, name: str, meant: str, *, is_safe: bool | None = None) -> Fix:
    """Another key for the entry whose key or value stands at a place; safe where the old one is a slip of the pen."""
    safe = is_slip(name, meant) if is_safe is None else is_safe
    return Fix(f"rename it to {meant}", (Edit(span, meant, "key", name),), safe)


def rewriting(span: Span, word: str, meant: str, *, is_safe: bool | None = None) -> Fix:
    """Another value where a word stands, in its quotes if it has some; safe where the word is a slip of the pen."""
    safe = is_slip(word, meant) if is_safe is None else is_safe
    return Fix(f"write {meant}", (Edit(span, meant, was=word),), safe)


def removal(span: Span, name: str, *, is_safe: bool = False) -> Fix:
    """The entry gone whose key or value stands at a place."""
    return Fix("remove it", (Edit(span, "", "entry", name),), is_safe)

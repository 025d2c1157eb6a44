"""Edits and fixes: changes of files, and the fixes that rules commonly give."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from metta_lint.base.records import NamedTuple
from metta_lint.base.wording import is_slip

if TYPE_CHECKING:
    from metta_lint.base.documents import Span


class Edit(NamedTuple):
    """A replacement of the text at a span; an empty span inserts, an empty text deletes.

    A rule knows places but not the file's text. So an edit of a rule can also be about an entry, whose key or value is
    at the span: ``what="entry"`` removes it (with its comma, its line, the lines of its value), ``what="key"`` renames
    it to ``text``. ``was`` is the text that must be there now, without quotes. Edits of a finding are texts only.
    """

    span: Span
    text: str
    what: Literal["text", "entry", "key"] = "text"
    was: str | None = None


class Fix(NamedTuple):
    """Edits that fix a finding, all or none.

    ``message`` is a command ("rename it to minibatch_size"). A fix is safe if it changes no run except to what was
    plainly meant. Unsafe fixes are applied only on request.
    """

    message: str
    edits: tuple[Edit, ...]
    is_safe: bool = False


def renaming(span: Span, name: str, meant: str, *, is_safe: bool | None = None) -> Fix:
    """Rename the entry whose key or value is at a span; safe if the old name is a typo."""
    safe = is_slip(name, meant) if is_safe is None else is_safe
    return Fix(f"rename it to {meant}", (Edit(span, meant, "key", name),), safe)


def rewriting(span: Span, word: str, meant: str, *, is_safe: bool | None = None) -> Fix:
    """Replace the word at a span, within its quotes if it has any; safe if it is a typo."""
    safe = is_slip(word, meant) if is_safe is None else is_safe
    return Fix(f"write {meant}", (Edit(span, meant, was=word),), safe)


def removal(span: Span, name: str, *, is_safe: bool = False) -> Fix:
    """Remove the entry whose key or value is at a span."""
    return Fix("remove it", (Edit(span, "", "entry", name),), is_safe)

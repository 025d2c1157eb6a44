"""Findings: what is wrong, where, what it rests on, and what a run of both sides would measure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from metta_lint.base.records import NamedTuple

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

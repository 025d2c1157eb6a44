"""The fixes that rules mostly give: an entry renamed or removed, a word written otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metta_lint.base.wording import is_slip
from metta_lint.sources.edit import Edit, Fix

if TYPE_CHECKING:
    from metta_lint.base.documents import Span


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

"""The key that a misspelt one was perhaps meant to be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metta_lint.spelling import close_names

if TYPE_CHECKING:
    from metta_lint.settings import Run, Setting


def nearest_key(run: Run, setting: Setting, known: frozenset[str]) -> str | None:
    """The key that was perhaps meant: close in spelling, and not written in the same file beside the wrong one."""
    section, _, name = setting.key.partition(".")
    for close in close_names(name, known, 0.75, most=3, compared=None):
        other = run.settings.get(f"{section}.{close}")
        if other is None or other.span is None or setting.span is None or other.span.path != setting.span.path:
            return f"{section}.{close}"
    return None

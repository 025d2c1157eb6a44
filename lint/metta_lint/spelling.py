"""What a name that is none may have meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

COMPARED = 50
"""Names that one is compared with at most: comparing takes far longer than anything else here."""


def close_names(name: str, known: Iterable[str], cutoff: float = 0.6) -> list[str]:
    """The known name that is most like this one, if one is as much alike as ``cutoff`` (1: the same)."""
    from difflib import get_close_matches  # slow to import, and needed for a finding alone

    return get_close_matches(name, list(known)[:COMPARED], n=1, cutoff=cutoff)

"""What a name that is none may have meant."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

COMPARED = 50
"""Names that one is compared with at most: comparing takes far longer than anything else here."""


def close_names(
    name: str, known: Iterable[str], cutoff: float = 0.6, *, most: int = 1, compared: int | None = COMPARED
) -> list[str]:
    """The known names that are most like this one, if any is as much alike as ``cutoff`` (1: the same).

    ``most`` is how many are asked for, ``compared`` how many of the known ones are looked at (None: all).
    """
    from difflib import get_close_matches  # slow to import, and needed for a finding alone

    return get_close_matches(name, list(islice(known, compared)), n=most, cutoff=cutoff)

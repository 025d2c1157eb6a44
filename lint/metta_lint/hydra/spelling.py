"""What the user may have meant."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_NAMES = 200  # compared at most: comparing takes far longer than anything else here
_LENGTH = 60


def did_you_mean(name: object, known: Iterable[object]) -> str:
    """A hint to append to a message about a name that is not known; empty where nothing is near."""
    from difflib import get_close_matches  # slow to import, and needed for an error alone

    near = get_close_matches(str(name)[:_LENGTH], map(str, islice(known, _NAMES)), n=1)
    return f" (did you mean {near[0]}?)" if near else ""

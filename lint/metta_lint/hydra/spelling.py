"""What the user may have meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def did_you_mean(name: object, known: Iterable[object]) -> str:
    """A hint to append to a message about a name that is not known; empty where nothing is near."""
    from difflib import get_close_matches  # slow to import, and needed for an error alone

    near = get_close_matches(str(name), list(map(str, known)), n=1)
    return f" (did you mean {near[0]}?)" if near else ""

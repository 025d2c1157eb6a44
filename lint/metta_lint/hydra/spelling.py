"""What the user may have meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metta_lint.spelling import close_names

if TYPE_CHECKING:
    from collections.abc import Iterable

_NAMES = 200  # compared at most: comparing takes far longer than anything else here
_LENGTH = 60


def did_you_mean(name: object, known: Iterable[object]) -> str:
    """A hint to append to a message about a name that is not known; empty where nothing is near."""
    near = close_names(str(name)[:_LENGTH], map(str, known), compared=_NAMES)
    return f" (did you mean {near[0]}?)" if near else ""

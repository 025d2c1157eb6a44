"""What a name that is none may have meant."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

COMPARED = 50
"""Names that one is compared with at most: comparing takes far longer than anything else here."""

_LETTERS = 5
"""A word of fewer letters is a slip of too many others."""


def close_names(
    name: str, known: Iterable[str], cutoff: float = 0.6, *, most: int = 1, compared: int | None = COMPARED
) -> list[str]:
    """The known names that are most like this one, if any is as much alike as ``cutoff`` (1: the same).

    ``most`` is how many are asked for, ``compared`` how many of the known ones are looked at (None: all).
    """
    from difflib import get_close_matches  # slow to import, and needed for a finding alone

    return get_close_matches(name, list(islice(known, compared)), n=most, cutoff=cutoff)


def is_slip(name: str, meant: str) -> bool:
    """Whether a name is another one by a slip of the pen: so much alike that nobody would write it on purpose.

    One letter is left out, added, another one or has changed places with its neighbour; or the two differ in case and
    in what joins their words. A digit is no slip: ``layer_1`` and ``layer_2`` are two things.
    """
    if name == meant or min(len(name), len(meant)) < _LETTERS:
        return False
    one, other = (text.lower().replace("-", "_") for text in (name, meant))
    if one.replace("_", "") == other.replace("_", ""):
        return True
    start = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    rest, meant_rest = one[start:], other[start:]
    if any(char.isdigit() for char in (rest[:1], meant_rest[:1])):
        return False
    swapped = rest[1:2] + rest[:1] + rest[2:]
    return meant_rest in (swapped, rest[1:]) or rest == meant_rest[1:] or rest[1:] == meant_rest[1:]

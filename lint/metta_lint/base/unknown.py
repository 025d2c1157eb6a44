"""Values that no file gives, and what they can be. Their ``repr`` is what reports say of them, also inside a list."""

from __future__ import annotations

from metta_lint.base.records import NamedTuple
from metta_lint.base.wording import alternatives, show

LARGEST_LISTED = 64
"""Whole numbers of a range that are looked at one by one."""


class Choice(NamedTuple):
    """A value that is drawn from a set at each launch. ``complete`` is False where only some of the set are listed."""

    values: tuple[object, ...]
    complete: bool = True

    def __repr__(self) -> str:
        return alternatives(map(show, self.values)) + ("" if self.complete else " or others")

    def examples(self) -> tuple[object, ...]:
        """Values that it can have: all of them, if it is complete."""
        return self.values


class Range(NamedTuple):
    """A number that is drawn between two ends, or the centre where nothing is drawn; ``integer``: it is a whole one."""

    low: float
    high: float
    integer: bool
    center: float | None = None

    def __repr__(self) -> str:
        return f"{show(self.low)} to {show(self.high)}"

    @property
    def complete(self) -> bool:
        """Whether ``examples`` are all the values that there are."""
        return self.integer and abs(self.high - self.low) < LARGEST_LISTED

    def examples(self) -> tuple[object, ...]:
        """Values that it can have: every one of a few whole numbers, else both ends; and the centre."""
        low, high = min(self.low, self.high), max(self.low, self.high)
        ends = tuple(range(int(low), int(high) + 1)) if self.complete else (low, high)
        return tuple(dict.fromkeys((*ends, *(() if self.center is None else (self.center,)))))


class Unknown(NamedTuple):
    """A value that no file gives. It spreads through every formula that needs it; no rule fires on it.

    ``could_be`` says what it can be where it is drawn at launch: a condition can still be known to hold.
    """

    because: str
    could_be: Choice | Range | None = None

    def __repr__(self) -> str:
        return "unknown" if self.could_be is None else repr(self.could_be)

"""Values that no file gives, and the values they can take. Reports print their ``repr``, also inside lists."""

from __future__ import annotations

from metta_lint.base.records import NamedTuple
from metta_lint.base.wording import alternatives, show

LARGEST_LISTED = 64
"""Whole numbers of a range that are looked at one by one."""


class Choice(NamedTuple):
    """A value drawn from a set at each launch. ``complete`` is False if only part of the set is listed."""

    values: tuple[object, ...]
    complete: bool = True

    def __repr__(self) -> str:
        return alternatives(map(show, self.values)) + ("" if self.complete else " or others")

    def examples(self) -> tuple[object, ...]:
        """Values it can take: all of them if ``complete``."""
        return self.values


class Range(NamedTuple):
    """A number drawn between two ends, or ``center`` where nothing is drawn; ``integer``: a whole number."""

    low: float
    high: float
    integer: bool
    center: float | None = None

    def __repr__(self) -> str:
        return f"{show(self.low)} to {show(self.high)}"

    @property
    def complete(self) -> bool:
        """Whether ``examples`` lists every possible value."""
        return self.integer and abs(self.high - self.low) < LARGEST_LISTED

    def examples(self) -> tuple[object, ...]:
        """Values it can take: each of a few whole numbers, else both ends; and the centre."""
        low, high = min(self.low, self.high), max(self.low, self.high)
        ends = tuple(range(int(low), int(high) + 1)) if self.complete else (low, high)
        return tuple(dict.fromkeys((*ends, *(() if self.center is None else (self.center,)))))


class Unknown(NamedTuple):
    """A value that no file gives. Every formula that needs it is unknown too, and no rule fires on it.

    ``could_be`` lists its possible values if it is drawn at launch: a condition may hold for all of them.
    """

    because: str
    could_be: Choice | Range | None = None

    def __repr__(self) -> str:
        return "unknown" if self.could_be is None else repr(self.could_be)

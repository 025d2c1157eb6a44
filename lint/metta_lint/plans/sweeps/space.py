"""The arithmetic of a sweep's distributions: what a range normalises to, and which values it can suggest.

Both trainers share these spaces: PufferLib 3.0 sweep.py Linear, Pow2, Log, Logit, and Metta's copy of them, 2025-07
metta/sweep/protein.py. A value is normalised to [-1, 1] between ``min`` and ``max``; the first suggestion is ``mean``.
The arithmetic is theirs to the last bit: whether a suggestion is a whole number decides whether a trainer takes it.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, TypeGuard

from metta_lint.base.records import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

GRID = 33
"""Values that stand for a range without gaps: 32 equal steps in the distribution's own space."""
PROBES = 5
"""Of such a range, these many are looked at first."""
LARGEST = 1e300
"""Beyond this, powers of a logarithm are no longer sure to be finite."""
MOST_VALUES = 64
"""A range of more whole numbers than this is looked at by its grid."""


def _log(value: float, base: int) -> float:
    """Not log10 or log2: those round otherwise, and the trainers do not use them."""
    return math.log(value, base)


class Distribution(NamedTuple):
    """One of the words that ``distribution`` can be.

    ``stretch`` takes a value to the space in which steps are equal, ``shrink`` back; ``rounding`` is what is done to a
    suggestion: "" nothing, "whole" the nearest whole number, "power" the nearest power of two. ``time_scale`` says
    whether ``scale = time`` is understood.
    """

    stretch: Callable[[float], float]
    shrink: Callable[[float], float]
    needs: str = ""
    rounding: str = ""
    time_scale: bool = False


DISTRIBUTIONS: Mapping[str, Distribution] = {
    "uniform": Distribution(float, float),
    "int_uniform": Distribution(float, float, rounding="whole"),
    "uniform_pow2": Distribution(lambda v: _log(v, 2), lambda s: 2.0**s, "greater than 0", rounding="power"),
    "log_normal": Distribution(lambda v: _log(v, 10), lambda s: 10.0**s, "greater than 0", time_scale=True),
    "logit_normal": Distribution(lambda v: _log(1 - v, 10), lambda s: 1 - 10.0**s, "less than 1"),
}


class Space(NamedTuple):
    """One parameter's range, all of it known and in its distribution's domain, its ends apart."""

    distribution: Distribution
    low: float
    high: float
    mean: float

    @property
    def first(self) -> float:
        """What is suggested first: the mean, taken through the space and back as the trainers do."""
        start, length = self._stretched
        normalised = 2 * ((self.distribution.stretch(self.mean) - start) / length) - 1
        return self._suggested((normalised + 1) / 2)

    @property
    def values(self) -> tuple[float, ...]:
        """Every value that can be suggested, or the grid of a range that has too many; from ``min`` to ``max``."""
        if self.is_whole:
            first, last = self._whole_ends
            return tuple(2**number if self.only_powers else number for number in range(first, last + 1))
        return tuple(dict.fromkeys(self._suggested(step / (GRID - 1)) for step in range(GRID)))

    @property
    def probes(self) -> tuple[float, ...]:
        """All values where they are all that there are, else a few of the grid, its ends among them."""
        return self.values if self.is_whole else self.values[:: (GRID - 1) // (PROBES - 1)]

    @property
    def is_whole(self) -> bool:
        """Whether ``values`` are all that there are."""
        if not self.distribution.rounding:
            return False
        first, last = self._whole_ends
        return last - first < MOST_VALUES

    @property
    def only_powers(self) -> bool:
        """Whether nothing but powers of two is suggested, so that the larger of two is a multiple of the smaller."""
        return self.distribution.rounding == "power"

    @property
    def _whole_ends(self) -> tuple[int, int]:
        """The least and the greatest whole number that is suggested, or the exponents of such powers of two."""
        ends = [self._suggested(share) for share in (0.0, 1.0)]
        least, greatest = sorted(round(math.log2(end)) if self.only_powers else int(end) for end in ends)
        return least, greatest

    @property
    def _stretched(self) -> tuple[float, float]:
        """Where the range starts in the distribution's own space, and how long it is there."""
        start = self.distribution.stretch(self.low)
        return start, self.distribution.stretch(self.high) - start

    def _suggested(self, share: float) -> float:
        start, length = self._stretched
        stretched = share * length + start
        if self.distribution.rounding == "power":
            return float(2 ** round(stretched)) if stretched < 0 else 2 ** round(stretched)
        value = self.distribution.shrink(stretched)
        return round(value) if self.distribution.rounding == "whole" else value


def space_of(word: object, low: object, high: object, mean: object) -> Space | None:
    """The space of a parameter's fields; None where one is no number or out of the domain, or all are one."""
    distribution = DISTRIBUTIONS.get(word) if isinstance(word, str) else None
    if distribution is None or not is_sweepable(low) or not is_sweepable(high) or not is_sweepable(mean):
        return None
    if not all(in_domain(distribution, value) for value in (low, high, mean)):
        return None
    if distribution.stretch(low) == distribution.stretch(high):
        return None
    return Space(distribution, low, high, mean)


def is_sweepable(value: object) -> TypeGuard[float]:
    """Whether the spaces can compute with a value."""
    return isinstance(value, int | float) and abs(value) < LARGEST


def in_domain(distribution: Distribution, value: float) -> bool:
    """Whether the logarithm that normalises a value has an answer."""
    try:
        distribution.stretch(value)
    except (ValueError, OverflowError):
        return False
    return True

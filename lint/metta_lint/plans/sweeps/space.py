"""The arithmetic of a sweep's distributions: how a range is normalised, and which values it can suggest.

Both trainers use these spaces: PufferLib 3.0 sweep.py Linear, Pow2, Log, Logit, and Metta's copy of them, 2025-07
metta/sweep/protein.py. A value is normalised to [-1, 1] between ``min`` and ``max``; the first suggestion is ``mean``.
The arithmetic is theirs to the last bit: it decides whether a suggestion is a whole number, and a trainer takes it.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, TypeGuard

from metta_lint.base.records import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

GRID = 33
"""A continuous range is represented by this many values: 32 equal steps in the distribution's own space."""
PROBES = 5
"""Of those values, this many are tried first."""
LARGEST = 1e300
"""Above this, powers of a logarithm may overflow."""
MOST_VALUES = 64
"""A range with more whole numbers than this is represented by GRID of them."""


def _log(value: float, base: int) -> float:
    """A logarithm as the trainers compute it: log10 and log2 round differently."""
    return math.log(value, base)


class Distribution(NamedTuple):
    """One of the values of ``distribution``.

    - ``stretch``: maps a value into the space in which steps are equal; ``shrink`` maps it back.
    - ``needs``: the domain of ``stretch``, in words.
    - ``rounding``: "" none, "whole" to the nearest whole number, "power" to the nearest power of two.
    - ``time_scale``: whether ``scale = time`` is allowed.
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
    """One parameter's valid range: known numbers in the domain of the distribution, ``low`` and ``high`` different."""

    distribution: Distribution
    low: float
    high: float
    mean: float

    @property
    def first(self) -> float:
        """The first suggestion: the mean, normalised and back as the trainers do it."""
        start, length = self._stretched
        normalised = 2 * ((self.distribution.stretch(self.mean) - start) / length) - 1
        return self._suggested((normalised + 1) / 2)

    @property
    def values(self) -> tuple[float, ...]:
        """All values that can be suggested, from ``min`` to ``max``; GRID of them if there are too many."""
        if self.is_whole:
            first, last = self._whole_ends
            return tuple(2**number if self.only_powers else number for number in range(first, last + 1))
        return tuple(dict.fromkeys(self._suggested(step / (GRID - 1)) for step in range(GRID)))

    @property
    def probes(self) -> tuple[float, ...]:
        """The values to try first: all if they are few, else PROBES of the grid, with both ends."""
        return self.values if self.is_whole else self.values[:: (GRID - 1) // (PROBES - 1)]

    @property
    def is_whole(self) -> bool:
        """Whether ``values`` are all values that can be suggested."""
        if not self.distribution.rounding:
            return False
        first, last = self._whole_ends
        return last - first < MOST_VALUES

    @property
    def only_powers(self) -> bool:
        """Whether only powers of two are suggested: then the larger of two is a multiple of the smaller."""
        return self.distribution.rounding == "power"

    @property
    def _whole_ends(self) -> tuple[int, int]:
        """The smallest and the largest whole number that is suggested; of powers of two, their exponents."""
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
    """The space of a parameter's fields; None if one is not a number or outside the domain, or the ends are equal."""
    distribution = DISTRIBUTIONS.get(word) if isinstance(word, str) else None
    if distribution is None or not is_sweepable(low) or not is_sweepable(high) or not is_sweepable(mean):
        return None
    if not all(in_domain(distribution, value) for value in (low, high, mean)):
        return None
    if distribution.stretch(low) == distribution.stretch(high):
        return None
    return Space(distribution, low, high, mean)


def is_sweepable(value: object) -> TypeGuard[float]:
    """Whether a value is a number that is small enough for this arithmetic."""
    return isinstance(value, int | float) and abs(value) < LARGEST


def in_domain(distribution: Distribution, value: float) -> bool:
    """Whether a value can be normalised: it has a logarithm, if the distribution takes one."""
    try:
        distribution.stretch(value)
    except (ValueError, OverflowError):
        return False
    return True

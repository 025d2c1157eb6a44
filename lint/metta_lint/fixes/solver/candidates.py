"""Values to try for a size: near its own, and made of the sizes that it is computed with.

Trainers demand that one size divides another, or is at least as large. So a size must be a multiple or a divisor of the
sizes beside it, of their products and common multiples, or one of these itself. These are few, however large the sizes.
"""

from __future__ import annotations

from bisect import bisect_left
from functools import lru_cache
from itertools import combinations_with_replacement, product
from math import lcm, log2
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

NEIGHBOURS = 64
"""Whole numbers on either side that are tried one by one, for small sizes."""
LARGEST = 1 << 44
LARGEST_FACTOR = 1 << 16
MOST_UNITS = 12
MOST_OCTAVES = 6.0
"""The farthest value, as a power of two: 64 times as large or small."""


def candidates(value: int, beside: Iterable[int]) -> tuple[int, ...]:
    """Values to try instead of one, the nearest first; ``beside`` are the sizes that it is computed with."""
    units = tuple(sorted({unit for unit in beside if 1 < unit < LARGEST})[:MOST_UNITS])
    return _candidates(value, units)


def distance(value: int, other: int) -> float:
    """How far two sizes are apart, in octaves: 1.0 where one is twice the other."""
    return abs(log2(other / value))


@lru_cache(maxsize=4096)
def _candidates(value: int, units: tuple[int, ...]) -> tuple[int, ...]:
    found = set(range(max(1, value - NEIGHBOURS), value + NEIGHBOURS + 1))
    found |= {1 << power for power in range(max(0, value.bit_length() - 3), value.bit_length() + 3)}
    pairs = {each for pair in combinations_with_replacement(units, 2) for each in (pair[0] * pair[1], lcm(*pair))}
    pairs = {each for each in pairs if each < LARGEST}
    for unit in {lcm(pair, unit) for pair, unit in product(pairs, units)} | pairs | set(units):
        found |= {value // unit * unit, (value // unit + 1) * unit}
    for unit in pairs | set(units):
        found.update(_near(divisors(unit), value))
    found |= pairs | set(units) | {pair // unit for pair, unit in product(pairs | set(units), units)}
    found.discard(value)
    near = (each for each in found if each > 0 and distance(value, each) <= MOST_OCTAVES)
    return tuple(sorted(near, key=lambda each: (distance(value, each), each)))


def _near(ordered: tuple[int, ...], value: int, reach: int = 3) -> Iterator[int]:
    index = bisect_left(ordered, value)
    yield from ordered[max(0, index - reach) : index + reach]


@lru_cache(maxsize=4096)
def divisors(number: int) -> tuple[int, ...]:
    """The divisors of a number in order, without those that need a prime factor beyond ``LARGEST_FACTOR``."""
    found = [1]
    for prime, power in _factors(number):
        found = [divisor * prime**exponent for divisor in found for exponent in range(power + 1)]
    return tuple(sorted(found))


def _factors(number: int) -> Iterator[tuple[int, int]]:
    factor = 2
    while factor * factor <= number and factor <= LARGEST_FACTOR:
        power = 0
        while number % factor == 0:
            number //= factor
            power += 1
        if power:
            yield factor, power
        factor += 1 if factor == 2 else 2
    if number > 1:
        yield number, 1

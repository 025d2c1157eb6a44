"""The ranges of a sweep: what they suggest is what PufferLib 3's own spaces suggested when they were run."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metta_lint.plans.sweeps.space import DISTRIBUTIONS, Space, space_of


def made(word: str, low: float, high: float, mean: float) -> Space:
    space = space_of(word, low, high, mean)
    assert space is not None
    return space


@pytest.mark.parametrize(
    ("word", "low", "high", "mean", "first"),
    [
        ("uniform", 1, 3, 2, 2.0),
        ("uniform", 2, 1, 1.5, 1.5),
        ("uniform", 0.0, 1.0, 1.8, 1.8),
        ("int_uniform", 0.5, 19, 18, 18),
        ("uniform_pow2", 16384, 131072, 8192, 8192),
        ("uniform_pow2", 15, 19, 18, 16),
        ("log_normal", 0.5, 19, 18, 17.99999999999998),
        ("logit_normal", -1, 0.5, 0, 0.0),
    ],
)
def test_the_first_suggestion_is_the_mean_through_the_space_and_back(
    word: str, low: float, high: float, mean: float, first: float
) -> None:
    assert made(word, low, high, mean).first == pytest.approx(first, abs=1e-12)


def test_a_whole_mean_of_a_logarithmic_range_comes_back_as_a_fraction() -> None:
    assert made("log_normal", 1e9, 6e9, 1.1e9).first != 1.1e9


@pytest.mark.parametrize(
    ("word", "low", "high", "values"),
    [
        ("uniform_pow2", 1, 32, (1, 2, 4, 8, 16, 32)),
        ("uniform_pow2", 0.25, 2, (0.25, 0.5, 1, 2)),
        ("uniform_pow2", 32, 8, (8, 16, 32)),
        ("uniform_pow2", 10, 17, (8, 16)),
        ("int_uniform", 1, 4, (1, 2, 3, 4)),
        ("int_uniform", 0.5, 2, (0, 1, 2)),
        ("int_uniform", 32, 64, tuple(range(32, 65))),
    ],
)
def test_a_rounded_range_has_every_value(word: str, low: float, high: float, values: tuple[float, ...]) -> None:
    space = made(word, low, high, low)
    assert space.values == values
    assert space.is_whole
    assert space.probes == values


@pytest.mark.parametrize(
    ("word", "low", "high", "mean"),
    [
        ("uniform", 1, 1, 1),
        ("uniform", "low", 1, 1),
        ("uniform", 1, None, 1),
        ("uniform", 1, float("nan"), 1),
        ("uniform_pow2", 0, 7, 4),
        ("log_normal", -1, 7, 4),
        ("log_normal", 1, 7, 0),
        ("logit_normal", 0, 1.0, 0.5),
        ("categorical", 1, 2, 1),
        (None, 1, 2, 1),
    ],
)
def test_what_the_trainers_raise_for_is_no_space(word: object, low: object, high: object, mean: object) -> None:
    assert space_of(word, low, high, mean) is None


@given(
    word=st.sampled_from(sorted(DISTRIBUTIONS)),
    bounds=st.tuples(st.integers(1, 9_000), st.integers(1, 9_000)).filter(lambda pair: pair[0] != pair[1]),
    share=st.floats(0, 1),
)
def test_suggestions_lie_in_the_range_as_far_as_rounding_lets_them(
    word: str, bounds: tuple[int, int], share: float
) -> None:
    scale = 10_000 if word == "logit_normal" else 1
    low, high = (bound / scale for bound in bounds)
    space = made(word, low, high, low + share * (high - low))
    slack = 1.5 if space.distribution.rounding == "power" else 1 + 1e-9
    for value in (space.first, *space.values, *space.probes):
        assert min(low, high) / slack <= value <= max(low, high) * slack
    assert set(space.probes) <= set(space.values)

"""Measuring time and memory: overlaps of intervals, and what the system says of processes."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metta_lint.loops.embedded import OBSERVATION_BYTES
from metta_lint_trainer.experience import Experience
from metta_lint_trainer.measure import Busy, Measurements
from metta_lint_trainer.memory import peak_rss, reset_peak_rss
from metta_lint_trainer.policy import Policy
from metta_lint_trainer.rollout import Times
from metta_lint_trainer.workers import Arrival

if TYPE_CHECKING:
    from collections.abc import Callable

    from metta_lint.loops.loop import Loop

    MakeLoop = Callable[..., Loop]

INTERVALS = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 20)), max_size=8)


def intervals(*pairs: tuple[int, int]) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
    return np.array(pairs, np.int64).reshape(len(pairs), 2)


def test_time_that_several_are_busy_counts_once() -> None:
    busy = Busy(intervals((10, 20), (15, 30), (16, 18), (40, 50)))
    assert busy.total == 30
    assert busy.within(intervals((0, 5), (12, 17), (25, 45))) == 5 + 5 + 5


def test_nobody_is_busy_in_no_time() -> None:
    assert Busy(intervals()).total == Busy(intervals()).within(intervals((0, 10))) == 0.0


@given(pairs=INTERVALS, others=INTERVALS)
def test_overlaps_are_those_of_a_timeline_of_moments(
    pairs: list[tuple[int, int]], others: list[tuple[int, int]]
) -> None:
    def moments(found: list[tuple[int, int]]) -> set[int]:
        return {moment for start, length in found for moment in range(start, start + length)}

    apart, end = [], 0
    for start, length in sorted(others):
        if start >= end:
            apart.append((start, length))
            end = start + length
    busy = Busy(intervals(*((start, start + length) for start, length in pairs)))
    assert busy.total == len(moments(pairs))
    within = busy.within(intervals(*((start, start + length) for start, length in apart)))
    assert within == pytest.approx(len(moments(pairs) & moments(apart)), abs=1e-9)


def test_the_share_of_stepping_that_overlapped_is_of_the_rollout_alone(pufferlib: MakeLoop) -> None:
    """The first batch began to step 100 ns before the rollout, in the update; 20 ns of that are the rollout's."""
    loop = pufferlib(num_envs=2, envs_per_batch=1, num_workers=2, agents_per_env=1)
    measured = Measurements()
    measured.built(Experience(loop, 2), Policy(2, 1), {})
    measured.turn(arrival(0, (0, 120)), Times(asked=100, arrived=120, acted=130, stored=140))
    measured.turn(arrival(1, (125, 150)), Times(asked=140, arrived=150, acted=155, stored=160))
    measured.rolled_out(Experience(loop, 2))
    assert measured.rates()["overlap_fraction"] == pytest.approx((140 - 125) / ((120 - 100) + (150 - 125)))


def arrival(agent: int, *stepping: tuple[int, int]) -> Arrival:
    """One agent of an environment of its own."""
    nothing, never = np.zeros(1, np.float32), np.zeros(1, np.bool_)
    observations, environments = np.zeros((1, OBSERVATION_BYTES), np.uint8), np.array([agent], np.int32)
    return Arrival(
        agent, observations, nothing, never, never, environments, np.zeros(1, np.int64), intervals(*stepping)
    )


@pytest.mark.skipif(sys.platform == "win32", reason="the system does not say")
def test_this_process_holds_some_memory() -> None:
    reset_peak_rss()
    assert 2**20 < peak_rss(os.getpid()) < 2**40


def test_a_process_that_is_not_there_holds_nothing() -> None:
    assert peak_rss(2**22 + 1) == 0

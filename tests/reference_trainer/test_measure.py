"""Measuring time and memory: overlaps of intervals, and what the system says of processes."""

from __future__ import annotations

import os
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metta_lint_trainer.measure import Busy
from metta_lint_trainer.memory import peak_rss, reset_peak_rss

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


@pytest.mark.skipif(sys.platform == "win32", reason="the system does not say")
def test_this_process_holds_some_memory() -> None:
    reset_peak_rss()
    assert 2**20 < peak_rss(os.getpid()) < 2**40


def test_a_process_that_is_not_there_holds_nothing() -> None:
    assert peak_rss(2**22 + 1) == 0

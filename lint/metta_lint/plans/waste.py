"""Wasted steps: agent steps that are collected, but lost before training sees them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metta_lint.base.records import NamedTuple
from metta_lint.base.values import is_number

if TYPE_CHECKING:
    from collections.abc import Callable

SECONDS_PER_HOUR = 3600
STEPS = 1e9
"""Lost hours are given for this many agent steps."""


class Waste(NamedTuple):
    """The agent steps of one epoch: all that are ``collected``, and those that do not stay in the buffer.

    A row of the buffer that is used a second time loses its steps (``overwritten``). A step that arrives when no row is
    left is not stored (``dropped``). Both count towards total_timesteps. Steps that are stored but in no minibatch are
    not counted here: see ``steps_untrained_per_epoch``.
    """

    collected: float
    overwritten: float
    dropped: float

    @property
    def steps(self) -> float:
        """Agent steps that are wasted in an epoch."""
        return self.overwritten + self.dropped

    @property
    def share(self) -> float:
        """The share of the collected steps that is wasted, from 0 to 1."""
        return self.steps / self.collected

    def hours(self, steps_per_second: float) -> float:
        """Hours lost in collecting 1e9 steps."""
        return self.share * STEPS / steps_per_second / SECONDS_PER_HOUR


def waste_of(value: Callable[[str], object]) -> Waste | None:
    """The waste of a plan or an observation; None if the number of collected steps is unknown or 0.

    ``value`` gives a quantity's value by its name.
    """
    collected, *lost = (value(f"steps_{word}_per_epoch") for word in ("collected", "overwritten", "dropped"))
    if not is_number(collected) or not collected:
        return None
    overwritten, dropped = (steps if is_number(steps) else 0 for steps in lost)
    return Waste(collected, overwritten, dropped)

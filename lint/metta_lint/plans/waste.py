"""Wasted steps: those that are collected and gone before training sees them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metta_lint.base.records import NamedTuple
from metta_lint.base.values import is_number

if TYPE_CHECKING:
    from collections.abc import Callable

SECONDS_PER_HOUR = 3600
STEPS = 1e9
"""Agent steps for which lost hours are counted."""


class Waste(NamedTuple):
    """What becomes of one epoch's agent steps; those neither overwritten nor dropped are in the buffer.

    A row of the buffer that is taken again loses the steps that it held (``overwritten``); a step that arrives when
    there is no row left for it is not stored (``dropped``). Both count towards total_timesteps. Steps that are stored
    and in no minibatch are another matter (``steps_untrained_per_epoch``): training could still see them.
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
        """The wasted share of what is collected."""
        return self.steps / self.collected

    def hours(self, steps_per_second: float) -> float:
        """Hours lost for each 1e9 steps, at a speed."""
        return self.share * STEPS / steps_per_second / SECONDS_PER_HOUR


def waste_of(value: Callable[[str], object]) -> Waste | None:
    """The waste of a plan or an observation, by its quantities' values; None where nothing is known to be collected."""
    collected, *lost = (value(f"steps_{word}_per_epoch") for word in ("collected", "overwritten", "dropped"))
    if not is_number(collected) or not collected:
        return None
    overwritten, dropped = (steps if is_number(steps) else 0 for steps in lost)
    return Waste(collected, overwritten, dropped)

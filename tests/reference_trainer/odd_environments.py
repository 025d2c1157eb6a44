"""Environments that misbehave. A module of its own, because workers import it by name."""

from __future__ import annotations

import time
from typing import Any


class Quiet:
    """Does nothing, well."""

    def __init__(self, environments: range) -> None:
        self.environments = environments
        self.ticks = 0

    def reset(self, observations: Any) -> None:
        observations[:] = 0

    def step(self, actions: Any, observations: Any, *_: Any) -> None:
        self.ticks += 1
        observations[:, 0] = self.ticks
        observations[:, 1] = actions


class Raises(Quiet):
    """Raises in its second step."""

    def step(self, actions: Any, observations: Any, *_: Any) -> None:
        super().step(actions, observations)
        if self.ticks == 2:
            raise ValueError("the altar is on fire")


class Hangs(Quiet):
    """Never comes back from its first step."""

    def step(self, *_: Any) -> None:
        time.sleep(3600)

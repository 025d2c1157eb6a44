"""The environment that the real trainer trains: as little as PufferLib takes for one, and a count of those that run."""

from __future__ import annotations

import multiprocessing
import os
import sys
from multiprocessing.sharedctypes import RawArray
from types import ModuleType, SimpleNamespace
from typing import Any

import gymnasium
import numpy as np
import pufferlib
import pufferlib.models

EPISODE = 7
"""Ticks."""


class Started:
    """The environments that one run really starts, in whatever process: each reset leaves its process's number here.

    Made anew for each run: a worker that is killed while it holds the lock takes it to its grave.
    """

    def __init__(self, slots: int = 4096) -> None:
        self._processes = RawArray("i", slots)
        self._count = multiprocessing.Value("i", 0)

    def add(self) -> None:
        """Note an environment of this process."""
        with self._count.get_lock():
            self._processes[self._count.value] = os.getpid()
            self._count.value += 1

    def environments(self) -> int:
        """How many were started."""
        return int(self._count.value)

    def workers(self) -> int:
        """In how many processes."""
        return len(set(self._processes[: self._count.value]))


class TinyEnv(pufferlib.PufferEnv):  # type: ignore[misc]  # PufferLib is not typed
    """Pays one agent or the other, and observes nothing: what agents see is stamped on by what measures."""

    started: Started

    def __init__(
        self, num_agents: int = 2, num_envs: int = 1, bonus: float = 0.0, buf: Any = None, seed: Any = 0
    ) -> None:
        self.num_agents = num_agents * num_envs
        self.bonus = bonus
        self.single_observation_space = gymnasium.spaces.Box(low=-1e9, high=1e9, shape=(2,), dtype=np.float32)
        self.single_action_space = gymnasium.spaces.Discrete(3)
        self.tick = 0
        super().__init__(buf)

    def reset(self, seed: Any = None) -> tuple[Any, list[Any]]:
        """Note that this environment runs."""
        TinyEnv.started.add()
        self.observations[:] = 0
        return self.observations, []

    def step(self, actions: Any) -> tuple[Any, ...]:
        """One tick."""
        self.tick += 1
        over = self.tick % EPISODE == 0
        self.rewards[:] = (np.arange(self.num_agents) + self.tick) % 3 * 0.25 + self.bonus
        self.terminals[:] = over
        return self.observations, self.rewards, self.terminals, self.truncations, [{"score": 1.0}] if over else []

    def close(self) -> None:
        """Nothing is held."""


def install() -> None:
    """Put the environment and its policy where PufferLib imports an environment's code from."""
    module: Any = ModuleType("pufferlib.environments.tiny")
    module.env_creator = lambda _: TinyEnv
    module.torch = SimpleNamespace(Policy=pufferlib.models.Default, Recurrent=pufferlib.models.LSTMWrapper)
    sys.modules["pufferlib.environments"] = ModuleType("pufferlib.environments")
    sys.modules["pufferlib.environments.tiny"] = module
    sys.modules["pufferlib.ocean"] = module

"""The embedded environment: a small multi-agent gridworld in the spirit of Metta's arena.

Agents mine ore, turn ore into batteries at generators, and batteries into hearts at altars. One object steps all
environments of one worker, in numpy, with no Python loop over agents. Nothing here imports torch.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from metta_lint.loops.embedded import ACTIONS, CELLS, ITEMS, OBSERVATION_BYTES, WINDOW

if TYPE_CHECKING:
    from metta_lint.loops.loop import EnvironmentSettings

Bytes = NDArray[np.uint8]
Flags = NDArray[np.bool_]

EMPTY, WALL, AGENT, MINE, GENERATOR, ALTAR = range(len(CELLS))
ORE, BATTERY, HEART = range(len(ITEMS))

BATTERIES_PER_HEART = 3
"""As Metta's altar (2025-07 configs/env/mettagrid/game/objects/basic.yaml)."""

ITEM_LIMIT = 255
"""The most that an agent holds of one item; an observation shows it in one byte."""

BORDER = WINDOW // 2
"""Walls around the arena, so thick that no agent's window leaves its environment."""

CELLS_PER_AGENT = 8
AGENTS_PER_STATION = 4


class VectorEnvironment(Protocol):
    """What a worker steps: some environments of equal size, agents of one environment side by side.

    Arrays have one row for each of the worker's agents: observations uint8 [agents, observation bytes], actions int32
    [agents], rewards float [agents], terminals and truncations bool [agents]. They are written in place.
    """

    def reset(self, observations: Bytes) -> None: ...

    def step(
        self,
        actions: NDArray[np.int32],
        observations: Bytes,
        rewards: NDArray[np.floating[Any]],
        terminals: Flags,
        truncations: Flags,
    ) -> None: ...


class Arena:
    """The environments ``environments`` (their ids) of a run, stepped together; every one its own map.

    A map depends on the seed, the environment's id and the episode alone, so it does not matter how environments are
    dealt to workers. Episodes end by truncation after ``max_steps`` ticks and start anew at once: the observation that
    comes with a truncation is the next episode's first, as in PufferLib.
    """

    def __init__(self, config: EnvironmentSettings, environments: range, seed: int) -> None:
        self.environments = environments
        self.agents_per_env = config.agents_per_env
        self._max_steps = config.max_steps or math.inf  # MettaGrid's 0: no limit
        self._seed = seed % 2**64
        self._weights = np.array([[config.rewards.get(item, 0.0)] for item in ITEMS], np.float64)
        self._caps = np.array([[config.reward_caps.get(item, math.inf)] for item in ITEMS], np.float64)

        self.stations = math.ceil(config.agents_per_env / AGENTS_PER_STATION)
        room = CELLS_PER_AGENT * config.agents_per_env + 3 * self.stations
        self.side = math.isqrt(room - 1) + 1 + 2 * BORDER
        agents = len(environments) * config.agents_per_env
        self.cells: Bytes = np.empty(len(environments) * self.side**2, np.uint8)
        self.positions: NDArray[np.int64] = np.empty(agents, np.int64)  # [agents] places in `cells`
        self.inventory: NDArray[np.int32] = np.zeros((len(ITEMS), agents), np.int32)
        self._worth: NDArray[np.float64] = np.zeros(agents)
        self._claims: NDArray[np.int64] = np.empty(self.cells.size, np.int64)
        self._moves = np.array([0, -self.side, self.side, -1, 1], np.int64)
        assert len(self._moves) == len(ACTIONS)
        around = np.arange(-BORDER, BORDER + 1)
        self._window = (around[:, None] * self.side + around).ravel()
        self._episode = 0
        self._tick = 0

    def reset(self, observations: Bytes) -> None:
        """Begin a new episode everywhere."""
        maps = self.cells.reshape(len(self.environments), self.side, self.side)
        maps[:] = WALL
        inner = maps[:, BORDER:-BORDER, BORDER:-BORDER]
        inner[:] = EMPTY
        floor = np.flatnonzero(maps[0].ravel() == EMPTY)
        for index, environment in enumerate(self.environments):
            places = np.random.default_rng((self._seed, environment, self._episode)).permutation(floor)
            places += index * self.side**2
            own = slice(index * self.agents_per_env, (index + 1) * self.agents_per_env)
            self.positions[own], stations = np.split(places, [self.agents_per_env])[:2]
            for cell, start in ((MINE, 0), (GENERATOR, self.stations), (ALTAR, 2 * self.stations)):
                self.cells[stations[start : start + self.stations]] = cell
        self.cells[self.positions] = AGENT
        self.inventory[:] = 0
        self._worth[:] = 0.0
        self._episode += 1
        self._tick = 0
        self._observe(observations)

    def step(
        self,
        actions: NDArray[np.int32],
        observations: Bytes,
        rewards: NDArray[np.floating[Any]],
        terminals: Flags,
        truncations: Flags,
    ) -> None:
        """One tick of every environment: all agents use what they walk into, then those with a free way move."""
        targets = self.positions + self._moves[actions]
        met = self.cells[targets]
        self._use(met)
        self._pay(rewards)
        self._move(targets, met)
        self._tick += 1
        terminals[:] = False
        truncations[:] = self._tick >= self._max_steps
        if self._tick >= self._max_steps:
            self.reset(observations)
        else:
            self._observe(observations)

    def _use(self, met: Bytes) -> None:
        ore, battery, heart = self.inventory
        ore += (met == MINE) & (ore < ITEM_LIMIT)
        charged = (met == GENERATOR) & (ore > 0) & (battery < ITEM_LIMIT)
        ore -= charged
        battery += charged
        blessed = (met == ALTAR) & (battery >= BATTERIES_PER_HEART) & (heart < ITEM_LIMIT)
        battery -= BATTERIES_PER_HEART * blessed
        heart += blessed

    def _pay(self, rewards: NDArray[np.floating[Any]]) -> None:
        """The change of what an agent's items are worth: min(weight * amount, cap) of each, after minus before.

        As MettaGrid pays its agents: handing an item in takes its reward back.
        """
        worth = np.minimum(self._weights * self.inventory, self._caps).sum(axis=0)
        rewards[:] = worth - self._worth
        self._worth = worth

    def _move(self, targets: NDArray[np.int64], met: Bytes) -> None:
        """Move agents to free cells; where several want one cell, the last of them gets it."""
        movers = np.flatnonzero(met == EMPTY)
        wanted = targets[movers]
        self._claims[wanted] = movers
        won = self._claims[wanted] == movers
        movers, wanted = movers[won], wanted[won]
        self.cells[self.positions[movers]] = EMPTY
        self.cells[wanted] = AGENT
        self.positions[movers] = wanted

    def _observe(self, observations: Bytes) -> None:
        assert observations.shape == (len(self.positions), OBSERVATION_BYTES)
        observations[:, : self._window.size] = self.cells[self.positions[:, None] + self._window]
        observations[:, self._window.size :] = self.inventory.T

"""The embedded environment: what it pays, when it ends, and that a seed decides everything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metta_lint.loops.embedded import ACTIONS, ITEMS, OBSERVATION_BYTES, WINDOW
from metta_lint.loops.loop import EnvironmentSettings
from metta_lint_trainer.environment import AGENT, BORDER, EMPTY, MINE, Arena

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Episode(NamedTuple):
    """What a number of random steps brought, [steps, agents, ...]."""

    observations: NDArray[np.uint8]
    rewards: NDArray[np.float64]
    truncations: NDArray[np.bool_]


def config(agents: int = 3, max_steps: int = 1000, **changes: Any) -> EnvironmentSettings:
    worth: dict[str, Any] = {"rewards": {"ore": 0.5, "heart": 1.0}, "reward_caps": {}, **changes}
    return EnvironmentSettings(agents_per_env=agents, max_steps=max_steps, **worth)


def play(arena: Arena, ticks: int, seed: int = 0) -> Episode:
    agents = len(arena.positions)
    observations = np.zeros((agents, OBSERVATION_BYTES), np.uint8)
    rewards, terminals, truncations = np.zeros(agents), np.zeros(agents, np.bool_), np.zeros(agents, np.bool_)
    arena.reset(observations)
    actions = np.random.default_rng(seed).integers(0, len(ACTIONS), (ticks, agents), np.int32)
    seen = []
    for action in actions:
        arena.step(action, observations, rewards, terminals, truncations)
        assert not terminals.any()
        seen.append((observations.copy(), rewards.copy(), truncations.copy()))
    return Episode(*(np.array(each) for each in zip(*seen, strict=True)))


def test_a_seed_decides_everything() -> None:
    first, second = (play(Arena(config(), range(4), seed=7), 50) for _ in range(2))
    other = play(Arena(config(), range(4), seed=8), 50)
    assert np.array_equal(first.observations, second.observations)
    assert np.array_equal(first.rewards, second.rewards)
    assert (first.observations != other.observations).any()


def test_it_does_not_matter_which_worker_steps_an_environment() -> None:
    together, alone = Arena(config(), range(4), seed=7), Arena(config(), range(2, 4), seed=7)
    for arena in (together, alone):
        arena.reset(np.zeros((len(arena.positions), OBSERVATION_BYTES), np.uint8))
    size = together.side**2
    assert (together.cells[2 * size :] == alone.cells).all()


@given(agents=st.integers(1, 20), environments=st.integers(1, 4), seed=st.integers(0, 10))
def test_agents_neither_share_a_cell_nor_leave_their_environment(agents: int, environments: int, seed: int) -> None:
    arena = Arena(config(agents), range(environments), seed)
    play(arena, 20, seed)
    assert len(np.unique(arena.positions)) == agents * environments
    assert (arena.positions // arena.side**2 == np.repeat(range(environments), agents)).all()
    assert (arena.cells[arena.positions] == AGENT).all()
    assert (arena.cells == AGENT).sum() == agents * environments


def test_an_observation_shows_the_window_and_the_items() -> None:
    arena = Arena(config(), range(2), seed=1)
    seen = play(arena, 100).observations[-1]
    maps = arena.cells.reshape(2, arena.side, arena.side)
    for agent, place in enumerate(arena.positions):
        environment, row, column = np.unravel_index(place, maps.shape)
        rows, columns = (slice(at - BORDER, at + BORDER + 1) for at in (row, column))
        window = maps[environment][rows, columns]
        assert window.shape == (WINDOW, WINDOW)
        assert (seen[agent, : WINDOW**2] == window.ravel()).all()
        assert (seen[agent, WINDOW**2 :] == arena.inventory[:, agent]).all()


def test_an_episode_is_truncated_after_max_steps_and_begins_anew() -> None:
    arena = Arena(config(max_steps=10), range(3), seed=1)
    episode = play(arena, 25)
    assert np.flatnonzero(episode.truncations.all(axis=1)).tolist() == [9, 19]
    assert not episode.truncations[[8, 10]].any()
    assert (episode.observations[9, :, WINDOW**2 :] == 0).all()


def test_without_a_limit_an_episode_goes_on() -> None:
    assert not play(Arena(config(max_steps=0), range(1), seed=1), 1500).truncations.any()


def test_rewards_are_what_held_items_are_worth_and_what_goes_is_taken_back() -> None:
    worth: dict[str, Any] = {
        "rewards": {"ore": 0.5, "battery": 2.0, "heart": 3.0},
        "reward_caps": {"ore": 1.2, "battery": 3.0},
    }
    arena = Arena(config(agents=10, **worth), range(10), seed=3)
    rewards = play(arena, 500).rewards
    held = arena.inventory.astype(np.float64)
    assert (held.sum(axis=1) > 0).all(), "nobody made a heart: nothing was tested"
    expected = np.minimum(0.5 * held[0], 1.2) + np.minimum(2.0 * held[1], 3.0) + 3.0 * held[2]
    assert rewards.sum(axis=0) == pytest.approx(expected)
    assert (rewards < 0).any()


def test_ore_becomes_batteries_and_three_batteries_a_heart() -> None:
    """A lone agent, led by hand: every use of a station changes the items by its recipe."""
    arena = Arena(config(agents=5), range(20), seed=5)
    observations = np.zeros((100, OBSERVATION_BYTES), np.uint8)
    rewards, flags = np.zeros(100), np.zeros(100, np.bool_)
    arena.reset(observations)
    generator = np.random.default_rng(0)
    changes = set()
    for _ in range(800):
        before = arena.inventory.copy()
        arena.step(generator.integers(0, 5, 100, np.int32), observations, rewards, flags, flags.copy())
        changes |= set(map(tuple, (arena.inventory - before).T.tolist()))
    assert changes == {(0, 0, 0), (1, 0, 0), (-1, 1, 0), (0, -3, 1)}
    assert len(ITEMS) == 3


def test_one_cell_is_given_to_one_agent() -> None:
    arena = Arena(config(agents=2), range(1), seed=0)
    observations = np.zeros((2, OBSERVATION_BYTES), np.uint8)
    arena.reset(observations)
    inner = slice(BORDER, -BORDER)
    arena.cells.reshape(arena.side, arena.side)[inner, inner] = EMPTY
    middle = BORDER * arena.side + BORDER + 1
    arena.positions[:] = middle - 1, middle + 1
    arena.cells[arena.positions] = AGENT
    east_and_west = np.array([ACTIONS.index("east"), ACTIONS.index("west")], np.int32)
    arena.step(east_and_west, observations, np.zeros(2), np.zeros(2, np.bool_), np.zeros(2, np.bool_))
    assert sorted(arena.positions.tolist()) in ([middle - 1, middle], [middle, middle + 1])
    assert (arena.cells == AGENT).sum() == 2


def test_every_environment_has_its_stations() -> None:
    arena = Arena(config(agents=9), range(3), seed=0)
    arena.reset(np.zeros((27, OBSERVATION_BYTES), np.uint8))
    assert ((arena.cells.reshape(3, -1) == MINE).sum(axis=1) == 3).all()

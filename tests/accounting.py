"""Rollouts with neither environments nor a policy: what the reference trainer's buffer makes of every agent step."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from metta_lint_trainer.experience import BatchStep, Counts, Experience
from metta_lint_trainer.rollout import rollout
from metta_lint_trainer.workers import Arrival

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from metta_lint.loops.loop import Loop


def rollout_without_policy(loop: Loop, epochs: int = 1) -> list[Counts]:
    """What becomes of each epoch's agent steps, with neither environments nor a policy: zeros in strict turn.

    Every write goes through Experience.store. Raises Refusal("rows-fit-buffer") as a real rollout does.
    """
    envs = EmptyTurns(loop)
    experience = Experience(loop, loop.num_envs * loop.environment.agents_per_env, observation_bytes=1)
    counts = []
    for _ in range(epochs):
        rollout(envs, envs.act, experience, lambda _arrival, _times: None)
        counts.append(experience.count())
    return counts


class EmptyTurns:
    """Batches of zeros, served in the order in which Workers serves real ones."""

    def __init__(self, loop: Loop) -> None:
        agents = loop.environment.agents_per_env
        self._batch = loop.envs_per_batch * agents
        self._total = loop.num_envs * agents
        self._environments = np.repeat(np.arange(loop.num_envs, dtype=np.int32), agents)
        self._first = 0
        zeros = torch.zeros(self._batch)
        self._step = BatchStep(torch.zeros(self._batch, 1, dtype=torch.uint8), zeros.int(), *[zeros] * 5)

    def act(self, _arrival: Arrival) -> BatchStep:
        return self._step

    def recv(self) -> Arrival:
        first, b = self._first, self._batch
        none = np.zeros(b, np.bool_)
        zeros = np.zeros(b, np.float32)
        return Arrival(
            first,
            np.zeros((b, 1), np.uint8),
            zeros,
            none,
            none,
            self._environments[first : first + b],
            np.zeros(0, np.int64),
            np.zeros((0, 2), np.int64),
        )

    def send(self, actions: NDArray[np.int32]) -> None:
        assert actions.shape == (self._batch,)
        self._first = (self._first + self._batch) % self._total

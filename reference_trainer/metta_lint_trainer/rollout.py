"""The rollout: receive a batch of environments, act, store, send; until the buffer is full."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, Protocol

import torch
from torch import Tensor

from metta_lint_trainer.experience import BatchStep, Experience
from metta_lint_trainer.workers import Arrival

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from metta_lint.loops.loop import Loop
    from metta_lint_trainer.policy import Policy, State


class Turns(Protocol):
    """Batches of environments, served in strict turn."""

    def recv(self) -> Arrival: ...

    def send(self, actions: NDArray[np.int32]) -> None: ...


class Times(NamedTuple):
    """When one turn of the rollout did what, in ns of time.perf_counter_ns."""

    asked: int
    arrived: int
    acted: int
    stored: int


Act = Callable[[Arrival], BatchStep]
Watch = Callable[[Arrival, Times], None]


def rollout(envs: Turns, act: Act, experience: Experience, watch: Watch) -> None:
    """Fill the buffer once. The batches that are stepping when it is full bring the next rollout's first arrivals."""
    experience.begin()
    while not experience.full:
        asked = time.perf_counter_ns()
        arrival = envs.recv()
        arrived = time.perf_counter_ns()
        step = act(arrival)
        acted = time.perf_counter_ns()
        experience.store(arrival.first_agent, step)
        stored = time.perf_counter_ns()
        envs.send(step.actions.cpu().numpy())
        watch(arrival, Times(asked, arrived, acted, stored))


def arrivals_per_rollout(loop: Loop) -> int:
    """How many batches arrive in one rollout: for progress and estimates, before there is anything to count."""
    batches = loop.num_envs // loop.envs_per_batch
    agents_per_batch = loop.envs_per_batch * loop.environment.agents_per_env
    segments = loop.batch_size // loop.bptt_horizon
    filled = -(-segments // agents_per_batch)
    rounds, last = divmod(filled - 1, batches)
    return ((rounds + 1) * loop.bptt_horizon - 1) * batches + last + 1


class Actor:
    """Acts with the policy: keeps the recurrent state of every batch, and clamps rewards where the trainer does.

    States live as long as the run, or start each rollout at zero: see ``Loop.lstm_zeroed_each_rollout``. Episodes that
    end leave them alone.
    """

    def __init__(self, loop: Loop, policy: Policy, generator: torch.Generator, device: torch.device) -> None:
        self.loop = loop
        self._policy = policy
        self._generator = generator
        self._device = device
        self._states: dict[int, State] = {}

    def begin(self) -> None:
        """Start a rollout."""
        if self.loop.lstm_zeroed_each_rollout:
            self._states.clear()

    @torch.inference_mode()
    def __call__(self, arrival: Arrival) -> BatchStep:
        observations, rewards, terminals, truncations = (
            torch.from_numpy(array).to(self._device)
            for array in (arrival.observations, arrival.rewards, arrival.terminals, arrival.truncations)
        )
        state = self._states.get(arrival.first_agent) or self._policy.zero_state(len(observations))
        bfloat16 = self.loop.precision == "bfloat16"
        with torch.autocast(self._device.type, torch.bfloat16, enabled=bfloat16):
            acted = self._policy.act(observations, state, self._generator)
        self._states[arrival.first_agent] = acted.state
        return BatchStep(
            observations,
            acted.actions,
            acted.logprobs,
            acted.values,
            clamped(rewards, self.loop.reward_clamp),
            terminals.float(),
            truncations.float(),
        )


def clamped(rewards: Tensor, reward_clamp: float | None) -> Tensor:
    """Rewards as they enter the buffer (PufferLib 3.0 pufferl.py evaluate() clamps them to [-1, 1]; Metta does not)."""
    return rewards if reward_clamp is None else rewards.clamp(-reward_clamp, reward_clamp)

"""What a run will take, before it starts: memory by sums, seconds by speeds seen on two cores."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

import torch

from metta_lint.loops.embedded import FEATURES, OBSERVATION_BYTES, STORED_BYTES
from metta_lint.loops.engine import Estimate
from metta_lint_trainer.policy import Policy
from metta_lint_trainer.requirements import smaller_minibatch
from metta_lint_trainer.rollout import arrivals_per_rollout

if TYPE_CHECKING:
    from metta_lint.loops.loop import Loop

MIB = 2**20

INTERPRETER_BYTES = 330 * MIB
"""Resident memory of this process with torch loaded, before it builds anything."""

WORKER_BYTES = 36 * MIB
"""Resident memory of a worker: an interpreter and numpy."""

ENVIRONMENT_BYTES_PER_AGENT = 600
"""A worker's arrays, its cells and claims among them, and the shared ones."""

MARGIN = 0.1
"""Peaks seen were up to 5% above the sum of the parts."""

STAMP_BYTES = 16
FLOAT = 4

START_SECONDS = 5.0
WORKER_START_SECONDS = 0.08
ENVIRONMENT_STEPS_PER_SECOND = 1.5e6
MULTIPLICATIONS_PER_SECOND = 2.5e10
"""Of a forward pass, on two cores."""

TRAINING_PASSES = 3.5
"""What a forward and a backward pass take together, in forward passes."""

TURN_SECONDS = 1.5e-3
"""What a turn of the rollout takes besides: messages to and from workers, storing, counting."""

STEP_SECONDS = 1.2e-6
"""What an agent step of a minibatch takes besides matrix products: gathering, loss, advantages."""


def resources(loop: Loop, *, epochs: int | None, policy_size: int) -> Estimate:
    """What running a loop for some epochs (None: to total_timesteps) takes, if nothing refuses it."""
    parts = _parts(loop, policy_size)
    parts["margin"] = int(MARGIN * sum(parts.values()))
    return Estimate(sum(parts.values()), _seconds(loop, epochs, policy_size), parts)


def _parts(loop: Loop, policy_size: int) -> dict[str, int]:
    cells = loop.batch_size // loop.bptt_horizon * loop.bptt_horizon
    parameters = _parameters(loop, policy_size)
    agents = loop.num_envs * loop.environment.agents_per_env
    batch = loop.envs_per_batch * loop.environment.agents_per_env
    minibatch = smaller_minibatch(loop)
    return {
        "interpreter": INTERPRETER_BYTES,
        "workers": loop.num_workers * WORKER_BYTES + agents * ENVIRONMENT_BYTES_PER_AGENT,
        "experience": cells * (OBSERVATION_BYTES + STORED_BYTES + STAMP_BYTES),
        "advantages": 8 * cells * FLOAT,
        "policy": 4 * parameters * FLOAT,  # weights, gradients, two moments
        "recurrent state": 2 * agents * max(1, loop.lstm_layers) * policy_size * FLOAT,
        "activations": max(
            minibatch * _training_floats(loop.lstm_layers, policy_size) * FLOAT,
            batch * (FEATURES + 8 * policy_size) * FLOAT,
        ),
    }


def _parameters(loop: Loop, policy_size: int) -> int:
    with torch.device("meta"):
        return Policy(policy_size, loop.lstm_layers).parameter_count


def _training_floats(lstm_layers: int, policy_size: int) -> int:
    """Floats that a minibatch's forward and backward pass keep of one agent step."""
    return 2 * FEATURES + 6 * policy_size + 13 * lstm_layers * policy_size


def _seconds(loop: Loop, epochs: int | None, policy_size: int) -> float:
    batch = loop.envs_per_batch * loop.environment.agents_per_env
    turns = arrivals_per_rollout(loop)
    collected = turns * batch
    trained = loop.update_epochs * loop.batch_size
    if epochs is None:
        endless = loop.total_timesteps == inf  # refused in the first update
        epochs = 1 if endless else -(-int(loop.total_timesteps) // collected)
    forward = _parameters(loop, policy_size) / MULTIPLICATIONS_PER_SECOND
    rollout = turns * TURN_SECONDS + collected * (forward + 1 / ENVIRONMENT_STEPS_PER_SECOND)
    update = trained * (TRAINING_PASSES * forward + STEP_SECONDS)
    return START_SECONDS + loop.num_workers * WORKER_START_SECONDS + epochs * (rollout + update)

"""Formulas and conditions that several trainers share. A trainer that differs gives its own in its plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

FORMULAS: Mapping[str, str] = {
    "envs_per_worker": "num_envs // num_workers",
    "total_agents": "num_envs * agents_per_env",
    "agents_per_batch": "envs_per_batch * agents_per_env",
    "segments": "batch_size // bptt_horizon",
    "minibatch_segments": "minibatch_size // bptt_horizon",
    "steps_trained_per_epoch": "minibatches_per_epoch * minibatch_segments * bptt_horizon",
    "scheduler_epochs": "total_timesteps // batch_size",
    "final_learning_rate": (
        "cosine_annealed(learning_rate, epochs - 1, scheduler_epochs) if anneal_lr else learning_rate"
    ),
}
"""The formulas by quantity. The cosine ends after ``scheduler_epochs``: the next epoch has a rate of 0."""

CONDITIONS: Mapping[str, tuple[str, str]] = {
    "workers-divide-envs": (
        "requested_envs % requested_workers == 0",
        "num_envs = {requested_envs} must be divisible by num_workers = {requested_workers}",
    ),
    "worker-envs-divide-batch": (
        "envs_per_batch % envs_per_worker == 0",
        (
            "async_factor = {async_factor} must divide num_workers = {num_workers}: "
            "{envs_per_batch} environments a batch are no multiple of the {envs_per_worker} of a worker"
        ),
    ),
    "agents-fit-segments": (
        "total_agents <= segments",
        "total_agents = {total_agents} > segments = {segments} = {batch_size} // {bptt_horizon}",
    ),
    "minibatch-fits-batch": (
        "minibatch_size <= batch_size",
        "minibatch_size = {minibatch_size} must be <= batch_size = {batch_size}",
    ),
    "minibatch-divides-batch": (
        "batch_size % minibatch_size == 0",
        "batch_size = {batch_size} must be divisible by minibatch_size = {minibatch_size}",
    ),
    "horizon-divides-minibatch": (
        "minibatch_size % bptt_horizon == 0",
        "minibatch_size = {minibatch_size} must be divisible by bptt_horizon = {bptt_horizon}",
    ),
    "minibatch-segments-divide-segments": (
        "segments % minibatch_segments == 0",
        "segments = {segments} must be divisible by minibatch_segments = {minibatch_segments}",
    ),
}
"""By requirement: the condition, and the message if it is false."""

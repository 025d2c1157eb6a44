"""How the real trainer words each condition that a plan calls by the name of a requirement."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

WHEN: Mapping[str, tuple[str, ...]] = {
    "start": ("config", "vectorisation", "policy", "trainer"),
    "first rollout": ("first rollout",),
    "first update": ("first update",),
}
"""A refusal's moment, and what the driver calls it."""

CONDITIONS: Mapping[str, str] = {
    "integer-sizes": r"not supported between instances|unsupported operand|can't multiply sequence|"
    r"received an invalid combination of arguments|must be int|cannot be interpreted as an integer|must be an integer",
    "numeric-clocks": r"not supported between instances|unsupported operand|can't multiply sequence",
    "positive-envs": r"num_envs must be at least 1",
    "positive-horizon": r"division or modulo by zero|division by zero",
    "positive-sizes": r"division by zero|modulo by zero|num_agents must be >= 1",
    "workers-divide-envs": r"num_envs must be divisible by num_workers",
    "worker-envs-divide-batch": r"batch_size must be divisible by \(num_envs / num_workers\)",
    "batches-divide-envs": r"zero_copy: num_envs must be divisible by batch_size",
    "batch-or-horizon-given": r"Must specify batch_size or bptt_horizon",
    "agents-fit-segments": r"Total agents \d+ <= segments \d+",
    "max-minibatch-divides-minibatch": r"minibatch_size \S+ > max_minibatch_size \S+ must divide evenly",
    "minibatch-fits-batch": r"batch_size \S+ must be >= minibatch_size",
    "horizon-divides-minibatch": r"minibatch_size \S+ must be divisible by bptt_horizon",
    "known-optimizer": r"Unknown optimizer",
    "known-precision": r"Invalid precision",
    "rows-fit-buffer": r"expanded size of the tensor",
    "timesteps-fill-batch": r"division by zero",
    "some-minibatch": r"cannot access local variable 'advantages'",
}
"""A pattern of the message that the trainer raises for each requirement."""

"""How the real trainer words each condition that a plan calls by the name of a requirement."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

WHEN: Mapping[str, tuple[str, ...]] = {
    "start": ("config", "vectorisation", "policy", "trainer"),
    "first rollout": ("first rollout",),
    "first update": ("first update",),
    "first checkpoint": ("first checkpoint",),
}
"""A refusal's moment, and what the driver calls it."""

MOMENTS: Mapping[str, tuple[str, ...]] = {"finite-timesteps": ("first update", "later update")}
"""Where the moment hangs on the clock: the dashboard is drawn at the end of an update, but four times a second at most.
"""


def _compared(sign: str) -> str:
    """How Python words a comparison with what is no number."""
    return f"'{sign}' not supported between instances of"


def _operated(*signs: str) -> str:
    """How Python words arithmetic with what is no number."""
    return rf"unsupported operand type\(s\) for ({'|'.join(map(re.escape, signs))}):"


REPEATED = "can't multiply sequence by non-int"
"""How it words arithmetic with a text or list, which can be repeated."""

ZERO = r"division by zero|modulo by zero|float modulo|float floor division by zero"
NO_INTEGER = r"must be int|cannot be interpreted as an integer|invalid combination of arguments|" + REPEATED

CONDITIONS: Mapping[str, str] = {
    "options-once": r"conflicting option string",
    "sections-hold-keys": r"object has no attribute 'setdefault'|does not support item assignment",
    "numeric-envs": _compared("<"),
    "positive-envs": r"num_envs must be at least 1",
    "whole-envs": r"num_envs must be an integer|cannot convert float infinity to integer",
    "known-backend": r"Invalid backend|is not callable",
    "native-alone": r"Native vectorization is for PufferEnvs that handle all per-process vectorization internally",
    "numeric-workers": _operated("/"),
    "some-worker": ZERO,
    "workers-divide-envs": r"num_envs must be divisible by num_workers",
    "numeric-inference-batch": "not all arguments converted|" + _operated("%", "/") + "|" + REPEATED,
    "worker-envs-divide-batch": r"batch_size must be divisible by \(num_envs / num_workers\)|" + ZERO,
    "integer-envs": NO_INTEGER,
    "known-vec-keys": r"Invalid argument: |got multiple values for keyword argument|env_args must be|after \* must be",
    "serial-batch-given": _operated("*") + "|" + REPEATED,
    "serial-batch-fits-envs": r"list index out of range|negative dimensions",
    "workers-fit-cores": r"num_workers \(\S+\) > hardware cores",
    "some-inference-batch": ZERO,
    "batches-divide-envs": r"zero_copy: num_envs must be divisible by batch_size",
    "integer-inference-batch": NO_INTEGER + r"|negative dimensions",
    "integer-workers": NO_INTEGER
    + r"|an integer is required|negative|only specify one unknown dimension|not enough values to unpack",
    "integer-agents": NO_INTEGER + "|" + _compared("<") + "|" + _operated("*"),
    "positive-agents": r"num_agents must be >= 1",
    "environment-keys-once": r"multiple values for keyword argument|not subscriptable|indices must be",
    "agents-fit-environment": r"agents",
    "code-is-named": r"attribute name must be string|No module named|has no attribute",
    "known-device": r"device|has no attribute 'type'",
    "train-keys-once": r"multiple values for keyword argument",
    "boolean-flags": r"expects a bool",
    "numeric-seed": "can only concatenate|" + _operated("+"),
    "batch-or-horizon-given": r"Must specify batch_size or bptt_horizon",
    "numeric-batch": _operated("//"),
    "positive-horizon": ZERO,
    "agents-fit-segments": r"Total agents \S+ <= segments \S+",
    "sized-buffer": NO_INTEGER + r"|negative dimension",
    "native-without-rnn": r"has no attribute 'agents_per_batch'",
    "numeric-minibatch": _compared("<"),
    "positive-minibatch": ZERO,
    "max-minibatch-divides-minibatch": r"minibatch_size \S+ > max_minibatch_size \S+ must divide evenly|" + ZERO,
    "minibatch-fits-batch": r"batch_size \S+ must be >= minibatch_size",
    "numeric-update-epochs": _operated("*", "/") + "|cannot convert float",
    "horizon-divides-minibatch": r"minibatch_size \S+ must be divisible by bptt_horizon",
    "known-optimizer": r"Unknown optimizer",
    "numeric-optimizer": _compared("<=") + "|betas must be either both floats or both Tensors",
    "optimizer-bounds": r"Invalid (learning rate|epsilon value|beta parameter)|betas must be either both floats",
    "numeric-timesteps": _operated("//"),
    "known-precision": r"Invalid precision|module 'torch' has no attribute|attribute name must be string|dtype",
    "batch-fits-envs": r"list index out of range",
    "batches-in-turn": r"expanded size of the tensor|^(\d+|np\.int64\(\d+\))$"
    r"|upper bound and (larger|lower) bound inconsistent",
    "rows-fit-buffer": r"expanded size of the tensor",
    "numeric-priorities": _operated("-", "*") + "|" + REPEATED,
    "timesteps-fill-batch": ZERO,
    "numeric-advantages": r"compute_puff_advantage\(\) Expected a value of type 'float'",
    "integer-minibatch": r"argument 'num_samples' \(position 2\) must be int, not float",
    "numeric-loss": r"bad operand type for unary -|clamp\(\)|can be converted to an index|"
    + _compared(">")
    + "|"
    + _operated("*", "-"),
    "numeric-gradient-norm": "must be a string or a real number|could not convert string to float",
    "numeric-step": _operated("-", "*", "/") + "|Beta not found in group",
    "finite-timesteps": r"cannot convert float infinity to integer",
    "some-minibatch": r"cannot access local variable 'advantages'",
    "checkpoint-interval": ZERO + "|" + _operated("%"),
    "text-for-data-dir": r"expected str, bytes or os\.PathLike",
    "keys-given": r"^'\w+'$|attribute name must be string, not 'dict'|No module named",
}
"""A pattern of the message that the trainer raises for each requirement."""

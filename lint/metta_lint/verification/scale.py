"""Runs at a fraction of the size: every ratio and remainder stays, every count becomes smaller by one factor."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from metta_lint.base.errors import LintError
from metta_lint.base.values import is_number
from metta_lint.loops.loop import Loop
from metta_lint.plans.quantities import traits_of

if TYPE_CHECKING:
    from metta_lint.loops.engine import Observation

SIZES = tuple(name for name in Loop._fields if traits_of(name).scale == "less")
"""What is divided. Agents per environment, the horizon and the update epochs stay, so that the numbers of segments,
minibatches and rollout rounds stay too."""


def parse_scale(text: str) -> int:
    """The N of ``1/N``. Raises LintError for anything else."""
    found = re.fullmatch(r"\s*1\s*/\s*([1-9][0-9]{0,8})\s*", text)
    if found is None:
        raise LintError(f"--scale {text}: expected 1/N with a whole number N, like 1/16")
    return int(found[1])


def scaled(loop: Loop, scale: int) -> Loop:
    """The loop at 1/scale of its size. Raises LintError, naming the size, where a remainder would change."""
    if scale == 1:
        return loop
    smaller: dict[str, int] = {}
    for name in SIZES:
        value = getattr(loop, name)
        if value is None:
            continue
        if not isinstance(value, int) or value % scale:
            raise LintError(f"--scale 1/{scale}: {name} = {value} is not a multiple of {scale}")
        smaller[name] = value // scale
    for name in ("batch_size", "minibatch_size"):
        if getattr(loop, name) % loop.bptt_horizon != smaller[name] % loop.bptt_horizon:
            raise LintError(f"--scale 1/{scale}: {name} would leave another remainder by bptt_horizon")
    return loop._replace(**smaller, num_workers=_workers(loop, smaller, scale))  # type: ignore[arg-type]


def _workers(loop: Loop, smaller: dict[str, int], scale: int) -> int:
    """The most workers, up to the loop's own number, that can share the smaller number of environments."""
    if loop.num_envs % loop.num_workers:
        return loop.num_workers
    for workers in range(min(loop.num_workers, smaller["num_envs"]), 0, -1):
        per_worker, remainder = divmod(smaller["num_envs"], workers)
        if not remainder and smaller["envs_per_batch"] % per_worker == 0:
            return workers
    raise LintError(f"--scale 1/{scale}: {smaller['num_envs']} environments cannot be dealt out to workers in batches")


def unscaled(observation: Observation, scale: int) -> Observation:
    """What a scaled run measured, multiplied up to the full size."""
    if scale == 1:
        return observation
    quantities = dict(observation.quantities)
    for name, value in observation.quantities.items():
        how = traits_of(name).scale
        if how == "other":  # a scaled run may need fewer workers
            del quantities[name]
        elif is_number(value) and how != "same":
            quantities[name] = value * scale if how == "less" else value / scale
    return observation._replace(quantities=quantities)

"""ML609: a sweep suggests runs that waste what they collect."""

from collections.abc import Iterator

from metta_lint.api import Case, Draft, Sweep, percent, show, wasteful_corners

TRAINER = """num_workers: 2
batch_size: 1024
minibatch_size: 8
bptt_horizon: 4
update_epochs: 1
total_timesteps: 100000
forward_pass_minibatch_target_size: 32
async_factor: 2
scale_batches_by_world_size: false
curriculum: /env/arena
"""
JOB = """defaults:
  - trainer: trainer
  - sweep: full
  - _self_
vectorization: multiprocessing
"""
FILES = {
    "configs/sweep_job.yaml": JOB,
    "configs/trainer/trainer.yaml": TRAINER,
    "configs/env/arena.yaml": "game:\n  num_agents: 2\n",
}
SWEEP = "parameters:\n  trainer:\n    batch_size: {{distribution: {}, min: 256, max: 1024, mean: 512, scale: auto}}\n"


class SweepReachesWaste:
    """A sweep's ranges reach sizes at which collected steps are overwritten or dropped.

    ## Why it matters
    A suggestion pays for the steps that it collects, and is judged by what it learns from those that it keeps. Where a
    range leaves the sizes at which a rollout is clean, the search compares settings by their waste (see ML402).

    ## Example
    A batch swept over whole numbers from 256 to 1,024 with 64 agents and a horizon of 4: multiples of 256 are clean; at
    832 the segments are no multiple of the agents, and 16.1% of 992 collected steps are overwritten.

    ## How to fix it
    Sweep powers of two (`uniform_pow2`) where the agents and the horizon are such.
    """

    code, name, severity = "ML609", "sweep-reaches-waste", "warning"
    agrees = [Case(files={**FILES, "configs/sweep/full.yaml": SWEEP.format("uniform_pow2")})]
    drifts = [
        Case(
            files={**FILES, "configs/sweep/full.yaml": SWEEP.format("int_uniform")},
            at=("configs/sweep/full.yaml:3",),
        ),
    ]

    def check(self, sweep: Sweep) -> Iterator[Draft]:
        """One draft for each size that wastes steps at one of its values."""
        for corner in wasteful_corners(sweep):
            ((key, value),) = corner.values.items()
            collected = corner.plan.number("steps_collected_per_epoch") or 0
            yield Draft(
                f"the sweep suggests {key} = {show(value)}, at which {percent(corner.share, 1)} of "
                f"{show(collected)} collected steps an epoch are overwritten or dropped, where the first suggestion "
                f"wastes none; {corner.lost} of {corner.tried} values tried waste some",
                at=sweep.parameters[key].span,
                subject=key,
                values=(value, collected, corner.lost, corner.tried),
            )

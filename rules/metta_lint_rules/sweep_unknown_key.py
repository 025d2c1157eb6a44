"""ML606: a sweep over a setting that no run reads."""

from collections.abc import Iterator

from metta_lint.api import INI, Case, Draft, Fix, Parameter, Sweep, renaming

DEFAULT = """[sweep]
method = Protein
metric = score
goal = maximize
downsample = 10
[sweep.{}]
distribution = uniform
min = 0.1
max = 0.9
mean = 0.5
scale = auto
[train]
clip_coef = 0.1
"""
METTA = """defaults:
  - trainer: trainer
  - sweep: full
  - _self_
"""
FULL = """parameters:
  trainer:
    {}: {{distribution: uniform_pow2, min: 64, max: 512, mean: 128, scale: auto}}
"""


class SweepUnknownKey:
    """A sweep ranges over a setting that its trainer does not read.

    ## Why it matters
    PufferLib puts any key into `[train]` without a word: the search then explains scores by a number that did nothing,
    and spends its runs on it. In `[vec]`, and in Metta's trainer, the first run raises.

    ## Example
    `[sweep.train.target_kl]`: PufferLib 3 has no KL stop. `[sweep.train.horizon]` is `train.bptt_horizon` in version 3.

    ## How to fix it
    Sweep the key that was meant, or remove the section.
    """

    code, name, severity = "ML606", "sweep-unknown-key", "error"
    fixable = "safe"
    agrees = [
        Case(files={"config/default.ini": DEFAULT.format("train.clip_coef")}),
        Case(files={"config/default.ini": DEFAULT.format("env.reward_yellow")}),
    ]
    drifts = [
        Case(files={"config/default.ini": DEFAULT.format("train.clip_coeff")}, at=("config/default.ini:6",)),
        Case(files={"config/default.ini": DEFAULT.format("train.target_kl")}, at=("config/default.ini:6",)),
        Case(files={"config/default.ini": DEFAULT.format("vec.workers")}, at=("config/default.ini:6",)),
        Case(
            files={
                "configs/sweep_job.yaml": METTA,
                "configs/trainer/trainer.yaml": "batch_size: 128\n",
                "configs/sweep/full.yaml": FULL.format("batchsize"),
            },
            at=("configs/sweep/full.yaml:3",),
        ),
    ]

    def check(self, sweep: Sweep) -> Iterator[Draft]:
        """One draft for each key that no run reads."""
        for ignored in sweep.ignored:
            parameter = sweep.parameters[ignored.key]
            yield Draft(
                f"the sweep over {ignored.key} changes nothing that a run reads: {ignored.because}",
                at=parameter.span,
                help=f"write {ignored.nearest} if that was meant" if ignored.nearest else "remove it from the sweep",
                fix=_fix(parameter, ignored.nearest or ""),
                subject=ignored.key,
                values=(),
            )


def _fix(parameter: Parameter, meant: str) -> Fix | None:
    """The fix that renames the section or key, if one file holds all of it."""
    files = {setting.span.path for setting in parameter.fields.values() if setting.span is not None}
    parent, _, name = meant.rpartition(".")
    if not meant or files - {parameter.span.path}:
        return None
    if INI.fits(parameter.span.path):
        return renaming(parameter.span, f"sweep.{parameter.key}", f"sweep.{meant}")
    old_parent, _, old_name = parameter.key.rpartition(".")
    return renaming(parameter.span, old_name, name) if parent == old_parent else None

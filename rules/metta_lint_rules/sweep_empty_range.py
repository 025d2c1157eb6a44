"""ML603: a swept range without length."""

from collections.abc import Iterator

from metta_lint.api import Case, Draft, Sweep, is_sweepable, show

QUICK = """goal: maximize
metric: reward
parameters:
  trainer:
    total_timesteps: {{distribution: int_uniform, min: {}, max: {}, mean: {}, scale: auto}}
"""


class SweepEmptyRange:
    """A swept range has the same min and max.

    ## Why it matters
    The search normalises every value by the length of its range, `(value - min) / (max - min)`: it divides by zero
    before the first suggestion. A range of one value does not keep a setting constant.

    ## Example
    `total_timesteps: {distribution: int_uniform, min: 1000, max: 1000, mean: 1000}`.

    ## How to fix it
    Remove the parameter and set the value in the run's own config, or give the range two ends.
    """

    code, name, severity = "ML603", "sweep-empty-range", "error"
    agrees = [Case(files={"configs/sweep/quick.yaml": QUICK.format(1000, 2000, 1500)})]
    drifts = [
        Case(files={"configs/sweep/quick.yaml": QUICK.format(1000, 1000, 1000)}, at=("configs/sweep/quick.yaml:5",)),
    ]

    def check(self, sweep: Sweep) -> Iterator[Draft]:
        """One draft for each range without length."""
        for parameter in sweep.parameters.values():
            low, high = parameter.value("min"), parameter.value("max")
            if parameter.distribution is not None and is_sweepable(low) and low == high:
                yield Draft(
                    f"{parameter.key} is swept from {show(low)} to {show(high)}: the search divides by the range's "
                    "length and stops with ZeroDivisionError before its first suggestion",
                    at=parameter.place("max"),
                    help=f"remove it from the sweep and set {parameter.key} = {low} for the runs",
                    subject=parameter.key,
                    values=(low,),
                )

"""ML604: a sweep starts outside its own range."""

from collections.abc import Iterator

from metta_lint.api import Case, Draft, Fix, Parameter, Sweep, rewriting, show

DEFAULT = """[sweep]
method = Protein
metric = score
goal = maximize
downsample = 10
[sweep.train.minibatch_size]
distribution = uniform_pow2
min = 16384
max = 131072
mean = {}
scale = auto
[train]
minibatch_size = 8192
"""


class SweepMeanOutside:
    """A swept parameter's mean lies outside its min and max.

    ## Why it matters
    The mean is where a search starts: Protein and ParetoGenetic suggest it first, and nothing clips it. The first run,
    whose cost and score everything after is compared with, is one that the range was to exclude; what is drawn around
    it is clipped to the nearest end.

    ## Example
    `minibatch_size` from 16,384 to 131,072 with `mean = 8192`: the first run trains with 8,192.

    ## How to fix it
    Move the mean into the range, or widen the range.
    """

    code, name, severity = "ML604", "sweep-mean-outside", "error"
    fixable = "unsafe"
    agrees = [Case(files={"config/default.ini": DEFAULT.format(16384)})]
    drifts = [Case(files={"config/default.ini": DEFAULT.format(8192)}, at=("config/default.ini:10",))]

    def check(self, sweep: Sweep) -> Iterator[Draft]:
        """One draft for each mean that lies outside."""
        for parameter in sweep.parameters.values():
            space = parameter.space
            if space is None or min(space.low, space.high) <= space.mean <= max(space.low, space.high):
                continue
            yield Draft(
                f"{parameter.key} has mean = {show(space.mean)} outside its range of {show(space.low)} to "
                f"{show(space.high)}: the first suggestion is {show(space.first)}, and nothing clips it",
                at=parameter.place("mean"),
                related=(("min", parameter.place("min")), ("max", parameter.place("max"))),
                help="move the mean into the range",
                fix=_fix(parameter),
                subject=parameter.key,
                values=(space.mean, space.low, space.high),
            )


def _fix(parameter: Parameter) -> Fix:
    """The fix that sets the mean to the nearest end of the range."""
    mean, *ends = (parameter.value(field) for field in ("mean", "min", "max"))
    numbers = [end for end in ends if isinstance(end, int | float)]
    nearest = min(numbers, key=lambda end: abs(end - mean) if isinstance(mean, int | float) else 0)
    return rewriting(parameter.place("mean"), str(mean), str(nearest))

"""ML607: a sweep suggests runs that the trainer refuses."""

from collections.abc import Iterator

from metta_lint.api import Case, Corner, Draft, Span, Sweep, percent, refused_corners, show

DEFAULT = """[sweep]
method = Protein
metric = score
goal = maximize
downsample = 10
[sweep.train.minibatch_size]
distribution = uniform_pow2
min = 8192
max = {}
mean = 16384
scale = auto
[train]
batch_size = 32768
minibatch_size = 8192
max_minibatch_size = 32768
bptt_horizon = 64
"""
ENTRY = "[base]\npackage = ocean\nenv_name = puffer_pong\n[train]\nbatch_size = 16384\n"
STOPPED = "[sweep.parameters.train.parameters.minibatch_size]\nvalues = [512, 1024]\n"
QUICK = """parameters:
  trainer:
    minibatch_size:  {{distribution: uniform_pow2, min: {}, max: 32, mean: 8, scale: auto}}
    bptt_horizon:    {{distribution: uniform_pow2, min: 1, max: {}, mean: 8, scale: auto}}
"""


class SweepReachesRefusal:
    """A sweep's ranges reach settings that the trainer refuses.

    ## Why it matters
    Ranges are chosen one by one, but the trainer checks their combinations. PufferLib's sweep has no guard around a
    run: the first refused suggestion ends it, after however many hours. Metta's draws again where the minibatch does
    not divide the batch or the horizon the minibatch, ten times, and then gives up; every other refusal costs the run.
    Each size is tried at each of its values, and every two of them at their ends, around the first suggestion.

    ## Example
    `minibatch_size` from 8,192 to 65,536 over runs with `batch_size = 32768`: 65,536 is refused, 1 of 4 values.

    ## How to fix it
    End the range where the runs can follow, or sweep the other size with it.
    """

    code, name, severity = "ML607", "sweep-reaches-refusal", "error"
    agrees = [
        Case(files={"config/default.ini": DEFAULT.format(32768)}),
        Case(files={"configs/sweep/quick.yaml": QUICK.format(8, 8)}),
        Case(files={"config/default.ini": DEFAULT.format(32768), "config/pong.ini": ENTRY + STOPPED}),
    ]
    drifts = [
        Case(files={"config/default.ini": DEFAULT.format(65536)}, at=("config/default.ini:9",)),
        Case(
            files={"config/default.ini": DEFAULT.format(32768), "config/pong.ini": ENTRY},
            at=("config/pong.ini:5",),
        ),
        Case(files={"configs/sweep/quick.yaml": QUICK.format(1, 32)}, at=("configs/sweep/quick.yaml:3",)),
    ]

    def check(self, sweep: Sweep) -> Iterator[Draft]:
        """One draft for each requirement that the ranges break."""
        if sweep.stops:  # No suggestion is ever made, and what fixes the stop may well change the ranges.
            return
        for corner in refused_corners(sweep):
            refusal = corner.refusal
            if refusal is None:
                continue
            redrawn = refusal.requirement in sweep.search.redrawn
            after = "the sweep draws again, at most 10 times" if redrawn else sweep.search.otherwise
            yield Draft(
                f"{_said(sweep, corner)}: {refusal.exception}: {refusal.message}; {after}{_unsaid(sweep, corner)}",
                at=_place(sweep, corner),
                related=tuple((key, sweep.parameters[key].span) for key in list(corner.values)[1:]),
                severity="error" if sweep.search.ends_the_sweep else "warning",
                subject=" ".join(corner.values),
                values=(refusal.requirement, *corner.values.values(), corner.lost, corner.tried),
            )


def _said(sweep: Sweep, corner: Corner) -> str:
    """The refused suggestion in words, how many are like it, and the run that the sweep is over."""
    settings = " and ".join(f"{key} = {_exactly(value)}" for key, value in corner.values.items())
    over = f" over {sweep.based_on}" if sweep.based_on not in (None, sweep.path) else ""
    if corner.first:
        return f"the first suggestion{over}, {settings}, is refused"
    kind = "values" if len(corner.values) == 1 else "combinations"
    part = "almost all" if corner.lost == corner.tried else f"about {percent(corner.lost, corner.tried)}"
    much = f"{corner.lost} of {corner.tried} {kind}" if corner.exact else f"{part} of the range"
    return f"the sweep{over} suggests {settings}, which is refused ({much})"


def _exactly(value: object) -> str:
    """A suggestion, fractions with all their digits: the refusal may be that it is not a whole number."""
    return repr(value) if isinstance(value, float) else show(value)


def _unsaid(sweep: Sweep, corner: Corner) -> str:
    """A remark for refusals with all numbers of agents and workers that were tried, because no file sets them."""
    if corner.plan.refusals:
        return ""
    return f" (no file says the agents or the workers: so it is with all {len(sweep.unsaid)} that were tried)"


def _place(sweep: Sweep, corner: Corner) -> Span:
    """The bound that goes too far; for an inherited range, the run's own size that it does not fit."""
    key, value = next(iter(corner.values.items()))
    parameter = sweep.parameters[key]
    spans = (span for name in corner.refusal.at for span in corner.plan.spans_of(name)) if corner.refusal else ()
    if parameter.span.path != sweep.path:
        return next((span for span in spans if span.path == sweep.path), parameter.span)
    space = parameter.space
    return parameter.place("min" if space is not None and value == space.values[0] else "max")

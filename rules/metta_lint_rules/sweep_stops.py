"""ML608: what stops a sweep before it reads a parameter."""

from collections.abc import Iterator

from metta_lint.api import Case, Draft, Sweep

DEFAULT = "[sweep]\nmethod = Protein\nmetric = score\ngoal = maximize\ndownsample = 10\n[train]\ngamma = 0.9\n"
RANGE = "[sweep.train.gamma]\ndistribution = uniform\nmin = 0.8\nmax = 0.9\nmean = 0.85\nscale = auto\n"
OLD = "[sweep.parameters.train.parameters.gamma]"
ENTRY = "[base]\npackage = ocean\nenv_name = puffer_grid\n"


class SweepStops:
    """A sweep has a section or a key that its search cannot read.

    ## Why it matters
    The search takes every key of a sweep but `method`, `metric`, `goal` and `downsample` for a parameter, and asserts
    that it is a section. Sections of PufferLib 2 are the common case: `[sweep.metric]` beside version 3's
    `metric = ...` breaks reading the config itself, so that the environment cannot even be trained.

    ## Example
    `[sweep.metric]` with `name = score`: load_config() ends in `'str' object has no attribute 'setdefault'`.
    `[sweep.parameters.train.parameters.gamma]` is `[sweep.train.gamma]` in version 3.

    ## How to fix it
    Move what is said to where version 3 reads it; the message names the place.
    """

    code, name, severity = "ML608", "sweep-stops", "error"
    agrees = [Case(files={"config/default.ini": DEFAULT, "config/grid.ini": f"{ENTRY}[sweep]\nmetric = reward\n"})]
    drifts = [
        Case(
            files={"config/default.ini": DEFAULT, "config/grid.ini": f"{ENTRY}[sweep.metric]\nname = score\n"},
            at=("config/grid.ini:4",),
        ),
        Case(
            files={
                "config/default.ini": DEFAULT,
                "config/grid.ini": f"{ENTRY}[sweep]\nname = sweep\n{OLD}\nmin = 0\n",
            },
            at=("config/grid.ini:5", "config/grid.ini:6"),
        ),
        Case(
            files={
                "config/default.ini": f"{DEFAULT}{RANGE}",
                "config/grid.ini": f"{ENTRY}[sweep.train.gamma.late]\nmin = 0.9\n",
            },
            at=("config/grid.ini:4",),
        ),
        Case(
            files={
                "configs/sweep/full.yaml": "parameters:\n  trainer:\n    compile: 1\n"
                "    gamma: {distribution: uniform, min: 0, max: 1, mean: 0.5, scale: auto}\n"
            },
            at=("configs/sweep/full.yaml:3",),
        ),
    ]

    def check(self, sweep: Sweep) -> Iterator[Draft]:
        """One draft for each thing that the search cannot read."""
        for stop in sweep.stops:
            yield Draft(stop.message, at=stop.span, help=stop.help)

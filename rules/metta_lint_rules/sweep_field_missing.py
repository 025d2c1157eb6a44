"""ML601: a swept parameter without a field that the search needs."""

from collections.abc import Iterator, Sequence

from metta_lint.api import Case, Draft, Sweep

DEFAULT = """[base]
package = None
env_name = None
[train]
learning_rate = 0.015
gamma = 0.99
[sweep]
method = Protein
metric = score
goal = maximize
downsample = 10
[sweep.train.gamma]
distribution = logit_normal
min = 0.8
max = 0.9999
mean = 0.98
scale = auto
"""
ENTRY = "[base]\npackage = ocean\nenv_name = puffer_pong\n"


class SweepFieldMissing:
    """A swept parameter lacks its distribution, min, max, mean or scale.

    ## Why it matters
    The search reads all five of every parameter before it suggests anything: without `distribution` it ends in an
    AssertionError, without another in a KeyError that names the field and not the parameter. There are no defaults.

    ## Example
    `[sweep.train.batch_size]` with min, max, mean and scale. In another INI it would do, if default.ini had the section
    too: fields that an INI leaves out are default.ini's. It has none for `train.batch_size`.

    ## How to fix it
    Write the field: `scale = auto` is half of the range on either side of the mean.
    """

    code, name, severity = "ML601", "sweep-field-missing", "error"
    agrees = [
        Case(files={"config/default.ini": DEFAULT, "config/pong.ini": f"{ENTRY}[sweep.train.gamma]\nmax = 0.99\n"}),
    ]
    drifts = [
        Case(
            files={
                "config/default.ini": DEFAULT,
                "config/pong.ini": f"{ENTRY}[sweep.train.learning_rate]\nmin = 0.1\n",
            },
            at=("config/pong.ini:4",),
        ),
        Case(
            files={
                "configs/sweep/quick.yaml": "goal: maximize\nmetric: reward\nparameters:\n  trainer:\n"
                "    batch_size: {distribution: uniform_pow2, min: 64, max: 512, scale: auto}\n"
            },
            at=("configs/sweep/quick.yaml:5",),
        ),
    ]

    def check(self, sweep: Sweep) -> Iterator[Draft]:
        """One draft for each parameter that lacks a field."""
        for parameter in sweep.parameters.values():
            missing = parameter.missing
            if not missing:
                continue
            error = "AssertionError" if "distribution" in missing else f"KeyError: '{_first_read(missing)}'"
            yield Draft(
                f"{parameter.key or 'a nameless parameter'} is swept without {_listed(missing)}: the search stops with "
                f"{error} before its first suggestion",
                at=parameter.span,
                help=f"write {', '.join(f'{field} = ...' for field in missing)}",
                subject=parameter.key,
                values=missing,
            )


def _first_read(missing: tuple[str, ...]) -> str:
    """The field that the search fails on: it reads mean before min, max and scale."""
    return next(field for field in ("mean", "min", "max", "scale") if field in missing)


def _listed(words: Sequence[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last

"""ML605: a sweep's bounds that its distribution cannot have, or does not keep."""

from collections.abc import Iterator

from metta_lint.api import Case, Draft, Parameter, Sweep, Unknown, in_domain, is_sweepable, show

LARGEST_EXPONENT = 40
"""Bounds up to here look like exponents where a size is meant: 2**40 is more than any batch has."""
HELP = {
    "greater than 0": "the smallest value that a run may have, as 1 or 1e-6",
    "less than 1": "the largest value below 1 that a run may have, as 0.9999",
}
SWEEP = "goal: maximize\nmetric: reward\nparameters:\n  trainer:\n    ppo:\n"
LINE = "      gamma: {{distribution: {}, min: {}, max: {}, mean: {}, scale: auto}}\n"


def _case(*fields: object, fires: bool = True) -> Case:
    files = {"configs/sweep/full.yaml": SWEEP + LINE.format(*fields)}
    return Case(files=files, at=("configs/sweep/full.yaml:6",) if fires else ())


class SweepDomain:
    """A swept range lies outside what its distribution can take, or is rounded out of itself.

    ## Why it matters
    `log_normal` and `uniform_pow2` take the logarithm of a value, `logit_normal` that of 1 - value: a bound of 0 or 1
    ends in `ValueError: math domain error` before the first run. `uniform_pow2` rounds to powers of two and does not
    look at the bounds again: ends that are not powers of two are passed, and a range between two powers is a single
    value.

    ## Example
    `gamma: {distribution: logit_normal, min: 0.0, max: 1.0}`: log(1 - 1.0). `batch_size: {distribution: uniform_pow2,
    min: 15, max: 19}` was meant as exponents: it suggests 16, always.

    ## How to fix it
    Bounds are values, not exponents, and lie inside the domain: `max = 0.9999`, `min = 32768`.
    """

    code, name, severity = "ML605", "sweep-domain", "error"
    agrees = [
        _case("logit_normal", 0.0, 0.999, 0.9, fires=False),
        _case("uniform_pow2", 16, 128, 60, fires=False),
        _case("int_uniform", 1, 4, 2.5, fires=False),
    ]
    drifts = [
        _case("logit_normal", 0.0, 1.0, 0.9),
        _case("log_normal", 0, 1.0, 0.9),
        _case("uniform_pow2", 15, 19, 18),
        _case("uniform", "low", 19, 18),
        _case("int_uniform", 0.5, 4, 2),
    ]

    def check(self, sweep: Sweep) -> Iterator[Draft]:
        """A draft for each bound outside the domain; else one for a range that rounding leaves."""
        for parameter in sweep.parameters.values():
            found = list(_outside(parameter))
            yield from found or _rounded(parameter)


def _outside(parameter: Parameter) -> Iterator[Draft]:
    word, distribution = parameter.value("distribution"), parameter.distribution
    for field in ("min", "max", "mean"):
        value = parameter.value(field)
        if distribution is None or isinstance(value, Unknown):
            continue
        said = f"{parameter.key} has {field} = {show(value)}"
        if not is_sweepable(value):
            yield Draft(
                f"{said}, which is no finite number: nothing can be drawn",
                at=parameter.place(field),
                subject=f"{parameter.key}.{field}",
                values=(value,),
            )
        elif not in_domain(distribution, value):
            yield Draft(
                f"{said}, and {word} takes what is {distribution.needs}: "
                "ValueError: math domain error before the first run",
                at=parameter.place(field),
                help=f"write {HELP[distribution.needs]}",
                subject=f"{parameter.key}.{field}",
                values=(value, word),
            )


def _rounded(parameter: Parameter) -> Iterator[Draft]:
    space = parameter.space
    if space is None or not space.distribution.rounding:
        return
    low, high = sorted((space.low, space.high))
    values = space.values
    if low <= values[0] and values[-1] <= high and len(values) > 1:
        return
    word = parameter.value("distribution")
    suggested = show(values[0]) + (f" to {show(values[-1])}" if len(values) > 1 else " alone")
    powers = space.distribution.rounding == "power"
    meant = (
        f"; as exponents: min = {2 ** int(low)}, max = {2 ** int(high)}" if powers and high <= LARGEST_EXPONENT else ""
    )
    yield Draft(
        f"{parameter.key} is swept from {show(space.low)} to {show(space.high)}, but {word} rounds, and suggests "
        f"{suggested}",
        at=parameter.place("min" if space.low not in values else "max"),
        help=f"write {'powers of two' if powers else 'whole numbers'}{meant}",
        severity="warning",
        subject=parameter.key,
        values=(space.low, space.high, word),
    )

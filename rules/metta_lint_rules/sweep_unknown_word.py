"""ML602: a word in a sweep that its search does not know."""

from collections.abc import Iterator

from metta_lint.api import DISTRIBUTIONS, Case, Draft, Setting, Sweep, Unknown, is_slip, is_sweepable, rewriting

METHODS = ("Protein", "ParetoGenetic", "Random")
GOALS = ("maximize", "minimize")
PREFIX = "environment/"
SWEEP = "[sweep]\nmethod = {}\nmetric = {}\ngoal = {}\ndownsample = 10\n"
GAMMA = "[sweep.train.gamma]\ndistribution = {}\nmin = 0.8\nmax = 0.9\nmean = 0.85\nscale = {}\n"


def _case(method: str, metric: str, goal: str, distribution: str, scale: str, *lines: int) -> Case:
    text = SWEEP.format(method, metric, goal) + GAMMA.format(distribution, scale) + "[train]\ngamma = 0.9\n"
    return Case(files={"config/default.ini": text}, at=tuple(f"config/default.ini:{line}" for line in lines))


class SweepUnknownWord:
    """A sweep's method, goal, metric, distribution or scale is a word that the search does not know.

    ## Why it matters
    Most of these stop the search before its first run. A metric that is already prefixed does not: PufferLib looks for
    `environment/` and the metric, finds it in no log, and never tells the search a result. Protein then suggests its
    first point again, run after run.

    ## Example
    `method = protein`: the class is called Protein. `metric = environment/score` is looked for as
    `environment/environment/score`. `distribution = categorical` is not one of the five that exist.

    ## How to fix it
    Write the word that the message names.
    """

    code, name, severity = "ML602", "sweep-unknown-word", "error"
    fixable = "safe"
    agrees = [_case("Protein", "score", "maximize", "logit_normal", "auto")]
    drifts = [
        _case("protein", "environment/score", "max", "categorical", "auto", 2, 3, 4, 7),
        _case("Carbs", "score", "minimize", "uniform", "time", 2, 11),
    ]

    def check(self, sweep: Sweep) -> Iterator[Draft]:
        """One draft for each unknown word."""
        if sweep.trainer == "pufferlib":
            yield from _method(sweep.settings.get("sweep.method"))
            yield from _metric(sweep.settings.get("sweep.metric"))
        yield from _unknown(sweep.settings.get("sweep.goal"), "goal", GOALS, "AssertionError")
        for parameter in sweep.parameters.values():
            fields = parameter.fields
            yield from _unknown(fields.get("distribution"), "distribution", tuple(DISTRIBUTIONS), "ValueError")
            distribution = parameter.distribution
            scale = parameter.value("scale")
            if distribution is not None and not is_sweepable(scale) and not isinstance(scale, Unknown):
                words = ("auto", "time") if distribution.time_scale else ("auto",)
                yield from _unknown(fields.get("scale"), "scale", words, "TypeError", "a number or ")


def _method(method: Setting | None) -> Iterator[Draft]:
    if method is not None and method.value == "Carbs" and method.span is not None:
        why = "Carbs takes goal and downsample for sections of parameters: AssertionError before the first run"
        fix = rewriting(method.span, "Carbs", "Protein")
        yield Draft(f"method = Carbs: {why}", at=method.span, help="write Protein", fix=fix)
        return
    yield from _unknown(method, "method", METHODS, "APIUsageError: Invalid sweep method")


def _metric(metric: Setting | None) -> Iterator[Draft]:
    if metric is not None and metric.span is not None and str(metric.value).startswith(PREFIX):
        bare = str(metric.value).removeprefix(PREFIX)
        yield Draft(
            f"metric = {metric.value} is looked for as {PREFIX}{metric.value}: no log has it, so no run is observed, "
            "and Protein suggests the same point for every run",
            at=metric.span,
            help=f"write {bare}",
            fix=rewriting(metric.span, str(metric.value), bare, is_safe=True),
        )


def _unknown(setting: Setting | None, what: str, words: tuple[str, ...], error: str, also: str = "") -> Iterator[Draft]:
    if setting is None or setting.span is None or setting.value in words or isinstance(setting.value, Unknown):
        return
    written = str(setting.value)
    same = [word for word in words if word.lower() == written.lower() or is_slip(written, word)]
    yield Draft(
        f"{what} = {setting.value}: {error}: it can be {also}{', '.join(words)}",
        at=setting.span,
        help=f"write {same[0]}" if same else "",
        fix=rewriting(setting.span, str(setting.value), same[0], is_safe=True) if same else None,
    )

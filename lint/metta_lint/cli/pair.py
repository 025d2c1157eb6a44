"""Runs and pairs that are named on the command line: what several commands begin with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metta_lint.base.errors import LintError
from metta_lint.base.records import NamedTuple
from metta_lint.cli.options import given, warn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metta_lint.cli.options import LaunchOptions
    from metta_lint.plans.epochs import Backend
    from metta_lint.plans.pair import Pair
    from metta_lint.plans.plan import Plan
    from metta_lint.plans.run import Machine
    from metta_lint.project.config import Config
    from metta_lint.rules.finding import Finding


def plan_of(run: str, launch: LaunchOptions) -> Plan:
    """The plan of a run, with the configuration that is nearest to it unless one is named."""
    from metta_lint.project.runs import addressed, plan_run

    config, machine = given((run,), launch)
    _check_names(launch, run)
    planned = plan_run(run, config, [addressed(text)[1] for text in launch.overrides], machine)
    _check_trainers(config, planned)
    return planned


class Pairing(NamedTuple):
    """How the two runs of a pair are planned: all that the command line says of them but their names."""

    config: Config
    machine: Machine
    launch: LaunchOptions

    def pair(self, left: str, right: str, backend: Backend | None = None) -> Pair:
        """The pair of two runs. Says on stderr which overrides one of them has no key for."""
        from metta_lint.plans.pair import Pair
        from metta_lint.project.runs import plan_run

        _check_names(self.launch, left, right)
        first, second = (
            plan_run(name, self.config, overrides, self.machine, backend, shared=self.launch.overrides)
            for name, overrides in ((left, self.launch.set_left), (right, self.launch.set_right))
        )
        _check_trainers(self.config, first, second)
        check_taken(self.launch, (first, second))
        warn(
            f"{run.label}: --set {text} is skipped: {run.trainer} has no such key"
            for run in (first.run, second.run)
            for text in run.skipped
        )
        return Pair(first, second, "named on the command line")

    def findings(self, pair: Pair) -> list[Finding]:
        """What the rules find in a pair."""
        from metta_lint.rules.engine import Subjects, merged, run_listed
        from metta_lint.rules.selection import chosen_rules

        chosen = chosen_rules(self.config)
        warn(chosen.warnings)
        return merged(run_listed(chosen.rules, Subjects([pair.left, pair.right], [pair])))


def _check_trainers(config: Config, *plans: Plan) -> None:
    """Raise LintError for a ``--trainer`` that none of the named runs is of: it would change nothing."""
    own = {plan.run.trainer for plan in plans}
    for choice in config.trainers:
        if choice.trainer not in own:
            raise LintError(f"--trainer {choice.trainer}: no run named here is {choice.trainer}'s")


def _check_names(launch: LaunchOptions, *runs: str) -> None:
    """Raise LintError for a ``--set`` of another run than those that are named: it would change nothing."""
    from metta_lint.project.runs import addressed

    for text in launch.overrides:
        name = addressed(text)[0]
        if name is not None and name not in runs:
            raise LintError(f"--set {text}: the run {name} is not asked for here")


def check_taken(launch: LaunchOptions, plans: Sequence[Plan]) -> None:
    """Raise LintError for a ``--set`` that no run has a key for."""
    for text in launch.overrides:
        if plans and all(text in plan.run.skipped for plan in plans):
            reasons = {plan.run.trainer: plan.run.skipped[text] for plan in plans}
            raise LintError("; ".join(reasons.values()))

"""The runs and pairs that commands are given by name: their plans, and what the rules find in a pair."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metta_lint.base.errors import LintError
from metta_lint.cli.options import warn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metta_lint.cli.options import LaunchOptions
    from metta_lint.plans.epochs import Backend
    from metta_lint.plans.pair import Pair
    from metta_lint.plans.plan import Plan
    from metta_lint.plans.run import Machine
    from metta_lint.project.config import Config
    from metta_lint.rules.finding import Finding


def named_plans(
    names: Sequence[str], launch: LaunchOptions, config: Config, machine: Machine, backend: Backend | None = None
) -> list[Plan]:
    """The plans of one run, or of the left and the right one.

    Warns of a ``--set`` that one of two runs has no key for. Raises LintError for an option that changes none of them.
    """
    from metta_lint.project.runs import addressed, plan_run

    for text in launch.overrides:
        if (name := addressed(text)[0]) is not None and name not in names:
            raise LintError(f"--set {text}: the run {name} is not asked for here")
    sides = zip(names, (launch.set_left, launch.set_right), strict=False)
    plans = [plan_run(name, config, own, machine, backend, shared=launch.overrides) for name, own in sides]
    trainers = {plan.run.trainer for plan in plans}
    for choice in config.trainers:
        if choice.trainer not in trainers:
            raise LintError(f"--trainer {choice.trainer}: no run named here is {choice.trainer}'s")
    check_overrides(launch, plans)
    warn(
        f"{plan.run.label}: --set {text} is skipped: {plan.run.trainer} has no such key"
        for plan in plans
        for text in plan.run.skipped
    )
    return plans


def check_overrides(launch: LaunchOptions, plans: Sequence[Plan]) -> None:
    """Raise LintError for a ``--set`` that no run has a key for."""
    for text in launch.overrides:
        if plans and all(text in plan.run.skipped for plan in plans):
            raise LintError("; ".join({plan.run.trainer: plan.run.skipped[text] for plan in plans}.values()))


def named_pair(
    names: tuple[str, str], launch: LaunchOptions, config: Config, machine: Machine, backend: Backend | None = None
) -> Pair:
    """The pair of two runs."""
    from metta_lint.plans.pair import Pair

    left, right = named_plans(names, launch, config, machine, backend)
    return Pair(left, right, "named on the command line")


def pair_findings(pair: Pair, config: Config) -> list[Finding]:
    """What the rules find in a pair."""
    from metta_lint.rules.engine import Subjects, merged, run_listed
    from metta_lint.rules.registry import chosen_rules

    chosen = chosen_rules(config)
    warn(chosen.warnings)
    return merged(run_listed(chosen.rules, Subjects([pair.left, pair.right], [pair])))

"""Runs and pairs that are named on the command line: what several commands begin with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from metta_lint.base.errors import LintError
from metta_lint.cli.options import given
from metta_lint.files.file_system import exists

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metta_lint.plans.run import Machine
    from metta_lint.project.config import Config


def plan_of(run: str, config_path: str | None, overrides: Sequence[str], options: dict[str, Any]) -> Any:
    """The plan of a run, with the configuration that is nearest to it unless one is named."""
    from metta_lint.project.runs import plan_run

    config, machine = given(config_path, run if exists(run) else ".", options)
    planned = plan_run(run, config, overrides, machine)
    check_trainers(config, planned)
    return planned


def pair_of(
    left: str, right: str, config: Config, machine: Machine, overrides: Sequence[str], options: Any, **backend: Any
) -> Any:
    from metta_lint.plans.pair import Pair
    from metta_lint.project.runs import plan_run

    first = plan_run(left, config, (*overrides, *options["set_left"]), machine, **backend)
    second = plan_run(right, config, (*overrides, *options["set_right"]), machine, **backend)
    check_trainers(config, first, second)
    return Pair(first, second, "named on the command line")


def check_trainers(config: Config, *plans: Any) -> None:
    """Raise LintError for a ``--trainer`` that none of the named runs is of: it would change nothing."""
    own = {plan.run.trainer for plan in plans}
    for choice in config.trainers:
        if choice.trainer not in own:
            raise LintError(f"--trainer {choice.trainer}: no run named here is {choice.trainer}'s")


def findings_of(pair: Any, config: Config) -> list[Any]:
    from metta_lint.cli.options import warn
    from metta_lint.rules.engine import Subjects, merged, run_listed
    from metta_lint.rules.selection import chosen_rules

    chosen = chosen_rules(config)
    warn(chosen.warnings)
    return merged(run_listed(chosen.rules, Subjects([pair.left, pair.right], [pair])))

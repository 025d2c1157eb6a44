"""What our plan says of a config, as the same kind of record as what the real trainer did."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from metta_lint.base.errors import LintError
from metta_lint.plans.run import Machine
from metta_lint.project.config import Config as Project
from metta_lint.project.runs import plan_run

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from conformance.configs import Config
    from metta_lint.plans.plan import Refusal


class Planned(NamedTuple):
    """What the plan says: its numbers, why others are unknown, what the trainer refuses; or why there is no plan."""

    quantities: Mapping[str, object]
    unknown: Mapping[str, str]
    refusals: tuple[Refusal, ...]
    error: str | None = None


def plan(config: Config, entry: Path) -> Planned:
    """The plan of one config on the machine that it is launched on."""
    overrides = [f"{key}={text}" for key, text in config.arguments]
    try:
        plan = plan_run(entry.as_posix(), Project(), overrides, Machine(cpus=config.cores))
    except LintError as error:  # InputError is one
        return Planned({}, {}, (), str(error))
    known = {name: quantity.value for name, quantity in plan.quantities.items() if quantity.unknown_because is None}
    unknown = {name: q.unknown_because for name, q in plan.quantities.items() if q.unknown_because is not None}
    return Planned(known, unknown, plan.refusals)

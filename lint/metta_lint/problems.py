"""What is wrong with a plan: what its trainer refuses, and what it wastes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from metta_lint.plans import Plan

WASTES: Mapping[str, str] = {
    "steps_overwritten_per_epoch": "== 0",
    "stitched_segments": "== 0",
    "steps_dropped_per_epoch": "== 0",
    "steps_untrained_per_epoch": "== 0",
    "minibatches_without_step": "== 0",
    "credited_ticks": "> 0",
    "weights_finite": "== True",
}
"""Quantities of which a clean run has no other value, where its plan has them."""


def problems_of(plan: Plan) -> dict[str, str]:
    """What is wrong with a plan, by the requirement or the quantity, in words; nothing for a clean one.

    What the plan does not know is no problem.
    """
    found = {refusal.requirement: refusal.message for refusal in (*plan.refusals, *plan.risks)}
    for name, expected in WASTES.items():
        value = plan.value(name)
        if value is not None and not _holds(value, expected):
            found[name] = f"{name} = {value}"
    return found


def _holds(value: object, expected: str) -> bool:
    match expected:
        case "> 0":
            return isinstance(value, int | float) and value > 0
        case "== True":
            return value is True
        case _:
            return value == 0

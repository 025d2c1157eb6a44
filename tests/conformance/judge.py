"""Lays a plan beside what the real trainer did: the same numbers, the same refusal, or a difference and its cause."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from conformance.causes import cause_of
from conformance.conditions import CONDITIONS, MOMENTS, REPEATED, WHEN
from metta_lint.plans.plan import HANGS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from conformance.configs import Config
    from conformance.planned import Planned
    from metta_lint.plans.plan import Refusal


TYPES = {"NoneType", "bool", "dict", "float", "int", "list", "str", "tuple"}


class Verdict(NamedTuple):
    """How one config came out.

    ``kind`` is "trained" or "refused" where plan and trainer agree, "explained" where they differ for a known cause,
    "wrong" where they differ. ``about`` is the requirement or the cause, ``detail`` the difference. ``compared`` are
    the quantities that both know, ``unknown`` those that only the trainer knows, with the plan's reason.
    """

    config: Config
    kind: str
    about: str = ""
    detail: str = ""
    compared: tuple[str, ...] = ()
    unknown: Mapping[str, str] = {}


def judge(config: Config, planned: Planned, outcome: Mapping[str, Any]) -> Verdict:
    """The verdict on one config."""
    measured = measure(outcome)
    difference = _difference(planned, outcome, measured)
    compared = tuple(name for name in measured if name in planned.quantities)
    unknown = {name: planned.unknown.get(name, "no such quantity") for name in measured if name not in compared}
    if difference is not None:
        cause = cause_of(config, planned, outcome)
        kind = "wrong" if cause is None else "explained"
        return Verdict(config, kind, cause or "", difference, compared, unknown)
    if planned.error is not None:
        return Verdict(config, "refused", "unreadable", compared=compared)
    about = planned.refusals[0].requirement if planned.refusals else ""
    return Verdict(config, "refused" if about else "trained", about, "", compared, unknown)


def _difference(planned: Planned, outcome: Mapping[str, Any], measured: Mapping[str, object]) -> str | None:
    """What differs, in a sentence; None where nothing does."""
    real = _told(outcome)
    if planned.error is not None:
        same = outcome["outcome"] == "refused" and outcome["phase"] == "config"
        return None if same else f"the plan cannot read it: {planned.error}; the trainer: {real}"
    if planned.refusals:
        refusal = planned.refusals[0]
        same = outcome["outcome"] in ("refused", "hung") and is_condition(refusal, outcome)
        if not same:
            said = f"{refusal.requirement}: {refusal.exception} at {refusal.when}: {refusal.message}"
            return f"the plan refuses ({said}); the trainer: {real}"
    elif outcome["outcome"] != "trained":
        return f"the plan refuses nothing; the trainer: {real}"
    unequal = [
        f"{name}: planned {planned.quantities[name]!r}, measured {value!r}"
        for name, value in measured.items()
        if name in planned.quantities and planned.quantities[name] != value
    ]
    if any(epoch.get("steps_trained_stale") and not epoch["steps_dropped_per_epoch"] for epoch in outcome["epochs"]):
        unequal.append("an update trained on steps that its rollout did not write")
    return "; ".join(unequal) or None


def is_condition(refusal: Refusal, outcome: Mapping[str, Any]) -> bool:
    """Whether the trainer raised what the plan says it raises: type, moment, and the words of this condition."""
    words = CONDITIONS.get(refusal.requirement)
    if (refusal.exception == HANGS) or (outcome["outcome"] == "hung"):
        return refusal.exception == HANGS and outcome["outcome"] == "hung"
    return (
        words is not None
        and outcome["exception"] == refusal.exception
        and outcome["phase"] in MOMENTS.get(refusal.requirement, WHEN[refusal.when])
        and re.search(words, outcome["message"]) is not None
        and _is_of_type(refusal, outcome["message"])
    )


def _is_of_type(refusal: Refusal, message: str) -> bool:
    """Whether a TypeError that names the types of its operands names the one that the plan takes offence at.

    Of a sequence that is multiplied, Python names the other operand's.
    """
    if REPEATED in message:
        return True
    offending = re.search(r" is a (\w+); it must be", refusal.message)
    named = TYPES & set(re.findall(r"'(\w+)'", message))
    return offending is None or not named or offending[1] in named


def _told(outcome: Mapping[str, Any]) -> str:
    if outcome["outcome"] != "refused":
        return str(outcome["outcome"])
    return f"{outcome['exception']} in {outcome['phase']}: {outcome['message'][:160]}"


def measure(outcome: Mapping[str, Any]) -> dict[str, object]:
    """The quantities of a run that was measured, by the plan's names. Of a run that was refused, those seen by then."""
    counts, epochs = dict(outcome["counts"]), outcome["epochs"]
    if "agents_per_env" in counts and "agents_per_batch" in counts:
        counts["envs_per_batch"] = counts["agents_per_batch"] / counts["agents_per_env"]
        counts["envs_per_worker"] = counts["num_envs"] / counts["num_workers"]
    counts |= _of_every_epoch(epochs)
    if outcome["outcome"] == "trained" and not outcome["capped"]:
        counts["epochs"] = len(epochs)
        counts["optimizer_steps_total"] = sum(epoch["optimizer_steps_per_epoch"] for epoch in epochs)
    return counts


def _of_every_epoch(epochs: list[Mapping[str, int]]) -> Iterator[tuple[str, object]]:
    """A count that every epoch has; where epochs differ, all of them, which no plan says.

    That weights are finite is what anybody expects, and no plan says; that they are not is for the plan to foresee.
    """
    for name in epochs[0].keys() - {"steps_trained_stale"} if epochs else ():
        seen = {epoch[name] for epoch in epochs if name in epoch}
        if name != "weights_finite" or False in seen:
            yield name, seen.pop() if len(seen) == 1 else sorted(seen)

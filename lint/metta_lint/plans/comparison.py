"""The comparison table: what two runs will do, side by side, in the groups in which people ask."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metta_lint.base.records import NamedTuple
from metta_lint.base.values import OFF
from metta_lint.base.wording import percent, ratio, show
from metta_lint.plans.pair import Pair, same
from metta_lint.plans.quantities import GROUPS, absent_reward, is_reward, traits_of
from metta_lint.plans.waste import Waste, waste_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from metta_lint.plans.plan import Plan


class ComparisonRow(NamedTuple):
    """One quantity, left and right; None where it is unknown, and the note says why."""

    group: str
    label: str
    quantity: str
    left: object
    right: object
    note: str

    @property
    def same(self) -> bool:
        return self.left is not None and self.right is not None and same(self.left, self.right)

    @property
    def ratio(self) -> float | None:
        return ratio(self.left, self.right)


def compare(pair: Pair) -> list[ComparisonRow]:
    """Every row of the table. Rewards are those that either side's environment names."""
    rewards = dict.fromkeys(name for plan in pair.plans for name in plan.quantities if is_reward(name))
    shown = {**GROUPS, "Rewards": {name: traits_of(name) for name in rewards if not _is_idle(pair, name)}}
    return [
        ComparisonRow(group, traits.label, quantity, left, right, _note(pair, quantity, left, right))
        for group, every in shown.items()
        for quantity, traits in every.items()
        if traits.label
        for left, right in [(planned_value(pair.left, quantity), planned_value(pair.right, quantity))]
    ]


def _is_idle(pair: Pair, name: str) -> bool:
    """An item that neither side pays for, or caps, is no row."""
    return all(plan.value(name) in (0, OFF, None) for plan in pair.plans)


def planned_value(plan: Plan, quantity: str) -> object:
    """A quantity's value in a table; None where it is unknown. An item that nothing pays for has a reward of 0."""
    if quantity not in plan.quantities and is_reward(quantity) and "reward_heart" in plan.quantities:
        return absent_reward(quantity)
    return plan.value(quantity)


def _note(pair: Pair, quantity: str, left: object, right: object) -> str:
    for side, plan in (("left", pair.left), ("right", pair.right)):
        found = plan.quantities.get(quantity)
        if found is not None and found.unknown_because is not None:
            return f"{side} unknown: {found.unknown_because}"
    if left is None or right is None:
        return "one side has no such setting"
    explain = _NOTES.get(quantity)
    if explain is not None and (words := explain(pair)):
        return words
    if same(left, right):
        return "same"
    factor = ratio(left, right)
    return "differs" if factor is None else "smaller on the right" if factor < 1 else "larger on the right"


def _overlap(pair: Pair) -> str:
    values = pair.known("async_factor")
    if values == (1, 1):
        return "neither overlaps stepping with inference"
    return (
        "both overlap stepping with inference" if values and 1 not in values else "one side waits for its environments"
    )


def _overwritten(pair: Pair) -> str:
    return _shares(pair, lambda waste: waste.overwritten)


def _dropped(pair: Pair) -> str:
    some = any(plan.value("steps_dropped_per_epoch") for plan in pair.plans)
    return _shares(pair, lambda waste: waste.dropped) if some else ""


def _shares(pair: Pair, lost: Callable[[Waste], float]) -> str:
    wastes = (waste_of(plan.number) for plan in pair.plans)
    left, right = (percent(lost(waste), waste.collected) if waste is not None else percent(0, 0) for waste in wastes)
    return f"{left} and {right} of what is collected"


def _stitched(pair: Pair) -> str:
    return f"of {show(pair.left.value('segments'))} and {show(pair.right.value('segments'))} segments"


def _per_epoch(_: Pair) -> str:
    return "per epoch only: an epoch is not the same amount of data; see per million steps"


def _epochs(pair: Pair) -> str:
    nominal = [_nominal_epochs(plan) for plan in pair.plans]
    actual = pair.known("epochs")
    if actual is None or list(actual) == nominal:
        return ""
    return f"total_timesteps / batch_size would give {show(nominal[0])} and {show(nominal[1])}"


def _nominal_epochs(plan: Plan) -> int:
    total, batch = plan.number("total_timesteps") or 0, plan.number("batch_size") or 1
    return int(-(-total // batch))


_NOTES: Mapping[str, Callable[[Pair], str]] = {
    "async_factor": _overlap,
    "steps_overwritten_per_epoch": _overwritten,
    "steps_dropped_per_epoch": _dropped,
    "stitched_segments": _stitched,
    "optimizer_steps_per_epoch": _per_epoch,
    "epochs": _epochs,
}

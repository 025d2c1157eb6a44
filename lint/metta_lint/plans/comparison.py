"""The comparison table: what two runs will do, side by side."""

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
    """One quantity, left and right. An unknown value is None, and the note says why."""

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
    """All rows of the table, with the rewards that either side's environment sets."""
    rewards = {  # an item that neither side pays for, or caps, has no row
        name: traits_of(name)
        for plan in pair.plans
        for name in plan.quantities
        if is_reward(name) and any(each.value(name) not in (0, OFF, None) for each in pair.plans)
    }
    return [
        ComparisonRow(group, traits.label, quantity, left, right, _note(pair, quantity, left, right))
        for group, every in {**GROUPS, "Rewards": rewards}.items()
        for quantity, traits in every.items()
        if traits.label
        for left, right in [(planned_value(pair.left, quantity), planned_value(pair.right, quantity))]
    ]


def planned_value(plan: Plan, quantity: str) -> object:
    """A quantity's value in a table; None if it is unknown. A reward that the environment does not set is 0."""
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
    if quantity in _NOTES and (words := _NOTES[quantity](pair)):
        return words
    if same(left, right):
        return "same"
    factor = ratio(left, right)
    return "differs" if factor is None else "smaller on the right" if factor < 1 else "larger on the right"


def _overlap(pair: Pair) -> str:
    values = pair.known("async_factor")
    if values == (1, 1):
        return "neither overlaps stepping with inference"
    both = values and 1 not in values
    return "both overlap stepping with inference" if both else "one side waits for its environments"


def _overwritten(pair: Pair) -> str:
    return _shares(pair, lambda waste: waste.overwritten)


def _dropped(pair: Pair) -> str:
    some = any(plan.value("steps_dropped_per_epoch") for plan in pair.plans)
    return _shares(pair, lambda waste: waste.dropped) if some else ""


def _shares(pair: Pair, lost: Callable[[Waste], float]) -> str:
    wastes = (waste_of(plan.number) for plan in pair.plans)
    left, right = (percent(lost(waste), waste.collected) if waste is not None else "unknown" for waste in wastes)
    return f"{left} and {right} of what is collected"


def _epochs(pair: Pair) -> str:
    nominal = [-(-(plan.number("total_timesteps") or 0) // (plan.number("batch_size") or 1)) for plan in pair.plans]
    actual = pair.known("epochs")
    if actual is None or list(actual) == nominal:
        return ""
    return f"total_timesteps / batch_size would give {show(int(nominal[0]))} and {show(int(nominal[1]))}"


_NOTES: Mapping[str, Callable[[Pair], str]] = {
    "async_factor": _overlap,
    "steps_overwritten_per_epoch": _overwritten,
    "steps_dropped_per_epoch": _dropped,
    "stitched_segments": lambda pair: (
        f"of {show(pair.left.value('segments'))} and {show(pair.right.value('segments'))} segments"
    ),
    "optimizer_steps_per_epoch": lambda _: (
        "per epoch only: an epoch is not the same amount of data; see per million steps"
    ),
    "epochs": _epochs,
}

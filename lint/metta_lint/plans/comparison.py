"""The comparison table: what two runs will do, side by side, in the groups in which people ask."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metta_lint.base.records import NamedTuple
from metta_lint.base.values import OFF
from metta_lint.base.wording import percent, ratio, show
from metta_lint.plans.pair import Pair, same

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from metta_lint.plans.plan import Plan

GROUPS: Mapping[str, Mapping[str, str]] = {
    "Environment setup": {
        "num_envs": "Total environments",
        "envs_per_batch": "Environments per batch",
        "async_factor": "Batches in flight",
        "num_workers": "Workers",
        "agents_per_env": "Agents per environment",
    },
    "Batch sizes": {
        "batch_size": "Batch size (steps)",
        "minibatch_size": "Minibatch size (steps)",
        "bptt_horizon": "BPTT horizon (ticks)",
    },
    "Calculated values": {
        "total_agents": "Total agents",
        "agents_per_batch": "Agents per batch",
        "segments": "Segments (sequences)",
        "minibatch_segments": "Minibatch segments",
        "minibatches_per_epoch": "Minibatches per epoch",
    },
    "Rollout": {
        "steps_collected_per_epoch": "Steps collected per epoch",
        "steps_overwritten_per_epoch": "Steps overwritten per epoch",
        "steps_dropped_per_epoch": "Steps dropped per epoch",
        "stitched_segments": "Stitched segments",
        "steps_per_env": "Steps per environment",
        "ticks_per_env": "Ticks per environment",
    },
    "Training loop": {
        "update_epochs": "Update epochs",
        "optimizer_steps_per_epoch": "Gradient updates per epoch",
        "steps_per_optimizer_step": "Steps collected per gradient update",
        "optimizer_steps_per_million_steps": "Gradient updates per million steps",
        "steps_trained_per_epoch": "Steps trained per epoch",
        "steps_untrained_per_epoch": "Steps in no minibatch per epoch",
        "total_timesteps": "Total timesteps",
        "epochs": "Total training epochs",
        "optimizer_steps_total": "Total gradient updates",
    },
    "Hyperparameters": {
        "optimizer": "Optimizer",
        "learning_rate": "Learning rate",
        "anneal_lr": "Learning rate annealing",
        "adam_beta1": "Beta 1",
        "adam_beta2": "Beta 2",
        "adam_eps": "Epsilon",
        "weight_decay": "Weight decay",
        "gamma": "Gamma",
        "gae_lambda": "Lambda",
        "clip_coef": "Policy clip",
        "ent_coef": "Entropy coefficient",
        "vf_coef": "Value coefficient",
        "vf_clip_coef": "Value clip",
        "max_grad_norm": "Gradient norm limit",
        "prio_alpha": "Prioritisation alpha",
        "prio_beta0": "Prioritisation beta",
        "vtrace_rho_clip": "V-trace rho clip",
        "vtrace_c_clip": "V-trace c clip",
        "target_kl": "KL stop",
        "normalize_advantages": "Advantage normalisation",
        "clip_value_loss": "Value clipping",
        "reward_clamp": "Reward clamp",
        "lstm_layers": "LSTM layers",
    },
}


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
    return [
        ComparisonRow(group, label, quantity, left, right, _note(pair, quantity, left, right))
        for group, label, quantity in (*_fixed_rows(), *_reward_rows(pair))
        for left, right in [(planned_value(pair.left, quantity), planned_value(pair.right, quantity))]
    ]


def _fixed_rows() -> Iterator[tuple[str, str, str]]:
    for group, rows in GROUPS.items():
        for quantity, label in rows.items():
            yield group, label, quantity


def _reward_rows(pair: Pair) -> Iterator[tuple[str, str, str]]:
    names = [name for plan in (pair.left, pair.right) for name in plan.quantities if name.startswith("reward_")]
    for name in dict.fromkeys(names):
        if name in GROUPS["Hyperparameters"] or _is_idle(pair, name):
            continue
        item = name.removeprefix("reward_")
        label = f"Cap on {item.removeprefix('cap_')} rewards" if item.startswith("cap_") else f"Reward for {item}"
        yield "Rewards", label, name


def _is_idle(pair: Pair, name: str) -> bool:
    """An item that neither side pays for, or caps, is no row."""
    return all(plan.value(name) in (0, OFF, None) for plan in (pair.left, pair.right))


def planned_value(plan: Plan, quantity: str) -> object:
    """A quantity's value in a table; None where it is unknown. An item that nothing pays for has a reward of 0."""
    if quantity not in plan.quantities and quantity.startswith("reward_") and "reward_heart" in plan.quantities:
        return OFF if "_cap_" in quantity else 0
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


def _wasted(pair: Pair) -> str:
    shares = []
    for plan in (pair.left, pair.right):
        overwritten, collected = plan.number("steps_overwritten_per_epoch"), plan.number("steps_collected_per_epoch")
        shares.append(percent(overwritten or 0, collected or 0))
    return f"{shares[0]} and {shares[1]} of what is collected"


def _stitched(pair: Pair) -> str:
    return f"of {show(pair.left.value('segments'))} and {show(pair.right.value('segments'))} segments"


def _per_epoch(_: Pair) -> str:
    return "per epoch only: an epoch is not the same amount of data; see per million steps"


def _epochs(pair: Pair) -> str:
    nominal = [_nominal_epochs(plan) for plan in (pair.left, pair.right)]
    actual = pair.known("epochs")
    if actual is None or list(actual) == nominal:
        return ""
    return f"total_timesteps / batch_size would give {show(nominal[0])} and {show(nominal[1])}"


def _nominal_epochs(plan: Plan) -> int:
    total, batch = plan.number("total_timesteps") or 0, plan.number("batch_size") or 1
    return int(-(-total // batch))


_NOTES: Mapping[str, Callable[[Pair], str]] = {
    "async_factor": _overlap,
    "steps_overwritten_per_epoch": _wasted,
    "stitched_segments": _stitched,
    "optimizer_steps_per_epoch": _per_epoch,
    "epochs": _epochs,
}

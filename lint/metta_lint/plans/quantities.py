"""The quantities of plans, observations and reports: the unit of each, its label, and when it is known.

A new quantity gets one record here. ``reward_<item>`` and ``reward_cap_<item>`` need none: any item has them.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Literal

from metta_lint.base.records import NamedTuple
from metta_lint.base.values import OFF

if TYPE_CHECKING:
    from collections.abc import Mapping


class Traits(NamedTuple):
    """What is true of one quantity in every run.

    - ``label``: the heading of its row in the comparison table; empty: it has no row.
    - ``known``: the phase that a trainer must reach before the quantity has a value.
    - ``scale``: its value in a run at 1/N of the size: the same, N times less, N times more, or something else.
    - ``clean``: a condition that holds in a run that wastes nothing, as the end of a formula: ``== 0``.
    - ``short``: its label in verify's summary table; empty: it is not shown there.
    """

    unit: str = "1"
    label: str = ""
    known: Literal["start", "rollout", "update", "end"] = "start"
    scale: Literal["same", "less", "more", "other"] = "same"
    clean: str | None = None
    short: str = ""


GROUPS: Mapping[str, Mapping[str, Traits]] = {
    "Environment setup": {
        "num_envs": Traits("environments", "Total environments", scale="less", short="environments"),
        "envs_per_batch": Traits("environments", "Environments per batch", scale="less"),
        "async_factor": Traits("batches in flight", "Batches in flight"),
        "num_workers": Traits("workers", "Workers", scale="other"),
        "agents_per_env": Traits("agents", "Agents per environment", short="agents in each environment"),
    },
    "Batch sizes": {
        "batch_size": Traits("agent steps", "Batch size (steps)", scale="less"),
        "minibatch_size": Traits("agent steps", "Minibatch size (steps)", scale="less"),
        "bptt_horizon": Traits("ticks", "BPTT horizon (ticks)"),
    },
    "Calculated values": {
        "total_agents": Traits("agents", "Total agents", scale="less"),
        "agents_per_batch": Traits("agents", "Agents per batch", scale="less"),
        "segments": Traits("segments", "Segments (sequences)", scale="less"),
        "minibatch_segments": Traits("segments", "Minibatch segments", scale="less"),
        "minibatches_per_epoch": Traits("minibatches", "Minibatches per epoch", "update"),
    },
    "Rollout": {
        "steps_collected_per_epoch": Traits(
            "agent steps", "Steps collected per epoch", "rollout", "less", short="agent steps collected in an epoch"
        ),
        "steps_overwritten_per_epoch": Traits(
            "agent steps",
            "Steps overwritten per epoch",
            "rollout",
            "less",
            "== 0",
            "  of them overwritten before training",
        ),
        "steps_dropped_per_epoch": Traits(
            "agent steps", "Steps dropped per epoch", "rollout", "less", "== 0", "  of them dropped before training"
        ),
        "stitched_segments": Traits(
            "segments", "Stitched segments", "rollout", "less", "== 0", "  segments stitched from two agents"
        ),
        "steps_per_env": Traits("agent steps", "Steps per environment", "rollout"),
        "ticks_per_env": Traits("ticks", "Ticks per environment", "rollout"),
    },
    "Training loop": {
        "update_epochs": Traits("update epochs", "Update epochs"),
        "optimizer_steps_per_epoch": Traits(
            "optimizer steps", "Gradient updates per epoch", "update", short="optimizer steps in an epoch"
        ),
        "steps_per_optimizer_step": Traits("agent steps", "Steps collected per gradient update", "update", "less"),
        "optimizer_steps_per_million_steps": Traits(
            "optimizer steps",
            "Gradient updates per million steps",
            "update",
            "more",
            short="  for each million collected steps",
        ),
        "steps_trained_per_epoch": Traits("agent steps", "Steps trained per epoch", "update", "less"),
        "steps_untrained_per_epoch": Traits("agent steps", "Steps in no minibatch per epoch", "update", "less", "== 0"),
        "total_timesteps": Traits("agent steps", "Total timesteps", scale="less"),
        "epochs": Traits("epochs", "Total training epochs", "end"),
        "optimizer_steps_total": Traits("optimizer steps", "Total gradient updates", "end"),
    },
    "Hyperparameters": {
        "optimizer": Traits(label="Optimizer", short="optimizer"),
        "learning_rate": Traits(label="Learning rate", short="learning rate"),
        "anneal_lr": Traits(label="Learning rate annealing"),
        "adam_beta1": Traits(label="Beta 1"),
        "adam_beta2": Traits(label="Beta 2"),
        "adam_eps": Traits(label="Epsilon"),
        "weight_decay": Traits(label="Weight decay"),
        "gamma": Traits(label="Gamma"),
        "gae_lambda": Traits(label="Lambda"),
        "clip_coef": Traits(label="Policy clip"),
        "ent_coef": Traits(label="Entropy coefficient"),
        "vf_coef": Traits(label="Value coefficient"),
        "vf_clip_coef": Traits(label="Value clip"),
        "max_grad_norm": Traits(label="Gradient norm limit"),
        "prio_alpha": Traits(label="Prioritisation alpha"),
        "prio_beta0": Traits(label="Prioritisation beta"),
        "vtrace_rho_clip": Traits(label="V-trace rho clip"),
        "vtrace_c_clip": Traits(label="V-trace c clip"),
        "target_kl": Traits(label="KL stop"),
        "normalize_advantages": Traits(label="Advantage normalisation"),
        "clip_value_loss": Traits(label="Value clipping"),
        "reward_clamp": Traits("reward", "Reward clamp"),
        "lstm_layers": Traits("layers", "LSTM layers"),
    },
    "": {
        "requested_envs": Traits("environments", scale="less"),
        "requested_envs_per_batch": Traits("environments", scale="less"),
        "requested_workers": Traits("workers", scale="other"),
        "workers_counted": Traits("workers", scale="other"),
        "envs_per_worker": Traits("environments", scale="other"),
        "target_envs": Traits("environments", scale="less"),
        "forward_pass_target": Traits("agents", scale="less"),
        "num_buffers": Traits("buffers"),
        "agents_without_buffer": Traits("agents"),
        "ranks_counted": Traits("ranks"),
        "max_minibatch_size": Traits("agent steps", scale="less"),
        "accumulate_minibatches": Traits("minibatches"),
        "filled_batches": Traits("batches", known="rollout"),
        "last_round": Traits("rounds", known="rollout"),
        "last_batch": Traits("batches", known="rollout"),
        "arrivals_per_epoch": Traits("batches", known="rollout"),
        "rows_filled": Traits("segments", known="rollout", scale="less"),
        "rows_left_partial": Traits("segments", known="rollout", scale="less"),
        "buffer_steps": Traits("agent steps", scale="less"),
        "steps_per_agent": Traits("agent steps", known="rollout"),
        "mixed_segments": Traits("segments", known="rollout", scale="less"),
        "minibatches_without_step": Traits("minibatches", known="update", clean="== 0"),
        "credited_ticks": Traits("ticks", known="update", clean="> 0"),
        "weights_finite": Traits(known="update", clean="== True"),
        "scheduler_epochs": Traits("epochs"),
        "epochs_at_most": Traits("epochs", known="update"),
        "last_epoch_at_most": Traits("epochs as the trainer counts them", known="update"),
        "checkpoint_interval": Traits("epochs as the trainer counts them"),
        "wandb_checkpoint_interval": Traits("epochs as the trainer counts them"),
        "evaluate_interval": Traits("epochs as the trainer counts them"),
        "final_learning_rate": Traits(known="end"),
        "precision": Traits(),
        "sampling": Traits(),
        "critic_update": Traits(),
        "average_reward_beta": Traits(),
        "hyperparameter_schedules": Traits(),
        "observation_bytes": Traits("bytes"),
        "step_bytes": Traits("bytes"),
        "policy_size": Traits("units"),
        "experience_bytes": Traits("bytes", scale="less"),
        "model_parameters": Traits("parameters"),
    },
}
"""All quantities, in the groups and the order of the comparison table; the last group has no rows there."""

TRAITS: Mapping[str, Traits] = {name: traits for group in GROUPS.values() for name, traits in group.items()}
REWARD = "reward_"
CAP = "reward_cap_"
WHOLE_RUN = frozenset(name for name, traits in TRAITS.items() if traits.known == "end")
"""Quantities that can only be measured in a run that reaches total_timesteps."""

_PHASES = ("start", "rollout", "update", "end")


def traits_of(name: str) -> Traits:
    """A quantity's traits. A quantity that only a plugin knows has the default ones."""
    found = TRAITS.get(name)
    if found is not None:
        return found
    if not name.startswith(REWARD):
        return Traits()
    item = name.removeprefix(CAP).removeprefix(REWARD)
    return Traits("reward", f"Cap on {item} rewards" if name.startswith(CAP) else f"Reward for {item}")


def is_reward(name: str) -> bool:
    """Whether a quantity is the reward for an item, or the cap on that reward."""
    return name.startswith(REWARD) and name not in TRAITS


def absent_reward(name: str) -> object:
    """The value of a reward or a cap that an environment does not set: the reward is 0, the cap is off."""
    return OFF if name.startswith(CAP) else 0


@cache  # a sweep plans every suggestion
def unknown_after(phase: str) -> frozenset[str]:
    """The quantities that have no value in a run that ends in a phase, or before it."""
    return frozenset(name for name, traits in TRAITS.items() if _PHASES.index(traits.known) > _PHASES.index(phase))

"""What follows for a whole run from one rollout and its updates: the arithmetic that every trainer shares."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metta_lint.base.records import NamedTuple
from metta_lint.base.unknown import Unknown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from metta_lint.plans.derivation import Derivation

COLLECTED = frozenset(
    {
        "filled_batches",
        "last_round",
        "last_batch",
        "arrivals_per_epoch",
        "rows_filled",
        "rows_left_partial",
        "steps_collected_per_epoch",
        "steps_overwritten_per_epoch",
        "steps_dropped_per_epoch",
        "stitched_segments",
        "steps_per_env",
        "ticks_per_env",
    }
)
"""Quantities of a rollout: a trainer that stops at its first update has them behind it."""

NEVER_REACHED = COLLECTED | frozenset(
    {
        "minibatches_per_epoch",
        "optimizer_steps_per_epoch",
        "steps_trained_per_epoch",
        "steps_untrained_per_epoch",
        "minibatches_without_step",
        "steps_per_optimizer_step",
        "optimizer_steps_per_million_steps",
        "epochs",
        "optimizer_steps_total",
        "epochs_at_most",
        "last_epoch_at_most",
        "credited_ticks",
        "final_learning_rate",
        "weights_finite",
    }
)
"""Quantities of a rollout and its updates: a trainer that refuses to start never gets to them."""


class Backend(NamedTuple):
    """What a plan must know of the environment and policy code that no config holds, to predict sizes.

    ``step_bytes`` counts all that the experience buffer keeps of one agent step besides its observation;
    ``model_parameters`` is a formula over ``policy_size`` and ``lstm_layers``.
    """

    name: str
    observation_bytes: int
    step_bytes: int
    model_parameters: str
    policy_size: int


def summarise(d: Derivation, backend: Backend | None) -> None:
    """Derive the quantities per environment, per optimizer step and of the whole run, and the sizes in memory."""
    d.define("buffer_steps", "segments * bptt_horizon", "agent steps")
    d.define("steps_per_env", "segments * bptt_horizon / num_envs", "agent steps")
    d.define(
        "credited_ticks", "bptt_horizon - 1", "ticks", "a segment's last tick has no advantage: nothing follows it"
    )
    if d.holds("normalize_advantages and minibatch_size == 1 and optimizer_steps_per_epoch >= 1"):
        # Only then: what else makes weights infinite is in no config.
        source = "PyTorch std(): one value has no deviation, and all that is divided by it is NaN"
        d.define("weights_finite", "minibatch_size > 1 or not normalize_advantages", "1", source)
    d.define("ticks_per_env", "steps_per_env / agents_per_env", "ticks")
    d.define(
        "steps_untrained_per_epoch",
        "max(0, int(update_epochs * batch_size) - steps_trained_per_epoch)",
        "agent steps",
    )
    d.define("steps_per_optimizer_step", "steps_collected_per_epoch / optimizer_steps_per_epoch", "agent steps")
    d.define(
        "optimizer_steps_per_million_steps",
        "1000000 * optimizer_steps_per_epoch / steps_collected_per_epoch",
        "optimizer steps",
    )
    d.define("epochs", "max(0, int(ceil_div(total_timesteps, steps_collected_per_epoch * ranks_counted)))", "epochs")
    d.define("optimizer_steps_total", "epochs * optimizer_steps_per_epoch", "optimizer steps")
    _sizes(d, backend)


def derive_intervals(d: Derivation, keys: Mapping[str, str], ticks_per_epoch: str) -> None:
    """Derive the intervals at which something is done, and the highest number that they are held against.

    ``keys`` map intervals to their settings; ``ticks_per_epoch`` is by how much the trainer's counter grows with a
    rollout and its updates. A rollout fills the buffer at least once, so there are no more epochs than that gives.
    """
    for name, key in keys.items():
        d.define(name, key, "epochs as the trainer counts them")
    d.define("epochs_at_most", "max(0, int(ceil_div(total_timesteps, buffer_steps * ranks_counted)))", "epochs")
    d.define("last_epoch_at_most", f"epochs_at_most * {ticks_per_epoch}", "epochs as the trainer counts them")


def _sizes(d: Derivation, backend: Backend | None) -> None:
    if backend is None:
        unknown = Unknown("it depends on the environment's and the policy's code; verify says it for its own")
        d.assume("experience_bytes", unknown, "bytes", "")
        d.assume("model_parameters", unknown, "parameters", "")
        return
    source = f"the {backend.name} environment and the reference policy"
    d.assume("observation_bytes", backend.observation_bytes, "bytes", source)
    d.assume("step_bytes", backend.step_bytes, "bytes", source)
    d.assume("policy_size", backend.policy_size, "units", source)
    d.define("experience_bytes", "segments * bptt_horizon * (observation_bytes + step_bytes)", "bytes", source)
    d.define("model_parameters", backend.model_parameters, "parameters", source)

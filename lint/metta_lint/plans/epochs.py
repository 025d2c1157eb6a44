"""The arithmetic that every trainer shares: what one rollout collects, and what follows for a whole run.

For each agent the trainers keep a row and a column of the experience buffer. Batches arrive strictly in turn; each
arrival writes one column of ``agents_per_batch`` rows. When a batch has filled its ``bptt_horizon`` columns, its rows
are full and it takes the next free ones. Collection stops when the number of full rows reaches ``segments``
(PufferLib 3.0 pufferl.py evaluate(); Metta experience.py store()).

With F batches in turn, the last batch to fill is number ``filled_batches`` = C: batch i = (C - 1) % F in its round
k = (C - 1) // F. It has then arrived (k + 1) * horizon times, as have the batches before it; the F - 1 - i batches
after it have arrived once less, and leave rows that lack their last column (none at all where the horizon is 1).
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from metta_lint.base.records import NamedTuple
from metta_lint.base.unknown import Unknown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from metta_lint.plans.derivation import Derivation


ANNEALING = "PyTorch CosineAnnealingLR"


class Backend(NamedTuple):
    """Sizes of the environment and the policy that are in no config; a plan needs them to predict memory.

    ``step_bytes`` are the bytes of one agent step in the experience buffer without its observation.
    ``model_parameters`` is a formula over ``policy_size`` and ``lstm_layers``.
    """

    name: str
    observation_bytes: int
    step_bytes: int
    model_parameters: str
    policy_size: int


def account(d: Derivation, *, overrun: str) -> None:
    """Derive the quantities of one rollout from segments, bptt_horizon, agents_per_batch and async_factor.

    ``overrun`` is the loop's: "raise" (PufferLib: a row past the buffer's end fails) or "overwrite" (Metta: rows are
    taken modulo the segments).
    """
    source = "PufferLib 3.0 pufferl.py evaluate()" if overrun == "raise" else "Metta 2025-07 experience.py store()"
    define, assume = partial(d.define, source=source), partial(d.assume, source=source)
    define("filled_batches", "ceil_div(segments, agents_per_batch)")
    define("last_round", "(filled_batches - 1) // async_factor")
    define("last_batch", "(filled_batches - 1) % async_factor")
    define("arrivals_per_epoch", "((last_round + 1) * bptt_horizon - 1) * async_factor + last_batch + 1")
    define("steps_collected_per_epoch", "arrivals_per_epoch * agents_per_batch")
    define("rows_filled", "filled_batches * agents_per_batch")
    define("rows_left_partial", "(async_factor - 1 - last_batch) * agents_per_batch if bptt_horizon > 1 else 0")
    surplus = "steps_collected_per_epoch - segments * bptt_horizon"
    if overrun == "overwrite":
        define("steps_overwritten_per_epoch", surplus)
        define("stitched_segments", "rows_left_partial")
        assume("steps_dropped_per_epoch", 0)
        return
    assume("steps_overwritten_per_epoch", 0)
    assume("stitched_segments", 0)
    because = "a batch of one agent beyond the buffer is broadcast into an empty slice, and nothing raises"
    d.define("steps_dropped_per_epoch", surplus, source=f"{source}: {because}")
    d.refuse_unless(
        "rows-fit-buffer",
        "agents_per_batch == 1 or rows_filled + rows_left_partial <= segments",
        exception="RuntimeError",
        message=(
            "the first rollout writes {agents_per_batch} rows past the end of a buffer of {segments} segments: "
            "{segments} is not a multiple of total_agents = {total_agents}"
        ),
        at=("batch_size", "total_agents"),
    )


def summarise(d: Derivation, backend: Backend | None) -> None:
    """Derive the quantities per environment, per optimizer step and of the whole run, and the sizes in memory."""
    d.define("buffer_steps", "segments * bptt_horizon")
    d.define("steps_per_env", "segments * bptt_horizon / num_envs")
    d.define("credited_ticks", "bptt_horizon - 1", source="a segment's last tick has no advantage: nothing follows it")
    if d.holds("normalize_advantages and minibatch_size == 1 and optimizer_steps_per_epoch >= 1"):
        # Only in this case: nothing else that makes weights infinite is in a config.
        source = "PyTorch std(): one value has no deviation, and all that is divided by it is NaN"
        d.define("weights_finite", "minibatch_size > 1 or not normalize_advantages", source=source)
    d.define("ticks_per_env", "steps_per_env / agents_per_env")
    d.define("steps_untrained_per_epoch", "max(0, int(update_epochs * batch_size) - steps_trained_per_epoch)")
    d.define("steps_per_optimizer_step", "steps_collected_per_epoch / optimizer_steps_per_epoch")
    d.define("optimizer_steps_per_million_steps", "1000000 * optimizer_steps_per_epoch / steps_collected_per_epoch")
    d.define("epochs", "max(0, int(ceil_div(total_timesteps, steps_collected_per_epoch * ranks_counted)))")
    d.define("optimizer_steps_total", "epochs * optimizer_steps_per_epoch")
    _sizes(d, backend)


def derive_intervals(d: Derivation, keys: Mapping[str, str], ticks_per_epoch: str) -> None:
    """Derive the intervals of checkpoints and evaluations, and the last epoch that they can be reached at.

    ``keys`` map intervals to their settings. ``ticks_per_epoch`` is what the trainer's epoch counter grows by in one
    rollout with its updates. A rollout fills the buffer at least once, which limits the number of epochs.
    """
    for name, key in keys.items():
        d.define(name, key)
    d.define("epochs_at_most", "max(0, int(ceil_div(total_timesteps, buffer_steps * ranks_counted)))")
    d.define("last_epoch_at_most", f"epochs_at_most * {ticks_per_epoch}")


def _sizes(d: Derivation, backend: Backend | None) -> None:
    if backend is None:
        unknown = Unknown("it depends on the environment's and the policy's code; verify says it for its own")
        d.assume("experience_bytes", unknown)
        d.assume("model_parameters", unknown)
        return
    source = f"the {backend.name} environment and the reference policy"
    d.assume("observation_bytes", backend.observation_bytes, source=source)
    d.assume("step_bytes", backend.step_bytes, source=source)
    d.assume("policy_size", backend.policy_size, source=source)
    d.define("experience_bytes", "segments * bptt_horizon * (observation_bytes + step_bytes)", source=source)
    d.define("model_parameters", backend.model_parameters, source=source)

"""Rollout accounting: what one epoch collects, overwrites, drops and stitches, in closed form.

Per agent the trainers keep a row and a column of the experience buffer. Batches arrive in strict turn; each arrival
writes one column of ``agents_per_batch`` rows. A batch that fills its ``bptt_horizon`` columns counts its rows as full
and takes the next free ones; collection stops at the first arrival that brings the full rows to ``segments``
(PufferLib 3.0 pufferl.py evaluate(); Metta experience.py store()).

With F batches in turn, the last batch to fill is number ``filled_batches`` = C: batch i = (C - 1) % F in its round
k = (C - 1) // F. It has then arrived (k + 1) * horizon times, as have the batches before it; the F - 1 - i batches
after it have arrived once less, and leave rows that lack their last column (none at all where the horizon is 1).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from metta_lint.plans.derivation import Derivation


def account(d: Derivation, *, overrun: str) -> None:
    """Derive the quantities of one rollout from segments, bptt_horizon, agents_per_batch and async_factor.

    ``overrun`` is the loop's: "raise" (PufferLib: a row past the buffer's end fails) or "overwrite" (Metta: rows are
    taken modulo the segments).
    """
    source = "PufferLib 3.0 pufferl.py evaluate()" if overrun == "raise" else "Metta 2025-07 experience.py store()"
    d.define("filled_batches", "ceil_div(segments, agents_per_batch)", source=source)
    d.define("last_round", "(filled_batches - 1) // async_factor", source=source)
    d.define("last_batch", "(filled_batches - 1) % async_factor", source=source)
    d.define(
        "arrivals_per_epoch", "((last_round + 1) * bptt_horizon - 1) * async_factor + last_batch + 1", source=source
    )
    d.define("steps_collected_per_epoch", "arrivals_per_epoch * agents_per_batch", source=source)
    d.define("rows_filled", "filled_batches * agents_per_batch", source=source)
    d.define(
        "rows_left_partial",
        "(async_factor - 1 - last_batch) * agents_per_batch if bptt_horizon > 1 else 0",
        source=source,
    )
    if overrun == "overwrite":
        _count_overwritten(d, source)
    else:
        _count_dropped(d, source)


def _count_overwritten(d: Derivation, source: str) -> None:
    d.define("steps_overwritten_per_epoch", "steps_collected_per_epoch - segments * bptt_horizon", source=source)
    d.define("stitched_segments", "rows_left_partial", source=source)
    d.assume("steps_dropped_per_epoch", 0, source=source)


def _count_dropped(d: Derivation, source: str) -> None:
    d.assume("steps_overwritten_per_epoch", 0, source=source)
    d.assume("stitched_segments", 0, source=source)
    d.define(
        "steps_dropped_per_epoch",
        "steps_collected_per_epoch - segments * bptt_horizon",
        source=f"{source}: a batch of one agent beyond the buffer is broadcast into an empty slice, and nothing raises",
    )
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

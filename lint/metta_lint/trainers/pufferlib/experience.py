"""Derives the experience buffer and its minibatches: PuffeRL.__init__() up to the optimizer."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from metta_lint.base.unknown import Unknown
from metta_lint.plans.plan import Refusal

if TYPE_CHECKING:
    from metta_lint.plans.derivation import Derivation

INIT = "PufferLib 3.0 pufferl.py PuffeRL.__init__()"
SIZES_OF_MINIBATCH = ("train.minibatch_size", "train.max_minibatch_size")


def derive_experience(d: Derivation) -> None:
    """Derive batch, horizon, segments and minibatches; refuse sizes that do not fit each other."""
    d.check_numbers(("train.seed",), "numeric-seed", words=_seed_words(d))
    _derive_batch(d)
    d.define("segments", source=INIT)
    _refuse_batch(d)
    _derive_minibatch(d)
    _refuse_minibatch(d)


def _seed_words(d: Derivation) -> tuple[object, ...]:
    """The words allowed in place of a seed: None, but not for Multiprocessing, which adds a worker's number to it."""
    return () if d.run.value("vec.backend") == "Multiprocessing" else (None,)


def _derive_batch(d: Derivation) -> None:
    auto_batch = d.run.value("train.batch_size") == "auto"
    auto_horizon = d.run.value("train.bptt_horizon") == "auto"
    if auto_batch and auto_horizon:
        message = "Must specify batch_size or bptt_horizon: both are auto"
        at = ("train.bptt_horizon", "train.batch_size")
        d.refuse(Refusal("batch-or-horizon-given", "APIUsageError", message, at))
        d.assume("bptt_horizon", Unknown(message), source=INIT)
        d.assume("batch_size", Unknown(message), source=INIT)
    elif auto_batch:
        d.define("bptt_horizon", "train.bptt_horizon", source=INIT)
        d.define("batch_size", "total_agents * bptt_horizon", source=INIT, decided_by="train.batch_size")
    else:
        d.define("batch_size", "train.batch_size", source=INIT)
        horizon = "batch_size // total_agents" if auto_horizon else "train.bptt_horizon"
        d.define("bptt_horizon", horizon, source=INIT, decided_by="train.bptt_horizon")


def _refuse_batch(d: Derivation) -> None:
    sizes = ("train.batch_size", "train.bptt_horizon")
    d.check_numbers(sizes, "numeric-batch", words=("auto",))
    d.refuse_unless(
        "positive-horizon",
        "bptt_horizon != 0",
        exception="ZeroDivisionError",
        message="bptt_horizon = {bptt_horizon}: batch_size = {batch_size} gives {total_agents} agents no step each",
        at=("bptt_horizon", "total_agents"),
    )
    d.refuse_unless("agents-fit-segments", at=("batch_size", "total_agents"))
    horizon = d.run.value("train.bptt_horizon")
    if horizon in (inf, -inf):
        message = f"bptt_horizon = {horizon} leaves no segment"
        d.refuse(Refusal("agents-fit-segments", "APIUsageError", message, ("train.bptt_horizon",)))
    floats = [key for key in sizes if isinstance(d.run.value(key), float)]
    d.check_numbers(floats, "sized-buffer", whole=True)
    d.refuse_unless(
        "sized-buffer",
        "bptt_horizon >= 0",
        exception="RuntimeError",
        message="bptt_horizon = {bptt_horizon}: the experience buffer cannot have a negative dimension",
    )


def _derive_minibatch(d: Derivation) -> None:
    d.define("update_epochs", "train.update_epochs", source=INIT)
    d.define("total_timesteps", "train.total_timesteps", source=INIT)
    d.assume("ranks_counted", 1, source="each rank counts its own steps against total_timesteps")
    d.define("minibatch_size", "min(train.minibatch_size, train.max_minibatch_size)", source=INIT)
    d.define("minibatch_segments", source=INIT)
    if d.run.value("train.max_minibatch_size") == inf:
        d.assume("accumulate_minibatches", 1, source=INIT)
    else:
        times = "max(1, train.minibatch_size // train.max_minibatch_size)"
        d.define("accumulate_minibatches", times, source=INIT)


def _refuse_minibatch(d: Derivation) -> None:
    if not d.check_numbers(SIZES_OF_MINIBATCH, "numeric-minibatch"):
        return
    divides = "train.minibatch_size <= train.max_minibatch_size or train.minibatch_size % train.max_minibatch_size == 0"
    if d.holds("train.max_minibatch_size == 0 and train.minibatch_size > 0"):
        message = "max_minibatch_size = 0: minibatch_size is divided by it"
        at = ("train.max_minibatch_size",)
        d.refuse(Refusal("max-minibatch-divides-minibatch", "ZeroDivisionError", message, at))
    d.refuse_unless(
        "max-minibatch-divides-minibatch",
        divides,
        message=(
            "minibatch_size = {train.minibatch_size} > max_minibatch_size = {train.max_minibatch_size} "
            "must be a multiple of it"
        ),
        at=SIZES_OF_MINIBATCH,
    )
    _refuse_endless_minibatch(d)
    d.refuse_unless(
        "minibatch-fits-batch",
        "train.minibatch_size <= batch_size",
        message="batch_size = {batch_size} must be >= minibatch_size = {train.minibatch_size}",
    )
    d.refuse_unless(
        "positive-minibatch",
        "minibatch_size != 0",
        exception="ZeroDivisionError",
        message="minibatch_size = {minibatch_size}: a batch of {batch_size} cannot be divided into minibatches of 0",
    )
    d.check_numbers(("train.update_epochs",), "numeric-update-epochs")
    epochs = d.run.value("train.update_epochs")
    if epochs in (inf, -inf):
        message = f"update_epochs = {epochs}: cannot convert float infinity to integer"
        at, before = ("train.update_epochs",), "horizon-divides-minibatch"
        d.refuse(Refusal("numeric-update-epochs", "OverflowError", message, at, before=before))
    d.refuse_unless("horizon-divides-minibatch", at=("minibatch_size", "batch_size"))


def _refuse_endless_minibatch(d: Derivation) -> None:
    """Refuse infinite sizes: ``x % inf`` is x and ``inf % x`` is NaN, and PuffeRL asks that the remainder be 0."""
    asked, largest = (d.run.value(key) for key in SIZES_OF_MINIBATCH)
    if asked == largest == inf:
        return
    if (asked == inf and largest != 0) or largest == -inf:
        message = f"minibatch_size = {asked} > max_minibatch_size = {largest} must be a multiple of it"
        d.refuse(Refusal("max-minibatch-divides-minibatch", "APIUsageError", message, SIZES_OF_MINIBATCH))
    if asked == -inf:
        message = "minibatch_size = -inf must be divisible by bptt_horizon"
        d.refuse(Refusal("horizon-divides-minibatch", "APIUsageError", message, ("train.minibatch_size",)))

"""Derives the optimizer, the schedule and the updates: the end of PuffeRL.__init__(), and train()."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Any

from metta_lint.base.unknown import Unknown
from metta_lint.plans.plan import Refusal
from metta_lint.trainers.pufferlib.experience import INIT, SIZES_OF_MINIBATCH

if TYPE_CHECKING:
    from metta_lint.plans.derivation import Derivation

TRAINING = "PufferLib 3.0 pufferl.py train()"
OPTIMIZERS = ("adam", "muon")
PRECISIONS = ("float32", "bfloat16")
DTYPES = frozenset(
    """
    bfloat16 bool cdouble cfloat chalf complex128 complex32 complex64 double float float16 float32 float64 half int
    int16 int32 int64 int8 long short uint16 uint32 uint64 uint8
    """.split()
)
"""Names of torch's types. PuffeRL gets the type from torch before it checks whether it supports it."""

OF_THE_OPTIMIZER = ("train.learning_rate", "train.adam_beta1", "train.adam_beta2", "train.adam_eps")
OF_THE_PRIORITIES = ("train.prio_beta0", "train.prio_alpha")
OF_THE_ADVANTAGES = ("train.gamma", "train.gae_lambda", "train.vtrace_rho_clip", "train.vtrace_c_clip")
OF_THE_LOSS = ("train.clip_coef", "train.vf_clip_coef", "train.vf_coef", "train.ent_coef")


def derive_updates(d: Derivation) -> None:
    """Derive minibatches, optimizer steps and the schedule; refuse what the optimizer or an update raises for."""
    d.define("minibatches_per_epoch", "int(update_epochs * batch_size / minibatch_size)", source=INIT)
    d.define("optimizer_steps_per_epoch", "minibatches_per_epoch // accumulate_minibatches", source=TRAINING)
    d.define("minibatches_without_step", "minibatches_per_epoch % accumulate_minibatches", source=TRAINING)
    d.define("steps_trained_per_epoch", source=TRAINING)
    d.define("scheduler_epochs", source=INIT)
    _refuse_optimizer(d)
    _refuse_precision(d)
    if not d.holds("total_timesteps <= 0"):  # else there is no update
        _refuse_update(d)


def _refuse_optimizer(d: Derivation) -> None:
    optimizer = d.run.value("train.optimizer")
    if optimizer not in OPTIMIZERS and not isinstance(optimizer, Unknown):
        message = f"Unknown optimizer: {optimizer}; there are {' and '.join(OPTIMIZERS)}"
        d.refuse(Refusal("known-optimizer", "ValueError", message, ("train.optimizer",)))
    if optimizer == "adam" and d.check_numbers(OF_THE_OPTIMIZER, "numeric-optimizer"):
        _refuse_bounds(d)
    d.check_numbers(("train.total_timesteps",), "numeric-timesteps")


def _refuse_bounds(d: Derivation) -> None:
    """Refuse numbers out of bounds, in the order in which PyTorch's Adam checks them."""
    for key, name, condition, why in (
        ("train.learning_rate", "learning rate", "{} >= 0", "is less than 0"),
        ("train.adam_eps", "epsilon value", "{} >= 0", "is less than 0"),
        ("train.adam_beta1", "beta parameter at index 0", "{0} >= 0 and {0} < 1", "is not in [0, 1)"),
        ("train.adam_beta2", "beta parameter at index 1", "{0} >= 0 and {0} < 1", "is not in [0, 1)"),
    ):
        message = f"Invalid {name}: {{{key}}} {why}"
        d.refuse_unless("optimizer-bounds", condition.format(key), exception="ValueError", message=message, at=(key,))
    betas = [key for key in ("train.adam_beta1", "train.adam_beta2") if isinstance(d.run.value(key), int)]
    if betas and not any(refusal.requirement == "optimizer-bounds" for refusal in d.refusals):
        message = f"{betas[0]} = {d.run.value(betas[0])} must be written as a float: betas must be both floats"
        d.refuse(Refusal("optimizer-bounds", "ValueError", message, tuple(betas)))


def _refuse_precision(d: Derivation) -> None:
    precision = d.run.value("train.precision")
    if precision in PRECISIONS or isinstance(precision, Unknown):
        return
    if not isinstance(precision, str):
        exception, message = "TypeError", f"precision = {precision!r} is not the name of a torch type"
    elif precision not in DTYPES:
        exception, message = "AttributeError", f"module 'torch' has no attribute '{precision}'"
    else:
        exception, message = "APIUsageError", f"Invalid precision: {precision}"
    message += f": use {' or '.join(PRECISIONS)}"
    d.refuse(Refusal("known-precision", exception, message, ("train.precision",)))


def _refuse_update(d: Derivation) -> None:
    d.check_numbers(OF_THE_PRIORITIES, "numeric-priorities")
    d.refuse_unless(
        "timesteps-fill-batch",
        "scheduler_epochs >= 1",
        exception="ZeroDivisionError",
        message=(
            "total_timesteps = {total_timesteps} is less than batch_size = {batch_size}: "
            "the first update divides by 0 epochs"
        ),
        at=("train.total_timesteps", "batch_size"),
    )
    if not d.holds("minibatches_per_epoch < 1"):
        _refuse_minibatch(d)
    d.refuse_unless(
        "some-minibatch",
        "minibatches_per_epoch >= 1",
        exception="UnboundLocalError",
        message=(
            "update_epochs = {update_epochs} leaves no minibatch: int({update_epochs} * {batch_size} / "
            "{minibatch_size}) = {minibatches_per_epoch}, and what follows needs the advantages of the last one"
        ),
        at=("train.update_epochs", "batch_size"),
    )
    if d.run.value("train.total_timesteps") == inf:
        message = "total_timesteps = inf: cannot convert float infinity to integer (the dashboard's time that remains)"
        d.refuse(Refusal("finite-timesteps", "OverflowError", message, ("train.total_timesteps",)))
    _refuse_checkpoint(d)


def _refuse_minibatch(d: Derivation) -> None:
    """Refuse values that a minibatch raises for, in its order: advantages, sampling, loss, gradient norm."""
    d.check_numbers(OF_THE_ADVANTAGES, "numeric-advantages", exception="RuntimeError")
    d.check_numbers(rows_of_minibatch(d), "integer-minibatch", whole=True)
    d.check_numbers(OF_THE_LOSS, "numeric-loss")
    if d.holds("optimizer_steps_per_epoch >= 1"):
        _refuse_gradient_norm(d)
        _refuse_muon(d)


def rows_of_minibatch(d: Derivation) -> list[str]:
    """The smaller of the two minibatch sizes, which is used as a size; the other one is only compared with it."""
    sizes = {key: d.run.value(key) for key in SIZES_OF_MINIBATCH}
    numbers = {key: size for key, size in sizes.items() if isinstance(size, int | float)}
    return [min(numbers, key=lambda key: numbers[key])] if len(numbers) == len(sizes) else []


def _refuse_gradient_norm(d: Derivation) -> None:
    """Refuse a max_grad_norm that float() refuses; a number in quotes passes."""
    norm: Any = d.run.value("train.max_grad_norm")
    try:
        if not isinstance(norm, int | Unknown):
            float(norm)
    except (TypeError, ValueError) as error:
        message = f"train.max_grad_norm = {norm!r} is a {type(norm).__name__}; it must be a number"
        refusal = Refusal("numeric-gradient-norm", type(error).__name__, message, ("train.max_grad_norm",))
        d.refuse(refusal)


def _refuse_muon(d: Derivation) -> None:
    """Refuse what heavyball's muon raises for in a step: the learning rate and adam_beta1, its only momentum."""
    if d.run.value("train.optimizer") != "muon":
        return
    d.check_numbers(("train.learning_rate",), "numeric-step")
    momentum = d.run.value("train.adam_beta1")
    if momentum is None:
        message = "train.adam_beta1 = None: Beta not found in group"
        d.refuse(Refusal("numeric-step", "ValueError", message, ("train.adam_beta1",)))
    else:
        d.check_numbers(("train.adam_beta1",), "numeric-step")


def _refuse_checkpoint(d: Derivation) -> None:
    d.check_numbers(("train.checkpoint_interval",), "checkpoint-interval")
    d.refuse_unless(
        "checkpoint-interval",
        "train.checkpoint_interval != 0",
        exception="ZeroDivisionError",
        message="checkpoint_interval = {train.checkpoint_interval}: the first update divides by it",
    )

"""Checks a loop against the requirements of the configured trainer, by arithmetic of its own.

Two kinds of requirements are not here. A loop does not show those of the config
(``metta_lint.loops.requirements.CONFIG_REQUIREMENTS``). Others fail by themselves: ``rows-fit-buffer`` in
Experience.store, ``timesteps-fill-batch`` and ``some-minibatch`` in Update.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from metta_lint.loops.loop import Loop
from metta_lint.loops.requirements import UPDATE_REQUIREMENTS
from metta_lint_trainer.errors import TrainerRefusal

GIVEN_LATER = "auto"
"""PufferLib's word for a size that the other sizes decide."""

LEFT_TO_TRAINER = ("batch_size", "bptt_horizon")
BETAS = ("adam_beta1", "adam_beta2")


def check_start(loop: Loop) -> None:
    """Raise TrainerRefusal for the first of the loop's requirements that does not hold; an update's are left out."""
    _check(loop, [name for name in loop.requirements if name not in UPDATE_REQUIREMENTS])


def check_update(loop: Loop) -> None:
    """Raise TrainerRefusal for the first of the loop's requirements of an update that does not hold."""
    _check(loop, [name for name in loop.requirements if name in UPDATE_REQUIREMENTS])


def _check(loop: Loop, requirements: list[str]) -> None:
    for requirement in requirements:
        if requirement not in CHECKS:
            continue
        try:
            problem = CHECKS[requirement](loop)
        except (TypeError, ValueError, ZeroDivisionError, OverflowError) as error:
            raise TrainerRefusal(requirement=requirement, exception=type(error).__name__, message=str(error)) from error
        if problem is not None:
            raise TrainerRefusal(requirement=requirement, exception="ValueError", message=problem)


Check = Callable[[Loop], str | None]
"""Says what is wrong, or None. An error of its arithmetic is the trainer's own."""


def _numeric(*names: str, exception: type[Exception] = TypeError) -> Check:
    """A check that fields of a loop are numbers, or auto where the trainer decides."""

    def check_numbers(loop: Loop) -> None:
        for name in names:
            value = getattr(loop, name)
            if not isinstance(value, int | float) and not (name in LEFT_TO_TRAINER and value == GIVEN_LATER):
                raise exception(f"{name} = {value!r} is no number")

    return check_numbers


def _integer(name: str, *, least: int | None = None) -> Check:
    """A check that a field of a loop is an integer, of at least so much."""

    def check_integer(loop: Loop) -> str | None:
        value = getattr(loop, name)
        if not isinstance(value, int):
            raise TypeError(f"{name} = {value!r} is no integer")
        return f"{name} = {value}" if least is not None and value < least else None

    return check_integer


def _integer_sizes(loop: Loop) -> None:
    sizes: dict[str, object] = {
        "agents_per_env": loop.environment.agents_per_env,
        "num_envs": loop.num_envs,
        "num_workers": loop.num_workers,
        "envs_per_batch": loop.envs_per_batch,
        "batch_size": loop.batch_size,
        "bptt_horizon": loop.bptt_horizon,
        "minibatch_size": smaller_minibatch(loop),
    }
    for name, size in sizes.items():
        if not isinstance(size, int) and not (name in LEFT_TO_TRAINER and _is_given_later(loop, size)):
            raise TypeError(f"{name} = {size!r} is no whole number")


def _integer_clocks(loop: Loop) -> str | None:
    for name, clock in (("update_epochs", loop.update_epochs), ("total_timesteps", loop.total_timesteps)):
        if not isinstance(clock, int):
            raise TypeError(f"{name} = {clock!r} is no whole number")
        if clock < 1:
            return f"{name} = {clock}"
    return None


def _positive_sizes(loop: Loop) -> str | None:
    sizes = {
        "num_envs": loop.num_envs,
        "agents_per_env": loop.environment.agents_per_env,
        "num_workers": loop.num_workers,
        "envs_per_batch": loop.envs_per_batch,
        "batch_size": loop.batch_size,
        "minibatch_size": smaller_minibatch(loop),
    }
    small = next((name for name, size in sizes.items() if not _is_given_later(loop, size) and size < 1), None)
    return None if small is None else f"{small} = {sizes[small]}"


def _is_given_later(loop: Loop, size: object) -> bool:
    """Whether a size is one that the trainer works out itself; a trainer that insists on one of two takes the word."""
    return size == GIVEN_LATER and "batch-or-horizon-given" in loop.requirements


def smaller_minibatch(loop: Loop) -> int:
    """Agent steps of a minibatch that is trained on; an optimizer step may accumulate several."""
    return loop.minibatch_size if loop.max_minibatch_size is None else min(loop.minibatch_size, loop.max_minibatch_size)


def _positive_envs(loop: Loop) -> str | None:
    return None if loop.num_envs >= 1 else f"num_envs = {loop.num_envs}"


def _workers_divide_envs(loop: Loop) -> str | None:
    return _not_multiple("num_envs", loop.num_envs, "num_workers", loop.num_workers)


def _numeric_inference_batch(loop: Loop) -> str | None:
    """No number stands for all environments, until they are counted."""
    batch: object = loop.envs_per_batch
    return None if batch is None else _numeric("envs_per_batch")(loop)


def _worker_envs_divide_batch(loop: Loop) -> str | None:
    batch: object = loop.envs_per_batch
    if batch is None:
        return None
    envs_per_worker = loop.num_envs / loop.num_workers
    return _not_multiple("envs_per_batch", loop.envs_per_batch, "environments of a worker", envs_per_worker)


def _batches_divide_envs(loop: Loop) -> str | None:
    """PufferLib 3.0 vector.py asks for this with zero_copy alone."""
    return _not_multiple("num_envs", loop.num_envs, "envs_per_batch", loop.envs_per_batch) if loop.zero_copy else None


def _batch_or_horizon_given(loop: Loop) -> str | None:
    missing = _is_given_later(loop, loop.batch_size) and _is_given_later(loop, loop.bptt_horizon)
    return "neither batch_size nor bptt_horizon is a number" if missing else None


def _positive_horizon(loop: Loop) -> str | None:
    """PufferLib divides by the horizon before it looks at anything; Metta asks for at least 1."""
    if _is_given_later(loop, loop.bptt_horizon):
        return None
    least_asked_for = 1 if "sized-buffer" not in loop.requirements else -math.inf
    too_small = loop.bptt_horizon == 0 or loop.bptt_horizon < least_asked_for
    return f"bptt_horizon = {loop.bptt_horizon}" if too_small else None


def _agents_fit_segments(loop: Loop) -> str | None:
    agents = loop.num_envs * loop.environment.agents_per_env
    segments = loop.batch_size // loop.bptt_horizon
    return None if agents <= segments else f"{agents:,} agents do not fit in {segments:,} segments"


def _max_minibatch_divides_minibatch(loop: Loop) -> str | None:
    largest = loop.max_minibatch_size
    if largest is None or loop.minibatch_size <= largest:
        return None
    return _not_multiple("minibatch_size", loop.minibatch_size, "max_minibatch_size", largest)


def _minibatch_fits_batch(loop: Loop) -> str | None:
    if loop.minibatch_size <= loop.batch_size:
        return None
    return f"minibatch_size {loop.minibatch_size:,} > batch_size {loop.batch_size:,}"


def _minibatch_divides_batch(loop: Loop) -> str | None:
    return _not_multiple("batch_size", loop.batch_size, "minibatch_size", loop.minibatch_size)


def _horizon_divides_minibatch(loop: Loop) -> str | None:
    return _not_multiple("minibatch_size", smaller_minibatch(loop), "bptt_horizon", loop.bptt_horizon)


def _minibatch_segments_divide_segments(loop: Loop) -> str | None:
    segments = loop.batch_size // loop.bptt_horizon
    return _not_multiple("segments", segments, "minibatch_segments", smaller_minibatch(loop) // loop.bptt_horizon)


def _known_optimizer(loop: Loop) -> str | None:
    return None if loop.optimizer in ("adam", "muon") else f"optimizer {loop.optimizer!r}"


def _known_precision(loop: Loop) -> str | None:
    return None if loop.precision in ("float32", "bfloat16") else f"precision {loop.precision!r}"


def _whole_envs(loop: Loop) -> str | None:
    return None if loop.num_envs == int(loop.num_envs) else f"num_envs = {loop.num_envs}"


def _some_worker(loop: Loop) -> str | None:
    return None if loop.num_workers else "no worker"


def _some_inference_batch(loop: Loop) -> str | None:
    return None if loop.envs_per_batch else "batches of no environment"


def _serial_batch_fits_envs(loop: Loop) -> str | None:
    if 1 <= loop.envs_per_batch <= loop.num_envs:
        return None
    return f"{loop.envs_per_batch} of {loop.num_envs} environments"


def _integer_workers(loop: Loop) -> str | None:
    """Shared memory's size takes no True for 1."""
    if isinstance(loop.num_workers, bool):
        raise TypeError(f"num_workers = {loop.num_workers} is no integer")
    return _integer("num_workers", least=1)(loop)


def _agents(loop: Loop) -> None:
    if not isinstance(loop.environment.agents_per_env, int):
        raise TypeError(f"agents_per_env = {loop.environment.agents_per_env!r} is no integer")


def _positive_agents(loop: Loop) -> str | None:
    agents: object = loop.environment.agents_per_env
    return (
        None
        if not isinstance(agents, int | float) or agents >= 1
        else f"agents_per_env = {loop.environment.agents_per_env}"
    )


def _numeric_seed(loop: Loop) -> str | None:
    without_one = "integer-workers" not in loop.requirements  # only numbered workers add to it
    seed: object = loop.seed
    return None if seed is None and without_one else _numeric("seed")(loop)


def _sized_buffer(loop: Loop) -> str | None:
    for name in LEFT_TO_TRAINER:
        if not _is_given_later(loop, getattr(loop, name)) and not isinstance(getattr(loop, name), int):
            raise TypeError(f"{name} = {getattr(loop, name)!r} is no integer")
    negative = not _is_given_later(loop, loop.bptt_horizon) and loop.bptt_horizon < 0
    return f"bptt_horizon = {loop.bptt_horizon}" if negative else None


def _numeric_minibatch(loop: Loop) -> str | None:
    """Without a largest size, as in Metta, there is one number."""
    limited = loop.max_minibatch_size is not None
    return _numeric("minibatch_size", *(["max_minibatch_size"] if limited else []))(loop)


def _positive_minibatch(loop: Loop) -> str | None:
    return None if smaller_minibatch(loop) else "minibatches of no step"


def _integer_minibatch(loop: Loop) -> None:
    if _minibatches(loop) and not isinstance(smaller_minibatch(loop), int):
        raise TypeError(f"minibatch_size = {smaller_minibatch(loop)!r} is no integer")


def _numeric_optimizer(loop: Loop) -> str | None:
    return _numeric("learning_rate", *BETAS, "adam_eps")(loop) if loop.optimizer == "adam" else None


def _optimizer_bounds(loop: Loop) -> str | None:
    """PyTorch's Adam: rates from 0 up, betas in [0, 1) and both floats."""
    if loop.optimizer != "adam":
        return None
    betas = {name: getattr(loop, name) for name in BETAS}
    wrong = {name: value for name, value in betas.items() if not (isinstance(value, float) and 0.0 <= value < 1.0)}
    for name in ("learning_rate", "adam_eps"):
        if not getattr(loop, name) >= 0.0:
            wrong[name] = getattr(loop, name)
    return ", ".join(f"{name} = {value}" for name, value in wrong.items()) or None


def _batch_fits_envs(loop: Loop) -> str | None:
    if loop.zero_copy or loop.envs_per_batch <= loop.num_envs:
        return None
    return f"a batch of {loop.envs_per_batch} environments waits for more than {loop.num_envs}"


def _batches_in_turn(loop: Loop) -> str | None:
    """PufferLib's buffer takes a batch for a slice of agents, from its first to its last."""
    if loop.zero_copy or loop.num_envs % loop.envs_per_batch == 0:
        return None
    return f"batches of {loop.envs_per_batch} of {loop.num_envs} environments wrap around"


def _numeric_advantages(loop: Loop) -> str | None:
    return _numeric("gamma", "gae_lambda", "vtrace_rho_clip", "vtrace_c_clip")(loop) if _minibatches(loop) else None


def _numeric_loss(loop: Loop) -> str | None:
    return _numeric("clip_coef", "vf_clip_coef", "vf_coef", "ent_coef")(loop) if _minibatches(loop) else None


def _numeric_gradient_norm(loop: Loop) -> None:
    if _minibatches(loop) >= max(1, loop.minibatch_size // smaller_minibatch(loop)):
        float(loop.max_grad_norm)


def _numeric_step(loop: Loop) -> None:
    """heavyball's Muon: a rate, and one momentum."""
    if loop.optimizer == "muon" and _minibatches(loop) >= max(1, loop.minibatch_size // smaller_minibatch(loop)):
        _numeric("learning_rate", "adam_beta1")(loop)


def _finite_timesteps(loop: Loop) -> None:
    int(loop.total_timesteps)


def _finite_update_epochs(loop: Loop) -> None:
    _numeric("update_epochs")(loop)
    int(loop.update_epochs)


def _minibatches(loop: Loop) -> int:
    """Minibatches of the first update, none where it ends before them."""
    if loop.total_timesteps // loop.batch_size == 0:
        return 0
    return max(0, int(loop.update_epochs * loop.batch_size / smaller_minibatch(loop)))


def _checkpoint_interval(loop: Loop) -> str | None:
    if not _minibatches(loop):
        return None
    interval = loop.intervals.get("checkpoint_interval", 1)
    if not isinstance(interval, int | float):
        raise TypeError(f"checkpoint_interval = {interval!r} is no number")
    return None if interval else "checkpoint_interval = 0"


def _not_less_often(often: str, seldom: str) -> Check:
    """Metta 2025-07 trainer_config.py: an interval of 0 is off, and what is off conflicts with nothing."""

    def check_intervals(loop: Loop) -> str | None:
        every, at_least = loop.intervals.get(seldom, 0), loop.intervals.get(often, 0)
        return None if every == 0 or every >= at_least else f"{seldom} {every} < {often} {at_least}"

    return check_intervals


def _not_multiple(name: str, number: int, of: str, divisor: float) -> str | None:
    return f"{name} = {number:,} is not a multiple of {of} = {divisor:,}" if number % divisor else None


CHECKS: Mapping[str, Check] = {
    "integer-sizes": _integer_sizes,
    "integer-clocks": _integer_clocks,
    "numeric-clocks": _numeric("update_epochs", "total_timesteps"),
    "positive-sizes": _positive_sizes,
    "numeric-envs": _numeric("num_envs"),
    "positive-envs": _positive_envs,
    "whole-envs": _whole_envs,
    "numeric-workers": _numeric("num_workers"),
    "some-worker": _some_worker,
    "workers-divide-envs": _workers_divide_envs,
    "numeric-inference-batch": _numeric_inference_batch,
    "worker-envs-divide-batch": _worker_envs_divide_batch,
    "integer-envs": _integer("num_envs"),
    "integer-agents": _agents,
    "positive-agents": _positive_agents,
    "serial-batch-given": _integer("envs_per_batch"),
    "serial-batch-fits-envs": _serial_batch_fits_envs,
    "some-inference-batch": _some_inference_batch,
    "batches-divide-envs": _batches_divide_envs,
    "integer-inference-batch": _integer("envs_per_batch", least=1),
    "integer-workers": _integer_workers,
    "numeric-seed": _numeric_seed,
    "batch-or-horizon-given": _batch_or_horizon_given,
    "numeric-batch": _numeric(*LEFT_TO_TRAINER),
    "positive-horizon": _positive_horizon,
    "agents-fit-segments": _agents_fit_segments,
    "sized-buffer": _sized_buffer,
    "numeric-minibatch": _numeric_minibatch,
    "max-minibatch-divides-minibatch": _max_minibatch_divides_minibatch,
    "minibatch-fits-batch": _minibatch_fits_batch,
    "positive-minibatch": _positive_minibatch,
    "minibatch-divides-batch": _minibatch_divides_batch,
    "numeric-update-epochs": _finite_update_epochs,
    "horizon-divides-minibatch": _horizon_divides_minibatch,
    "minibatch-segments-divide-segments": _minibatch_segments_divide_segments,
    "known-optimizer": _known_optimizer,
    "numeric-optimizer": _numeric_optimizer,
    "optimizer-bounds": _optimizer_bounds,
    "numeric-timesteps": _numeric("total_timesteps"),
    "known-precision": _known_precision,
    "evaluations-have-checkpoints": _not_less_often("checkpoint_interval", "evaluate_interval"),
    "evaluations-have-uploads": _not_less_often("wandb_checkpoint_interval", "evaluate_interval"),
    "uploads-have-checkpoints": _not_less_often("checkpoint_interval", "wandb_checkpoint_interval"),
    "batch-fits-envs": _batch_fits_envs,
    "batches-in-turn": _batches_in_turn,
    "numeric-priorities": _numeric("prio_beta0", "prio_alpha"),
    "numeric-advantages": _numeric_advantages,
    "integer-minibatch": _integer_minibatch,
    "numeric-loss": _numeric_loss,
    "numeric-gradient-norm": _numeric_gradient_norm,
    "numeric-step": _numeric_step,
    "finite-timesteps": _finite_timesteps,
    "checkpoint-interval": _checkpoint_interval,
}
"""A check for each requirement that a loop can show before the step that it is about."""

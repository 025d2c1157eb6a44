"""What the configured trainer insists on before its first step, checked on the loop by arithmetic of our own.

Three of ``metta_lint.loops.REQUIREMENTS`` are not here, because they fail by themselves: ``rows-fit-buffer`` in
Experience.store, ``timesteps-fill-batch`` and ``some-minibatch`` in Update.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from metta_lint.loops import Loop
from metta_lint_trainer.errors import Refusal

GIVEN_LATER = "auto"
"""PufferLib's word for a size that the other sizes decide."""

LEFT_TO_TRAINER = ("batch_size", "bptt_horizon")


def check(loop: Loop) -> None:
    """Raise the Refusal of the first of the loop's requirements that does not hold."""
    for requirement in loop.requirements:
        if requirement not in CHECKS:
            continue
        try:
            problem = CHECKS[requirement](loop)
        except (TypeError, ValueError, ZeroDivisionError) as error:
            raise Refusal(requirement=requirement, exception=type(error).__name__, message=str(error)) from error
        if problem is not None:
            raise Refusal(requirement=requirement, exception="ValueError", message=problem)


Check = Callable[[Loop], str | None]
"""Says what is wrong, or None. An error of its arithmetic is the trainer's own."""


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


def _numeric_clocks(loop: Loop) -> None:
    for name, clock in (("update_epochs", loop.update_epochs), ("total_timesteps", loop.total_timesteps)):
        if not isinstance(clock, int | float):
            raise TypeError(f"{name} = {clock!r} is no number")


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


def _worker_envs_divide_batch(loop: Loop) -> str | None:
    envs_per_worker = loop.num_envs // loop.num_workers
    return _not_multiple("envs_per_batch", loop.envs_per_batch, "environments of a worker", envs_per_worker)


def _batches_divide_envs(loop: Loop) -> str | None:
    """PufferLib 3.0 vector.py asks for this with zero_copy alone."""
    return _not_multiple("num_envs", loop.num_envs, "envs_per_batch", loop.envs_per_batch) if loop.zero_copy else None


def _batch_or_horizon_given(loop: Loop) -> str | None:
    missing = _is_given_later(loop, loop.batch_size) and _is_given_later(loop, loop.bptt_horizon)
    return "neither batch_size nor bptt_horizon is a number" if missing else None


def _positive_horizon(loop: Loop) -> str | None:
    return (
        None
        if _is_given_later(loop, loop.bptt_horizon) or loop.bptt_horizon >= 1
        else f"bptt_horizon = {loop.bptt_horizon}"
    )


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


def _not_less_often(often: str, seldom: str) -> Check:
    """Metta 2025-07 trainer_config.py: an interval of 0 is off, and what is off conflicts with nothing."""

    def check_intervals(loop: Loop) -> str | None:
        every, at_least = loop.intervals.get(seldom, 0), loop.intervals.get(often, 0)
        return None if every == 0 or every >= at_least else f"{seldom} {every} < {often} {at_least}"

    return check_intervals


def _not_multiple(name: str, number: int, of: str, divisor: int) -> str | None:
    return f"{name} = {number:,} is not a multiple of {of} = {divisor:,}" if number % divisor else None


CHECKS: Mapping[str, Check] = {
    "integer-sizes": _integer_sizes,
    "integer-clocks": _integer_clocks,
    "numeric-clocks": _numeric_clocks,
    "positive-sizes": _positive_sizes,
    "positive-envs": _positive_envs,
    "workers-divide-envs": _workers_divide_envs,
    "worker-envs-divide-batch": _worker_envs_divide_batch,
    "batches-divide-envs": _batches_divide_envs,
    "batch-or-horizon-given": _batch_or_horizon_given,
    "positive-horizon": _positive_horizon,
    "agents-fit-segments": _agents_fit_segments,
    "max-minibatch-divides-minibatch": _max_minibatch_divides_minibatch,
    "minibatch-fits-batch": _minibatch_fits_batch,
    "minibatch-divides-batch": _minibatch_divides_batch,
    "horizon-divides-minibatch": _horizon_divides_minibatch,
    "minibatch-segments-divide-segments": _minibatch_segments_divide_segments,
    "known-optimizer": _known_optimizer,
    "known-precision": _known_precision,
    "evaluations-have-checkpoints": _not_less_often("checkpoint_interval", "evaluate_interval"),
    "evaluations-have-uploads": _not_less_often("wandb_checkpoint_interval", "evaluate_interval"),
    "uploads-have-checkpoints": _not_less_often("checkpoint_interval", "wandb_checkpoint_interval"),
}
"""A check for each requirement that is checked beforehand."""

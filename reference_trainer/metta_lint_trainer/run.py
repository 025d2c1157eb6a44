"""Runs a loop: environments, rollout, update, repeat; and says what was measured."""

from __future__ import annotations

import math
import secrets
import time
from functools import partial
from typing import TYPE_CHECKING

import torch

from metta_lint.loops import embedded
from metta_lint.loops.engine import Crash, Estimate, Observation, Progress, RunOptions
from metta_lint_trainer.environment import Arena
from metta_lint_trainer.errors import TrainerError, TrainerRefusal
from metta_lint_trainer.estimate import resources
from metta_lint_trainer.experience import Experience
from metta_lint_trainer.measure import Measurements
from metta_lint_trainer.memory import reset_peak_rss
from metta_lint_trainer.policy import Policy
from metta_lint_trainer.probe import probe
from metta_lint_trainer.requirements import check_start, check_update
from metta_lint_trainer.rollout import Actor, Times, arrivals_per_rollout, rollout
from metta_lint_trainer.update import Update
from metta_lint_trainer.workers import Arrival, Workers

if TYPE_CHECKING:
    from metta_lint.loops.engine import OnProgress
    from metta_lint.loops.loop import Loop

SEED_BITS = 63
"""As many as a seed of torch's has, without the sign."""

PROGRESS_SECONDS = 0.1
"""The least time between two calls of a progress callback, the last of a phase excepted."""


def estimate(loop: Loop, options: RunOptions) -> Estimate:
    """The memory and the seconds that a run will take, roughly; nothing, where the configured trainer would refuse.

    Raises TrainerError where this trainer cannot run the loop.
    """
    try:
        check_start(loop)
    except TrainerRefusal:
        return Estimate()
    _refuse_what_cannot_run(loop, options)
    return resources(loop, epochs=options.epochs, policy_size=options.policy_size)


def run(loop: Loop, options: RunOptions | None = None, progress: OnProgress | None = None) -> Observation:
    """Run a loop and measure it.

    Where the configured trainer would refuse or crash, the observation says so (``crash``), with all that was measured
    until then. Raises TrainerError where this trainer cannot run the loop, or a worker fails; whatever is raised,
    workers are joined and shared memory is unlinked first.
    """
    options = options or RunOptions()
    started = time.perf_counter()
    device = pick_device(options.device)
    measured = Measurements()
    crash = None
    try:
        check_start(loop)
        _refuse_what_does_not_fit(estimate(loop, options), options.max_memory)
        _train(loop, options, device, measured, _throttled(progress))
    except TrainerRefusal as refusal:
        crash = Crash(refusal.requirement, refusal.exception, refusal.message)
    except (TypeError, ValueError, RuntimeError, ArithmeticError, IndexError) as error:
        # What no requirement names: a hyperparameter that is no number, a policy that has run into nan.
        crash = Crash("", type(error).__name__, str(error))
    return Observation(
        quantities=measured.quantities(),
        rates=measured.rates(),
        crash=crash,
        device=str(device),
        environment=options.backend,
        seconds=time.perf_counter() - started,
    )


def _train(loop: Loop, options: RunOptions, device: torch.device, measured: Measurements, report: OnProgress) -> None:
    deadline = time.perf_counter() + (math.inf if options.seconds is None else options.seconds)
    reset_peak_rss()
    seed = secrets.randbits(SEED_BITS) if loop.seed is None else loop.seed
    with _workers(loop, seed) as envs:
        generator = torch.Generator(device).manual_seed(seed)
        policy = _new_policy(loop, options.policy_size, seed).to(device)
        update = Update(loop, policy, generator)
        actor = Actor(loop, policy, generator, device)
        experience = Experience(loop, envs.total_agents, device=device)
        measured.built(experience, policy, probe(update) if _can_update(loop) else {})
        try:
            while measured.steps * loop.ranks_counted < loop.total_timesteps:
                if measured.epochs == options.epochs or (measured.epochs and time.perf_counter() > deadline):
                    return
                _rollout(envs, actor, experience, measured, report)
                check_update(loop)
                _update(update, experience, measured, report)
            measured.reached_the_end()
        finally:
            update.close()
            measured.ended(envs)


def _can_update(loop: Loop) -> bool:
    """Whether the configured trainer gets through an update: else there is none to probe."""
    try:
        check_update(loop)
    except TrainerRefusal:
        return False
    return True


def _rollout(envs: Workers, actor: Actor, experience: Experience, measured: Measurements, report: OnProgress) -> None:
    steps_before = measured.steps
    steps = arrivals_per_rollout(actor.loop) * envs.agents_per_batch

    def watch(arrival: Arrival, times: Times) -> None:
        measured.turn(arrival, times)
        report(Progress("rollout", measured.steps - steps_before, steps, measured.epochs))

    actor.begin()
    rollout(envs, actor, experience, watch)
    measured.rolled_out(experience)


def _update(update: Update, experience: Experience, measured: Measurements, report: OnProgress) -> None:
    began = time.perf_counter()
    trained = update(experience, lambda done, of: report(Progress("update", done, of, measured.epochs)))
    measured.trained(trained, time.perf_counter() - began)


def _workers(loop: Loop, seed: int) -> Workers:
    return Workers(
        partial(Arena, loop.environment, seed=seed),
        num_envs=loop.num_envs,
        num_workers=loop.num_workers,
        envs_per_batch=loop.envs_per_batch,
        agents_per_env=loop.environment.agents_per_env,
        observation_bytes=embedded.OBSERVATION_BYTES,
    )


def _new_policy(loop: Loop, policy_size: int, seed: int) -> Policy:
    """The same policy for the same seed, without a trace in torch's global generator."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return Policy(policy_size, loop.lstm_layers)


def _refuse_what_cannot_run(loop: Loop, options: RunOptions) -> None:
    if options.backend != "embedded":
        raise TrainerError(f"backend {options.backend!r} is not available: the reference trainer runs the embedded one")
    envs, workers, batch = loop.num_envs, loop.num_workers, loop.envs_per_batch
    if workers < 1 or envs % workers or not 0 < batch <= envs or envs % batch or workers * batch % envs:
        raise TrainerError(
            f"{envs:,} environments of {workers:,} workers in batches of {batch:,} are not run here: "
            f"batches must be equal groups of whole workers, with zero_copy or without"
        )


def _refuse_what_does_not_fit(needed: Estimate, max_memory: int | None) -> None:
    if max_memory is not None and needed.bytes > max_memory:
        parts = ", ".join(f"{name} {size / 2**20:,.0f}" for name, size in needed.parts.items())
        raise TrainerError(
            f"the run needs about {needed.bytes / 2**20:,.0f} MiB, more than the {max_memory / 2**20:,.0f} MiB "
            f"that it may take (in MiB: {parts})"
        )


def pick_device(name: str) -> torch.device:
    """The device of that name; ``auto`` is cuda, else mps, else cpu. Raises TrainerError where it cannot be used."""
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    try:
        device = torch.device(name)
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise TrainerError(f"device {name!r} cannot be used: {str(error).splitlines()[0]}") from error
    return device


def _throttled(progress: OnProgress | None) -> OnProgress:
    """A callback that is not called too often, but at the end of every phase."""
    last = 0.0

    def report(step: Progress) -> None:
        nonlocal last
        now = time.perf_counter()
        if progress is not None and (step.done >= step.total or now - last >= PROGRESS_SECONDS):
            last = now
            progress(step)

    return report

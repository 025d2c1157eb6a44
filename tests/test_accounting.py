"""The plan's accounting against what the reference trainer's buffer stamps, on random layouts of both disciplines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st

from accounting import rollout_without_policy
from metta_lint.api.testing import ENVIRONMENT, METTA, PUFFERLIB
from metta_lint.plans.run import Run, Setting
from metta_lint.trainers.metta.plan import derive as derive_metta
from metta_lint.trainers.pufferlib.dialect import derive as derive_pufferlib
from metta_lint_trainer.errors import TrainerRefusal
from metta_lint_trainer.requirements import check_start

if TYPE_CHECKING:
    from collections.abc import Mapping

    from metta_lint.plans.plan import Plan

LARGEST_BUFFER = 40_000
IN_THE_UPDATE = ("timesteps-fill-batch", "some-minibatch")
layouts = settings(
    max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)


def run(trainer: str, *parts: Mapping[str, object]) -> Run:
    merged = {key: value for part in parts for key, value in part.items()}
    return Run(trainer, "generated", {key: Setting(key, value) for key, value in merged.items()})


def assert_planned_is_stamped(plan: Plan) -> None:
    """Every count of two epochs, or the same refusal."""
    assert plan.loop is not None, plan.loop_unknown_because
    if any(refusal.requirement in IN_THE_UPDATE for refusal in plan.refusals[:1]):
        event("refused in the update, which this does not run")
        return
    try:
        check_start(plan.loop)
        epochs = rollout_without_policy(plan.loop, epochs=2)
    except TrainerRefusal as refusal:
        event(f"refused: {refusal.requirement}")
        predicted = [found.requirement for found in plan.refusals[:1]]
        if predicted != [refusal.requirement]:
            pytest.fail(f"the trainer refuses with {refusal}, the plan predicts {predicted}")
        return
    assert not plan.refusals, f"the plan refused and the trainer did not: {plan.refusals}"
    for counts in epochs:
        assert counts.collected == plan.value("steps_collected_per_epoch")
        assert counts.overwritten == plan.value("steps_overwritten_per_epoch")
        assert counts.dropped == plan.value("steps_dropped_per_epoch")
        assert counts.stitched_segments == plan.value("stitched_segments")
    event("clean" if epochs[0].overwritten + epochs[0].dropped == 0 else "wasteful")


@layouts
@given(
    agents=st.sampled_from([1, 1, 2, 3, 5, 8]),
    workers=st.integers(1, 4),
    envs_per_worker=st.integers(1, 4),
    workers_per_batch=st.integers(1, 4),
    horizon=st.integers(1, 6),
    rounds=st.integers(1, 4),
    rows_more=st.one_of(st.just(0), st.integers(-3, 20)),
    steps_more=st.sampled_from([0, 0, 0, 1, 3]),
    auto=st.booleans(),
)
def test_pufferlib(
    agents: int,
    workers: int,
    envs_per_worker: int,
    workers_per_batch: int,
    horizon: int,
    rounds: int,
    rows_more: int,
    steps_more: int,
    auto: bool,
) -> None:
    num_envs = workers * envs_per_worker
    batch_size = max(1, num_envs * agents * rounds + rows_more) * horizon + steps_more
    plan = derive_pufferlib(
        run(
            "pufferlib",
            PUFFERLIB,
            ENVIRONMENT,
            {
                "env.num_agents": agents,
                "vec.num_envs": num_envs,
                "vec.num_workers": workers,
                "vec.batch_size": "auto" if auto else envs_per_worker * workers_per_batch,
                "train.batch_size": batch_size,
                "train.minibatch_size": horizon,
                "train.bptt_horizon": horizon,
                "train.total_timesteps": batch_size * 2,
            },
        )
    )
    assert_planned_is_stamped(plan)


@layouts
@given(
    agents=st.integers(1, 12),
    target=st.integers(1, 64),
    workers=st.integers(1, 6),
    async_factor=st.integers(1, 4),
    horizon=st.integers(1, 6),
    minibatch_rows=st.integers(1, 8),
    minibatches=st.integers(1, 40),
    serial=st.booleans(),
)
def test_metta(
    agents: int,
    target: int,
    workers: int,
    async_factor: int,
    horizon: int,
    minibatch_rows: int,
    minibatches: int,
    serial: bool,
) -> None:
    minibatch_size = minibatch_rows * horizon
    batch_size = minibatch_size * minibatches
    assume(batch_size <= LARGEST_BUFFER)
    plan = derive_metta(
        run(
            "metta",
            METTA,
            ENVIRONMENT,
            {
                "env.game.num_agents": agents,
                "machine.world_size": 1,
                "vectorization": "serial" if serial else "multiprocessing",
                "trainer.forward_pass_minibatch_target_size": target,
                "trainer.num_workers": workers,
                "trainer.async_factor": async_factor,
                "trainer.batch_size": batch_size,
                "trainer.minibatch_size": minibatch_size,
                "trainer.bptt_horizon": horizon,
                "trainer.total_timesteps": batch_size * 2,
            },
        )
    )
    assert_planned_is_stamped(plan)


ODD = (-1, 0, 1, 2, 3, 4, 8, 16, 2.0, 2.5, None, "x", [1])
PUFFERLIB_SIZES = (
    "env.num_agents",
    "vec.num_envs",
    "vec.num_workers",
    "vec.batch_size",
    "train.batch_size",
    "train.minibatch_size",
    "train.max_minibatch_size",
    "train.bptt_horizon",
    "train.total_timesteps",
    "train.update_epochs",
)
METTA_SIZES = (
    "env.game.num_agents",
    "trainer.num_workers",
    "trainer.async_factor",
    "trainer.forward_pass_minibatch_target_size",
    "trainer.batch_size",
    "trainer.minibatch_size",
    "trainer.bptt_horizon",
    "trainer.total_timesteps",
    "trainer.update_epochs",
)


def odd_values(keys: tuple[str, ...]) -> st.SearchStrategy[dict[str, object]]:
    return st.dictionaries(st.sampled_from(keys), st.sampled_from([*ODD, "auto"]), max_size=3)


@layouts
@given(changes=odd_values(PUFFERLIB_SIZES), backend=st.sampled_from(["Multiprocessing", "Multiprocessing", "Serial"]))
def test_pufferlib_with_sizes_that_are_none(changes: dict[str, object], backend: str) -> None:
    assert_planned_is_stamped(
        derive_pufferlib(run("pufferlib", PUFFERLIB, ENVIRONMENT, changes, {"vec.backend": backend}))
    )


@layouts
@given(changes=odd_values(METTA_SIZES), vectorization=st.sampled_from(["multiprocessing", "serial"]))
def test_metta_with_sizes_that_are_none(changes: dict[str, object], vectorization: str) -> None:
    machine = {"machine.world_size": 1, "machine.cpus": 8, "machine.gpus": 1, "vectorization": vectorization}
    assert_planned_is_stamped(derive_metta(run("metta", METTA, ENVIRONMENT, machine, changes)))

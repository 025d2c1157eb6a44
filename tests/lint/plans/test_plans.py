"""Plans of real configs, number by number: the worked columns of PufferLib's and Metta's own files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from metta_lint.base.unknown import Unknown
from metta_lint.plans.derivation import filled
from metta_lint.project.config import Config
from metta_lint.project.runs import plan_run

if TYPE_CHECKING:
    from pathlib import Path

    from metta_lint.plans.plan import Plan

PUFFERLIB = {
    "agents_per_env": 64,
    "num_envs": 64,
    "envs_per_batch": 32,
    "envs_per_worker": 4,
    "async_factor": 2,
    "num_workers": 16,
    "total_agents": 4_096,
    "agents_per_batch": 2_048,
    "batch_size": 262_144,
    "minibatch_size": 32_768,
    "bptt_horizon": 64,
    "update_epochs": 1,
    "segments": 4_096,
    "minibatch_segments": 512,
    "minibatches_per_epoch": 8,
    "optimizer_steps_per_epoch": 8,
    "steps_collected_per_epoch": 262_144,
    "steps_trained_per_epoch": 262_144,
    "steps_overwritten_per_epoch": 0,
    "stitched_segments": 0,
    "steps_per_env": 4_096,
    "ticks_per_env": 64,
    "steps_per_optimizer_step": 32_768,
    "total_timesteps": 300_000_000,
    "epochs": 1_145,
    "scheduler_epochs": 1_144,
    "optimizer_steps_total": 9_160,
}
METTA_SHARED = {
    "num_workers": 16,
    "async_factor": 2,
    "batch_size": 524_288,
    "minibatch_size": 16_384,
    "bptt_horizon": 64,
    "segments": 8_192,
    "minibatch_segments": 256,
    "minibatches_per_epoch": 32,
    "optimizer_steps_per_epoch": 32,
    "steps_trained_per_epoch": 524_288,
}
THREE_AGENTS = METTA_SHARED | {
    "agents_per_env": 3,
    "num_envs": 2_720,
    "envs_per_batch": 1_360,
    "total_agents": 8_160,
    "agents_per_batch": 4_080,
    "steps_collected_per_epoch": 1_040_400,
    "steps_overwritten_per_epoch": 516_112,
    "stitched_segments": 4_080,
    "steps_per_optimizer_step": 32_512.5,
    "epochs": 9_612,
}
ARENA = METTA_SHARED | {
    "agents_per_env": 24,
    "num_envs": 320,
    "envs_per_batch": 160,
    "envs_per_worker": 20,
    "total_agents": 7_680,
    "agents_per_batch": 3_840,
    "steps_collected_per_epoch": 979_200,
    "steps_overwritten_per_epoch": 454_912,
    "stitched_segments": 3_840,
    "steps_per_env": 1_638.4,
    "steps_per_optimizer_step": 30_600,
    "epochs": 10_213,
}


def puffer_plan(corpus: Path, *overrides: str) -> Plan:
    return plan_run(str(corpus / "pufferlib-2025-07/pufferlib/config/metta.ini"), Config(), overrides)


def metta_plan(corpus: Path, *overrides: str) -> Plan:
    entry = corpus / "metta-2025-07/configs/train_job.yaml"
    return plan_run(str(entry), Config(), ("trainer.num_workers=16", *overrides))


def values(plan: Plan, names: dict[str, float]) -> dict[str, object]:
    return {name: plan.value(name) for name in names}


def test_pufferlib_on_its_own_metta_ini(corpus: Path) -> None:
    plan = puffer_plan(corpus)
    assert values(plan, PUFFERLIB) == PUFFERLIB
    assert plan.refusals == ()


def test_metta_on_the_arena(corpus: Path) -> None:
    plan = metta_plan(corpus)
    assert values(plan, ARENA) == ARENA
    assert plan.refusals == ()


def test_metta_with_three_agents(corpus: Path) -> None:
    plan = metta_plan(corpus, "+trainer.env_overrides.game.num_agents=3")
    assert values(plan, THREE_AGENTS) == THREE_AGENTS


def test_the_three_agent_layout_dies_in_pufferlibs_first_rollout(corpus: Path) -> None:
    plan = puffer_plan(
        corpus,
        "env.num_agents=3",
        "vec.num_envs=2720",
        "vec.batch-size=1360",
        "train.batch-size=524288",
        "train.minibatch-size=16384",
    )
    (refusal,) = plan.refusals
    assert (refusal.requirement, refusal.exception, refusal.when) == (
        "rows-fit-buffer",
        "RuntimeError",
        "first rollout",
    )
    because = plan.quantities["steps_collected_per_epoch"].unknown_because
    assert because == "the trainer refuses first (rows-fit-buffer)"
    assert "8,192 is not a multiple of total_agents = 8,160" in refusal.message


@pytest.mark.parametrize("agents", [1, 2, 4, 8, 16, 32, 64])
def test_metta_defaults_are_clean_for_powers_of_two(corpus: Path, agents: int) -> None:
    plan = metta_plan(corpus, f"+trainer.env_overrides.game.num_agents={agents}")
    assert plan.value("steps_collected_per_epoch") == 524_288
    assert plan.value("steps_overwritten_per_epoch") == 0
    assert plan.value("stitched_segments") == 0


@pytest.mark.parametrize(
    ("agents", "collected"), [(20, 979_200), (24, 979_200), (60, 979_200), (36, 1_028_160), (3, 1_040_400)]
)
def test_metta_defaults_collect_too_much_for_others(corpus: Path, agents: int, collected: int) -> None:
    plan = metta_plan(corpus, f"+trainer.env_overrides.game.num_agents={agents}")
    assert plan.value("steps_collected_per_epoch") == collected


def test_every_quantity_names_the_lines_that_it_came_from(corpus: Path) -> None:
    plan = puffer_plan(corpus)
    agents = plan.spans_of("agents_per_env")[0]
    assert (agents.path.rpartition("/")[2], agents.line) == ("metta.yaml", 24)
    batch = plan.spans_of("batch_size")
    assert [(span.path.rpartition("/")[2], span.line) for span in batch[:1]] == [("metta.ini", 19)]
    assert plan.run.settings["train.minibatch_size"].overrides[0].path.endswith("default.ini")
    assert plan.formula_with_numbers("batch_size") == "4096 * 64"


def test_an_override_of_the_agents_wins_over_the_yaml(corpus: Path) -> None:
    plan = puffer_plan(corpus, "env.num_agents=60")
    assert plan.value("agents_per_env") == 60
    # 60 agents: 7.5 minibatches, of which 7 are trained
    assert plan.value("minibatches_per_epoch") == 7
    assert plan.value("steps_untrained_per_epoch") == 245_760 - 7 * 32_768


def test_workers_stay_unknown_without_a_machine(corpus: Path) -> None:
    plan = plan_run(str(corpus / "metta-2025-07/configs/train_job.yaml"), Config())
    quantity = plan.quantities["num_workers"]
    assert quantity.value is None
    assert "--cpus" in (quantity.unknown_because or "")
    assert plan.value("num_envs") is None
    assert plan.loop is None
    assert plan.value("batch_size") == 524_288


def test_a_message_says_what_is_unknown_in_one_character() -> None:
    values = {"agents": Unknown("nobody says"), "steps": 4096, "clock": 1099999999.5}
    assert filled("{steps} steps for {agents} agents until {clock}", values.get) == (
        "4,096 steps for ? agents until 1099999999.5"
    )

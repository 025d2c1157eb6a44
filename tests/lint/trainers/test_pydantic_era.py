"""Metta's runs of 2026: a TrainerConfig in Python, dumps of a resolved config, and what its trainer makes of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from metta_lint.base.errors import InputError, LintError
from metta_lint.check.linter import check
from metta_lint.plans.run import Machine
from metta_lint.project.config import Config, load_config
from metta_lint.project.discovery import discover
from metta_lint.project.runs import plan_run

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from metta_lint.plans.plan import Plan

HOST = Machine(cpus=16, gpus=1)
TRAINER = """\
from pydantic import Field
from metta.rl.nodes import default_nodes

class OptimizerConfig(Config):
    type: str = "adamw_schedulefree"
    learning_rate: float = Field(default=0.00737503357231617, gt=0, le=1.0)

class TrainerConfig(Config):
    total_timesteps: int = Field(default=10_000_000_000, gt=0)
    nodes: dict[str, Any] = Field(default_factory=default_nodes)
    optimizer: OptimizerConfig = Field(default_factory=OptimizerConfig)
    batch_size: int = Field(default=2_097_152, gt=0)
    minibatch_size: int = Field(default=16384, gt=0)
    bptt_horizon: int = Field(default=256, gt=0)
"""
ENVIRONMENT = """\
class TrainingEnvironmentConfig(Config):
    curriculum: CurriculumConfig = env_curriculum(make_arena(num_agents=24))
    num_workers: int = Field(default=1, ge=1)
    async_factor: int = Field(default=2, ge=1)
    auto_workers: bool = Field(default=True)
    forward_pass_minibatch_target_size: int = Field(default=4096, gt=0)
    vectorization: str = Field(default_factory=guess_vectorization)
"""
ACTOR = (
    "class PPOActorConfig(NodeConfig):\n    clip_coef: float = Field(default=0.25, gt=0)\n    ent_coef: float = 0.02\n"
)
FILES = {
    "metta/rl/trainer_config.py": TRAINER,
    "metta/rl/training/training_environment.py": ENVIRONMENT,
    "metta/rl/nodes/ppo_actor.py": ACTOR,
}
DUMP: dict[str, Any] = {
    "run": "arena",
    "trainer": {"total_timesteps": 1_000_000, "batch_size": 524_288, "minibatch_size": 16_384, "bptt_horizon": 64},
    "training_env": {
        "curriculum": {"task_generator": {"env": {"game": {"num_agents": 24, "max_steps": 500}}}},
        "num_workers": 4,
        "auto_workers": False,
        "async_factor": 2,
    },
}


def write(folder: Path, files: dict[str, str]) -> Path:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    return folder


def planned(
    folder: Path, entry: str = "metta/rl/trainer_config.py", overrides: Sequence[str] = (), host: Machine = HOST
) -> Plan:
    return plan_run((folder / entry).as_posix(), Config(), overrides, host)


def dumped(folder: Path, dump: object, overrides: Sequence[str] = (), host: Machine = HOST) -> Plan:
    return planned(write(folder, {"config.json": json.dumps(dump, indent=1)}), "config.json", overrides, host)


@pytest.mark.parametrize(
    ("quantity", "value"),
    [
        ("agents_per_env", 24),
        ("num_workers", 8),
        ("async_factor", 2),
        ("envs_per_batch", 168),
        ("num_envs", 336),
        ("total_agents", 8064),
        ("segments", 8192),
        ("minibatch_segments", 64),
        ("minibatches_per_epoch", 128),
        ("steps_collected_per_epoch", 4_124_736),
        ("steps_overwritten_per_epoch", 2_027_584),
        ("stitched_segments", 4032),
        ("epochs", 2425),
        ("optimizer", "adamw_schedulefree"),
        ("clip_coef", 0.25),
        ("gamma", 1.0),
        ("sampling", "sequential"),
        ("prio_alpha", 0.0),
    ],
)
def test_the_defaults_of_2026(tmp_path: Path, quantity: str, value: object) -> None:
    assert planned(write(tmp_path, FILES)).value(quantity) == value


def test_values_have_the_lines_that_say_them(tmp_path: Path) -> None:
    plan = planned(write(tmp_path, FILES))
    places = {name: [f"{s.path.rpartition('/')[2]}:{s.line}" for s in plan.spans_of(name)] for name in plan.quantities}
    assert places["batch_size"] == ["trainer_config.py:12"]
    assert places["agents_per_env"] == ["training_environment.py:2"]
    assert places["ent_coef"] == ["ppo_actor.py:3"]
    assert places["vf_coef"] == []  # from the table


def test_alone_it_has_the_tables_environment(tmp_path: Path) -> None:
    plan = planned(write(tmp_path, {"trainer_config.py": TRAINER}), "trainer_config.py")
    assert plan.value("async_factor") == 2
    assert plan.value("agents_per_env") is None


def test_the_entry_may_name_the_class(tmp_path: Path) -> None:
    folder = write(tmp_path, {**FILES, "metta/rl/small.py": TRAINER.replace("class TrainerConfig", "class Small")})
    assert planned(folder, "metta/rl/small.py:Small").value("batch_size") == 2_097_152
    with pytest.raises(InputError, match="no class Tiny"):
        planned(folder, "metta/rl/small.py:Tiny")


@pytest.mark.parametrize(
    ("cpus", "workers", "refused"),
    [(1, 1, True), (2, 1, True), (4, 2, False), (6, 3, True), (8, 4, False), (10, 5, True), (14, 7, True)],
)
def test_an_odd_number_of_workers_is_refused(tmp_path: Path, cpus: int, workers: int, refused: bool) -> None:
    plan = planned(write(tmp_path, FILES), host=Machine(cpus=cpus, gpus=1))
    assert plan.value("num_workers") == workers
    requirements = [refusal.requirement for refusal in plan.refusals]
    assert requirements == (["worker-envs-divide-batch"] if refused else [])


def test_without_the_host_workers_are_unknown(tmp_path: Path) -> None:
    plan = planned(write(tmp_path, FILES), host=Machine())
    assert plan.value("num_workers") is None
    assert plan.refusals == ()


def test_serial_has_one_worker_and_one_batch(tmp_path: Path) -> None:
    plan = planned(write(tmp_path, FILES), overrides=["training_env.vectorization=serial"], host=Machine())
    assert (plan.value("num_workers"), plan.value("async_factor"), plan.refusals) == (1, 1, ())


@pytest.mark.parametrize(
    ("overrides", "requirement"),
    [
        (["trainer.batch_size=1024"], "minibatch-fits-batch"),
        (["trainer.batch_size=20000"], "minibatch-divides-batch"),
        (["trainer.minibatch_size=128", "trainer.bptt_horizon=256"], "horizon-divides-minibatch"),
        (["training_env.curriculum.task_generator.env.game.num_agents=48"], None),
        (["trainer.batch_size=1_048_576"], "agents-fit-segments"),
        (["trainer.optimizer.type=sgd"], "known-optimizer"),
        (["trainer.batch_size=2.5"], "integer-sizes"),
        (["trainer.update_epochs=0"], "integer-clocks"),
        (["training_env.async_factor=0"], "positive-sizes"),
    ],
)
def test_validators_and_overrides(tmp_path: Path, overrides: list[str], requirement: str | None) -> None:
    plan = planned(write(tmp_path, FILES), overrides=overrides)
    assert [refusal.requirement for refusal in plan.refusals][:1] == ([requirement] if requirement else [])


def test_the_agents_of_a_curriculum_can_be_overridden(tmp_path: Path) -> None:
    override = "training_env.curriculum.task_generator.env.game.num_agents=48"
    assert planned(write(tmp_path, FILES), overrides=[override]).value("agents_per_env") == 48


@pytest.mark.parametrize("override", ["trainer.bach_size=1", "training_env.workers=2", "trainer.batch_size"])
def test_an_override_of_nothing_is_an_error(tmp_path: Path, override: str) -> None:
    with pytest.raises(LintError, match="--set"):
        planned(write(tmp_path, FILES), overrides=[override])


@pytest.mark.parametrize("suffix", ["json", "yaml"])
def test_a_dump_is_a_run(tmp_path: Path, suffix: str) -> None:
    path = f"runs/config.{suffix}"
    folder = write(tmp_path, {path: json.dumps(DUMP, indent=1)})
    assert discover([folder.as_posix()]).entries == ((folder / path).as_posix(),)
    plan = planned(folder, path, host=Machine())
    assert plan.value("num_workers") == 4
    assert plan.value("agents_per_env") == 24
    assert [span.line for span in plan.spans_of("batch_size")] == [5]


def test_a_whole_number_may_be_written_with_a_point(tmp_path: Path) -> None:
    trainer = {**DUMP["trainer"], "total_timesteps": 1e6}
    plan = dumped(tmp_path, {**DUMP, "trainer": trainer})
    assert plan.value("total_timesteps") == 1_000_000
    assert not plan.refusals


def test_tasks_that_differ_in_agents_leave_them_unknown(tmp_path: Path) -> None:
    tasks = [{"env": {"game": {"num_agents": count}}} for count in (4, 24)]
    env = {**DUMP["training_env"], "curriculum": {"children": tasks}}
    assert dumped(tmp_path, {**DUMP, "training_env": env}).value("agents_per_env") is None
    same = {**env, "curriculum": {"children": [tasks[0], tasks[0]]}}
    assert dumped(tmp_path, {**DUMP, "training_env": same}).value("agents_per_env") == 4
    bucketed = {"child": tasks[0], "buckets": {"game.num_agents": [4, 24]}}
    varied = {**DUMP, "training_env": {**env, "curriculum": bucketed}}
    assert dumped(tmp_path, varied).value("agents_per_env") is None


@pytest.mark.parametrize(
    ("trainer", "quantity"),
    [
        ({"nodes": {"ppo_actor": {"target_kl": 0.02}}}, "minibatches_per_epoch"),
        ({"update_epochs_autotune": {"enabled": True}}, "optimizer_steps_per_epoch"),
    ],
)
def test_what_depends_on_the_run_is_unknown(tmp_path: Path, trainer: dict[str, object], quantity: str) -> None:
    assert dumped(tmp_path, {**DUMP, "trainer": {**DUMP["trainer"], **trainer}}).value(quantity) is None


def test_what_a_scheduler_changes_is_unknown(tmp_path: Path) -> None:
    assert dumped(tmp_path, DUMP).value("anneal_lr") is False
    assert dumped(tmp_path, {**DUMP, "scheduler": None}).value("anneal_lr") is False
    assert dumped(tmp_path, {**DUMP, "scheduler": {"rules": []}}).value("anneal_lr") is None


def test_rewards_are_those_of_a_dumped_environment_and_of_no_other(tmp_path: Path) -> None:
    assert "reward_heart" not in planned(write(tmp_path, FILES)).quantities
    game = {"num_agents": 24, "agent": {"rewards": {"inventory": {"heart": 2.0}}}}
    env = {**DUMP["training_env"], "curriculum": {"env": {"game": game}}}
    assert dumped(tmp_path, {**DUMP, "training_env": env}).value("reward_heart") == 2.0


def test_losses_are_nodes_by_their_older_name(tmp_path: Path) -> None:
    trainer = {**DUMP["trainer"], "losses": {"ppo_actor": {"clip_coef": 0.3}}}
    plan = dumped(tmp_path, {**DUMP, "trainer": trainer})
    assert (plan.value("clip_coef"), plan.value("ent_coef")) == (0.3, 0.01)


def test_batches_are_scaled_by_the_world_size(tmp_path: Path) -> None:
    trainer = {**DUMP["trainer"], "scale_batches_by_world_size": True}
    plan = dumped(tmp_path, {**DUMP, "trainer": trainer}, host=Machine(world_size=2))
    assert (plan.value("batch_size"), plan.value("forward_pass_target")) == (262_144, 2048)


def test_workers_that_auto_workers_overrules_are_ignored(tmp_path: Path) -> None:
    env = {**DUMP["training_env"], "auto_workers": True}
    plan = dumped(tmp_path, {**DUMP, "training_env": env})
    assert [ignored.key for ignored in plan.ignored] == ["training_env.num_workers"]
    assert plan.value("num_workers") == 8


def test_why_it_is_not_run(tmp_path: Path) -> None:
    plan = planned(write(tmp_path, FILES))
    assert plan.loop is None
    assert "schedule-free" in str(plan.loop_unknown_because)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("metta/rl/trainer_config.py", TRAINER + "    forward_pass_minibatch_target_size: int = 4096\n"),  # Hydra's
        ("app/config.py", "batch_size = 1\n"),
        ("app/settings.py", TRAINER),  # a name that is not looked into
        ("package.json", json.dumps(DUMP)),
        ("config.json", json.dumps({"trainer": {"batch_size": 1}})),
        ("other.yaml", "trainer:\n  batch_size: 1\n"),
    ],
)
def test_other_files_are_no_runs(tmp_path: Path, path: str, text: str) -> None:
    assert discover([write(tmp_path, {path: text}).as_posix()]).files == ()


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("metta/rl/trainer_config.py", TRAINER + "    x = (\n"),
        ("config.json", json.dumps(DUMP)[:-1]),
        ("config.json", json.dumps([DUMP])),
    ],
)
def test_a_broken_entry_is_one_finding(tmp_path: Path, path: str, text: str) -> None:
    report = check([write(tmp_path, {path: text}).as_posix()], Config())
    assert [finding.code for finding in report.findings] == ["ML001"]
    assert report.exit_code == 2


def test_it_is_paired_with_pufferlibs_metta(tmp_path: Path) -> None:
    ini = "[base]\npackage = metta\nenv_name = metta\n[vec]\nnum_envs = 64\n"
    report = check([write(tmp_path, {**FILES, "pufferlib/config/metta.ini": ini}).as_posix()], Config(), machine=HOST)
    assert len(report.pairs) == 1


@pytest.mark.parametrize("entry", ["metta/rl/trainer_config.py", "metta/rl/trainer_config.py:TrainerConfig"])
def test_a_declared_run_may_be_one(tmp_path: Path, entry: str) -> None:
    declared = f'[runs.native]\nentry = "{entry}"\ntrainer = "metta"\nset = ["trainer.bptt_horizon=128"]\n'
    folder = write(tmp_path, {**FILES, "metta-lint.toml": declared})
    plan = plan_run("native", load_config((folder / "metta-lint.toml").as_posix()), machine=HOST)
    assert plan.value("segments") == 16_384

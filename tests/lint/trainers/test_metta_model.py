"""What the model of Metta's trainer config refuses: each at its own line, in pydantic's order and words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from metta_lint.api.testing import write_metta
from metta_lint.check.linter import check
from metta_lint.plans.run import Machine
from metta_lint.project.config import Config
from metta_lint.project.runs import plan_run

if TYPE_CHECKING:
    from pathlib import Path

    from metta_lint.plans.plan import Plan


def planned(folder: Path, *overrides: str, **changes: object) -> Plan:
    settings = {key.replace("__", "."): value for key, value in changes.items()}
    return plan_run(write_metta(folder, settings), Config(), overrides)


@pytest.mark.parametrize(
    ("key", "value", "requirement", "words"),
    [
        ("trainer.ppo.gamma", 1.5, "bounded-values", "Input should be less than or equal to 1"),
        ("trainer.ppo.gamma", -0.1, "bounded-values", "Input should be greater than or equal to 0"),
        ("trainer.ppo.clip_coef", 0, "bounded-values", "Input should be greater than 0"),
        ("trainer.ppo.gamma", float("nan"), "bounded-values", "Input should be greater than or equal to 0"),
        ("trainer.ppo.ent_coef", "much", "typed-values", "Input should be a valid number"),
        ("trainer.ppo.ent_coef", None, "typed-values", "Input should be a valid number"),
        ("trainer.ppo.norm_adv", 2, "typed-values", "Input should be a valid boolean"),
        ("trainer.checkpoint.checkpoint_interval", 0, "bounded-values", "Input should be greater than 0"),
        ("trainer.checkpoint.checkpoint_interval", 1.5, "typed-values", "Input should be a valid integer"),
        ("trainer.simulation.replay_dir", 3, "typed-values", "Input should be a valid string"),
        ("trainer.simulation.replay_dir", "", "paths-given", "replay_dir must be set"),
        ("trainer.compile_mode", "fast", "known-choices", "'default', 'reduce-overhead' or 'max-autotune'"),
        ("trainer.initial_policy.type", "best", "known-choices", "'top', 'latest' or 'specific'"),
        ("trainer.env_overrides", [1], "typed-values", "Input should be a valid dictionary"),
        ("trainer.kickstart", 1, "typed-values", "Input should be a valid dictionary or instance"),
        ("trainer.bach_size", 1, "known-keys", "Extra inputs are not permitted (did you mean trainer.batch_size?)"),
        ("trainer.gamma", 0.9, "known-keys", "(did you mean trainer.ppo.gamma?)"),
        ("trainer.ppo.learning_rate", 0.1, "known-keys", "(did you mean trainer.optimizer.learning_rate?)"),
        ("trainer.new.deep.key", 1, "known-keys", "Extra inputs are not permitted"),
        ("trainer._target_", "metta.rl.other.Trainer", "known-target", "Unsupported trainer config"),
        ("trainer.curriculum", None, "curriculum-given", "curriculum or env must be set"),
        ("trainer.require_contiguous_env_ids", True, "contiguous-ids-off", "not supported"),
        ("vectorization", "threads", "known-backend", "serial/multiprocessing/ray"),
        ("env.game.num_agents", 257, "agents-fit-environment", "Too many agents for agent_id type"),
    ],
)
def test_a_value_that_the_trainer_refuses(
    tmp_path: Path, key: str, value: object, requirement: str, words: str
) -> None:
    plan = plan_run(write_metta(tmp_path, {key: value, "trainer.batch_size": 32}), Config())
    assert plan.refusals[0].requirement == requirement
    assert words in plan.refusals[0].message
    assert plan.loop is None
    assert plan.loop_unknown_because is not None
    assert words in plan.loop_unknown_because
    if requirement != "curriculum-given":
        assert key.removeprefix("env.game.num_agents") in ("", *plan.refusals[0].at)


@pytest.mark.parametrize(
    ("key", "value", "taken"),
    [
        ("trainer.batch_size", "32", 32),
        ("trainer.batch_size", 32.0, 32.0),
        ("trainer.checkpoint.wandb_checkpoint_interval", "0.0", 0),
        ("trainer.ppo.gamma", "0.9", 0.9),
        ("trainer.ppo.gamma", 1, 1),
        ("trainer.ppo.norm_adv", "yes", True),
        ("trainer.ppo.clip_vloss", "off", False),
        ("trainer.compile", 0, 0),
        ("trainer.checkpoint.wandb_checkpoint_interval", 0, 0),
        ("trainer.env_overrides", {"anything": {"goes": 1}}, None),
        ("trainer.hyperparameter_scheduler.ppo_clip_schedule", {"min_value": 1}, None),
        ("trainer.kickstart.additional_teachers", [{"teacher_uri": "x"}], None),
        ("trainer.simulation.evaluate_remote", False, False),
    ],
)
def test_a_value_that_the_trainer_takes(tmp_path: Path, key: str, value: object, taken: object) -> None:
    plan = plan_run(write_metta(tmp_path, {key: value}), Config())
    assert plan.refusals == ()
    assert plan.loop is not None
    if taken is not None:
        assert plan.run.settings[key].value == taken


def test_one_error_lists_all_that_the_model_refuses(tmp_path: Path) -> None:
    entry = write_metta(tmp_path, {"trainer.ppo.gamma": 2, "trainer.bach_size": 1, "trainer.compile_mode": "x"})
    findings = [finding for finding in check([entry], Config()).findings if finding.code == "ML401"]
    assert len(findings) == 3
    assert len({finding.span for finding in findings}) == 3
    assert not any(finding.claims for finding in findings)


def test_keys_without_a_default_must_be_given(tmp_path: Path) -> None:
    entry = write_metta(tmp_path, {})
    file = tmp_path / "configs" / "trainer" / "trainer.yaml"
    file.write_text(file.read_text("utf-8").replace("num_workers: 2\n", ""), "utf-8")
    (refusal,) = plan_run(entry, Config()).refusals
    assert (refusal.requirement, refusal.exception) == ("keys-given", "ConfigAttributeError")


def test_keys_that_no_file_says_have_the_codes_defaults(tmp_path: Path) -> None:
    entry = write_metta(tmp_path, {})
    file = tmp_path / "configs" / "trainer" / "trainer.yaml"
    file.write_text(file.read_text("utf-8").replace("async_factor: 2\n", ""), "utf-8")
    plan = plan_run(entry, Config())
    assert plan.value("async_factor") == 2
    assert plan.run.settings["trainer.async_factor"].span is None


def test_a_default_that_moved_during_the_month_is_unknown(tmp_path: Path) -> None:
    entry = write_metta(tmp_path, {})
    file = tmp_path / "configs" / "trainer" / "trainer.yaml"
    file.write_text(file.read_text("utf-8").replace("  gamma: 0.99\n", ""), "utf-8")
    plan = plan_run(entry, Config())
    assert "moved" in str(plan.quantities["gamma"].unknown_because)
    assert plan.refusals == ()


@pytest.mark.parametrize(
    "other",
    [
        {"trainer._target_": "lightning.pytorch.trainer.Trainer", "trainer.max_epochs": 3},
        {"trainer.gamma": 0.9, "trainer.clip_coef": 0.1, "trainer.evaluate_interval": 5},
    ],
    ids=["another project's", "an older one"],
)
def test_configs_of_other_trainers_are_not_judged_by_this_model(tmp_path: Path, other: dict[str, object]) -> None:
    plan = plan_run(write_metta(tmp_path, other), Config())
    assert not any(refusal.requirement == "known-keys" for refusal in plan.refusals)


def test_the_environment_is_ignored_where_a_curriculum_is_given(tmp_path: Path) -> None:
    (ignored,) = planned(tmp_path, trainer__env="/env/arena").ignored
    assert ignored.key == "trainer.env"


MACHINE = Machine(cpus=20, gpus=2)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"trainer.num_workers": None}, 4),
        ({"trainer.num_workers": 0}, 4),
        ({"trainer.num_workers": None, "device": "cpu"}, 8),
        ({"trainer.num_workers": None, "vectorization": "serial"}, 1),
        ({"trainer.num_workers": 2, "vectorization": "serial"}, 1),
    ],
)
def test_the_number_of_processes(tmp_path: Path, changes: dict[str, object], expected: int) -> None:
    settings = {"trainer.batch_size": 4096, "trainer.minibatch_size": 1024, **changes}
    plan = plan_run(write_metta(tmp_path, settings), Config(), machine=MACHINE)
    assert plan.value("num_workers") == expected


def test_serial_runs_one_batch_of_environments_in_one_process(tmp_path: Path) -> None:
    plan = planned(tmp_path, vectorization="serial")
    names = ("num_envs", "envs_per_batch", "num_workers", "envs_per_worker", "async_factor", "workers_counted")
    assert [plan.value(name) for name in names] == [2, 2, 1, 2, 1, 2]
    assert plan.refusals == ()


@pytest.mark.parametrize("scaled", [True, False])
def test_every_ranks_steps_count(tmp_path: Path, *, scaled: bool) -> None:
    settings = {"trainer.batch_size": 64, "trainer.total_timesteps": 256, "trainer.scale_batches_by_world_size": scaled}
    plan = plan_run(write_metta(tmp_path, settings), Config(), machine=Machine(world_size=2))
    assert plan.value("batch_size") == (32 if scaled else 64)
    assert plan.value("epochs") == 256 // (2 * (32 if scaled else 64))
    assert plan.loop is not None
    assert plan.loop.ranks_counted == 2


@pytest.mark.parametrize(
    ("batch", "minibatch", "requirement"),
    [(96, 64, "minibatch-divides-whole-batch"), (96, 32, "minibatch-divides-batch"), (32, 32, "minibatch-fits-batch")],
)
def test_batches_are_validated_whole_and_again_divided(
    tmp_path: Path, batch: int, minibatch: int, requirement: str
) -> None:
    settings = {
        "trainer.batch_size": batch,
        "trainer.minibatch_size": minibatch,
        "trainer.scale_batches_by_world_size": True,
    }
    plan = plan_run(write_metta(tmp_path, settings), Config(), machine=Machine(world_size=2))
    assert plan.refusals[0].requirement == requirement

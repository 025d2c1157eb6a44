"""Metta trees of which parts are missing, and curricula whose tasks differ: what is known is still planned."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from metta_lint.api.testing import write_metta
from metta_lint.base.errors import InputError
from metta_lint.base.unknown import Choice, Unknown
from metta_lint.check.linter import check
from metta_lint.project.config import Config
from metta_lint.project.runs import plan_run
from metta_lint.trainers.hydra import ConfigTreeReader

if TYPE_CHECKING:
    from metta_lint.plans.plan import Plan


def write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        path = folder / f"{name.replace('__', '/')}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def planned(entry: Path) -> Plan:
    return plan_run(str(entry), Config(), with_problems=True)


# -- files that are not there ------------------------------------------------------------------------------------------


def test_each_file_that_is_not_there_is_a_hole_and_the_rest_is_composed(tmp_path: Path) -> None:
    write(tmp_path, main="defaults: [gone, {a: lost}, {b: x}, _self_]\nk: 1\n", b__x="m: 2\n")
    composed = ConfigTreeReader(tmp_path).compose("main", with_holes=True)
    assert [(hole.path, hole.package) for hole in composed.holes] == [("gone", ""), ("a/lost", "a")]
    assert [hole.problem.span.line for hole in composed.holes] == [1, 1]
    assert {key: setting.value for key, setting in composed.settings.items()} == {"b.m": 2, "k": 1}
    with pytest.raises(InputError, match="there is no config a/lost"):
        ConfigTreeReader(tmp_path).compose("main")


def test_what_a_missing_file_would_be_merged_over_is_unknown(tmp_path: Path) -> None:
    write(tmp_path, main="defaults: [{b: x}, _self_, {c@b: gone}]\nb: {n: 1}\nk: 1\n", b__x="m: 2\n")
    settings = ConfigTreeReader(tmp_path).compose("main", with_holes=True).settings
    assert settings["k"].value == 1
    assert isinstance(settings["b.m"].value, Unknown)
    assert isinstance(settings["b.n"].value, Unknown)
    assert settings["b.n"].span is not None


def test_what_is_merged_after_a_missing_file_is_known(tmp_path: Path) -> None:
    write(tmp_path, main="defaults: [gone, {b: x}]\n", b__x="m: 2\n")
    assert ConfigTreeReader(tmp_path).compose("main", with_holes=True).settings["b.m"].value == 2


def test_an_interpolation_into_a_missing_file_is_no_problem_of_its_own(tmp_path: Path) -> None:
    write(tmp_path, main="defaults: [gone]\nk: ${gone.key}\n")
    composed = ConfigTreeReader(tmp_path).compose("main", with_holes=True)
    assert isinstance(composed.settings["k"].value, Unknown)
    assert composed.problems == ()


def test_a_missing_main_config_is_no_hole(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no config main"):
        ConfigTreeReader(tmp_path).compose("main", with_holes=True)


def test_a_run_with_missing_files_is_reported_and_judged(corpus: Path) -> None:
    report = check([str(corpus / "cases" / "M03")], Config())
    missing = [finding for finding in report.findings if finding.code == "ML001"]
    assert report.exit_code == 2
    assert [finding.span.line for finding in missing] == [2, 3, 4, 5, 7, 15]
    (never,) = [finding for finding in report.findings if finding.code == "ML408"]
    assert (never.span.path.rpartition("/")[2], never.span.line) == ("sweep_job.yaml", 14)
    assert [related.span.line for related in never.related] == [16, 17, 20]
    assert not any(finding.code == "ML401" for finding in report.findings)


def test_without_the_trainers_file_its_values_are_unknown_and_no_defaults_stand_in(tmp_path: Path) -> None:
    entry = write_metta(tmp_path, {})
    (tmp_path / "configs" / "trainer" / "trainer.yaml").unlink()
    plan = plan_run(entry, Config(), with_problems=True)
    assert plan.value("batch_size") is None
    assert plan.refusals == ()
    with pytest.raises(InputError, match="trainer/trainer"):
        plan_run(entry, Config())


def test_a_missing_environment_leaves_the_sizes_known(tmp_path: Path) -> None:
    entry = write_metta(tmp_path, {"trainer.curriculum": "/env/gone"})
    plan = plan_run(entry, Config(), with_problems=True)
    assert plan.value("agents_per_env") is None
    assert plan.value("batch_size") == 32
    assert [problem.message.partition(" in ")[0] for problem in plan.run.problems] == ["no config /env/gone"]


@pytest.mark.parametrize("where", ["trainer.ppo.gamma", "wandb.name", "env.game.note"])
def test_an_interpolation_that_leads_to_nothing_is_said_once_at_its_line(tmp_path: Path, where: str) -> None:
    entry = write_metta(tmp_path, {where: "${nothing.here}"})
    report = check([entry], Config())
    (finding,) = [finding for finding in report.findings if finding.code == "ML001"]
    assert "nothing" in finding.message
    assert "${nothing.here}" in Path(finding.span.path).read_text("utf-8").splitlines()[finding.span.line - 1]
    assert report.exit_code == 2


def test_where_a_missing_file_may_choose_the_vectorisation_no_environments_are_counted(corpus: Path) -> None:
    plan = planned(corpus / "cases" / "M03" / "configs" / "sweep_job.yaml")
    assert plan.value("batch_size") == 524_288
    assert plan.value("last_epoch_at_most") == 10
    assert plan.value("async_factor") is None
    assert plan.value("num_envs") is None


@pytest.mark.parametrize(("overlay", "epochs"), [("macbook", 8_680_556), ("github", 1)])
def test_a_hardware_overlay_runs_one_environment_in_this_process(corpus: Path, overlay: str, epochs: int) -> None:
    entry = corpus / "metta-2025-07" / "configs" / "train_job.yaml"
    plan = plan_run(str(entry), Config(), [f"+hardware={overlay}"])
    names = ("num_envs", "num_workers", "async_factor", "batch_size", "total_agents", "steps_collected_per_epoch")
    assert [plan.value(name) for name in names] == [1, 1, 1, 1024, 24, 1152]
    assert plan.value("epochs") == epochs
    assert plan.refusals == ()


# -- curricula -------------------------------------------------------------------------------------------------------


def curriculum(folder: Path, text: str, **tasks: str) -> Plan:
    entry = write_metta(folder, {"trainer.curriculum": "/env/all"})
    write(folder / "configs" / "env", all=text, **tasks)
    return plan_run(entry, Config())


GAME = "game:\n  num_agents: {agents}\n  max_steps: {steps}\n  agent: {{rewards: {{inventory: {{heart: {heart}}}}}}}\n"


def test_what_the_tasks_share_is_known_and_what_differs_is_not(tmp_path: Path) -> None:
    plan = curriculum(
        tmp_path,
        "tasks: {/env/a: 1, /env/b: 1}\n",
        a=GAME.format(agents=2, steps=10, heart=1),
        b=GAME.format(agents=2, steps=20, heart=1),
    )
    assert plan.value("agents_per_env") == 2
    assert plan.value("reward_heart") == 1
    assert isinstance(plan.run.value("env.game.max_steps"), Unknown)
    assert any("differ" in note for note in plan.run.notes)


def test_rewards_that_differ_between_tasks_are_unknown(tmp_path: Path) -> None:
    plan = curriculum(
        tmp_path,
        "tasks: {/env/a: 1, /env/b: 1}\n",
        a=GAME.format(agents=2, steps=10, heart=1),
        b=GAME.format(agents=2, steps=10, heart=3),
    )
    assert plan.value("reward_heart") is None


def test_agents_that_differ_between_tasks_are_one_of_them(tmp_path: Path) -> None:
    plan = curriculum(
        tmp_path,
        "tasks: {/env/a: 1, /env/b: 1}\n",
        a=GAME.format(agents=2, steps=10, heart=1),
        b=GAME.format(agents=300, steps=10, heart=1),
    )
    assert plan.quantities["agents_per_env"].could_be == Choice((2, 300))
    assert plan.loop is None
    assert plan.refusals == ()
    assert any(risk.requirement == "agents-fit-environment" for risk in plan.risks)


def test_a_bucket_is_drawn(tmp_path: Path) -> None:
    plan = curriculum(
        tmp_path,
        "env_cfg_template_path: /env/a\nbuckets: {game.num_agents: [2, 4], game.max_steps: {range: [1, 9]}}\n",
        a=GAME.format(agents=2, steps=10, heart=1),
    )
    assert plan.quantities["agents_per_env"].could_be == Choice((2, 4))
    assert isinstance(plan.run.value("env.game.max_steps"), Unknown)


def test_a_default_curriculum_that_is_not_there_is_said_of_the_entry(tmp_path: Path) -> None:
    entry = tmp_path / "configs" / "train_job.yaml"
    for path, text in {
        entry: "defaults:\n  - trainer: trainer\n  - _self_\nseed: 1\n",
        tmp_path / "configs" / "trainer" / "trainer.yaml": (
            "_target_: metta.rl.trainer.MettaTrainer\nnum_workers: 2\nbatch_size: 32768\nminibatch_size: 16384\n"
        ),
    }.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (problem,) = planned(entry).run.problems
    assert problem.span.path == entry.as_posix()
    assert "trainer.curriculum is /env/mettagrid/curriculum/simple where no file says it" in problem.message

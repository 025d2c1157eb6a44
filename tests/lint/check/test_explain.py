"""A rule's page, and the rule on a user's own numbers."""

from __future__ import annotations

from pathlib import Path

import pytest

from metta_lint.__main__ import main
from metta_lint.api.testing import write_metta, write_pufferlib
from metta_lint.plans.lineage import lineage
from metta_lint.project.config import Config
from metta_lint.project.runs import plan_run
from metta_lint.rules.built_in import BUILT_IN
from metta_lint.rules.registry import load_rules

ROOT = Path(__file__).parents[3]
NATIVE = "configs/train_job.yaml"
PUFFER = "pufferlib/config/metta.ini"


@pytest.fixture
def examples(monkeypatch: pytest.MonkeyPatch) -> Path:
    """The examples as the current folder, with their declared pair."""
    monkeypatch.chdir(ROOT / "examples")
    return Path()


def explained(capsys: pytest.CaptureFixture[str], code: str, *arguments: str) -> str:
    """What ``explain`` prints below the rule's page."""
    assert main(["explain", code, *arguments]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"# {code}: ")
    return out[out.index(f"## {code} in ") :]


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["explain", *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    return captured.err


# -- one run --------------------------------------------------------------------------------------------------------


def test_a_waste_is_followed_down_to_its_lines(examples: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = explained(capsys, "ML402", "--config", NATIVE)
    assert "error[ML402]: 516,112 of 1,040,400 collected steps (49.6%) are overwritten" in out
    assert (
        "steps_overwritten_per_epoch = 516,112 agent steps\n"
        "    = steps_collected_per_epoch - segments * bptt_horizon\n"
        "    = 1040400 - 8192 * 64\n"
        "  steps_collected_per_epoch = 1,040,400 agent steps (as above)\n"
    ) in out
    assert "  batch_size = 524,288 agent steps, trainer.batch_size at configs/trainer/trainer.yaml:6:13\n" in out
    assert "1. trainer.batch_size = 522240 (now 524288), trainer.minibatch_size = 16320 (now 16384)" in out


def test_what_the_command_line_sets_is_explained_with_what_it_overrides(
    examples: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sizes = ("--set", "trainer.batch_size=522240", "--set", "trainer.minibatch_size=16320")
    out = explained(capsys, "ML402", "--config", NATIVE, *sizes)
    assert "ML402 finds nothing here.\n" in out
    assert "steps_overwritten_per_epoch = 0 agent steps\n" in out
    assert "trainer.batch_size, command line, over configs/trainer/trainer.yaml:6:13\n" in out
    assert "What would fix it" not in out


def test_a_refusal_is_explained_by_the_sizes_that_do_not_go_together(
    examples: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = explained(capsys, "ML401", "--config", NATIVE, "--set", "trainer.minibatch_size=1000")
    assert "batch_size must be divisible by minibatch_size: 524,288 % 1,000" in out
    assert "trainer.minibatch_size = 1,000, command line, over configs/trainer/trainer.yaml:7:17\n" in out
    assert "trainer.batch_size = 524,288 at configs/trainer/trainer.yaml:6:13\n" in out
    assert "not written into a file: trainer.minibatch_size=1000 is laid over all files" in out


def test_an_unknown_value_is_no_clean_one(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_metta(Path(), {"trainer.num_workers": None})
    out = explained(capsys, "ML402", "--config", NATIVE)
    assert "ML402 finds nothing here.\nNot all of configs/train_job.yaml could be judged: the machine's CPU" in out
    out = explained(capsys, "ML402", "--config", NATIVE, "--cpus", "4", "--gpus", "1")
    assert "could be judged" not in out


def test_a_rule_about_files_looks_at_those_that_the_run_reads(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ini = Path(PUFFER)
    ini.write_text(ini.read_text(encoding="utf-8") + "\n[sweep]\nmethod = Proteus\n", encoding="utf-8")
    assert "error[ML602]" in explained(capsys, "ML602", "--config", PUFFER)
    assert "ML602 finds nothing here." in explained(capsys, "ML602", "--config", NATIVE)


def test_a_rule_about_files_is_explained_on_a_file_or_a_folder_too(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("configs/trainer/other.yaml").write_text("defaults:\n  - trianer\n", encoding="utf-8")
    for path in ("configs", "configs/trainer/other.yaml"):
        out = explained(capsys, "ML801", "--config", path)
        assert f"## ML801 in {path}\n" in out
        assert "--> configs/trainer/other.yaml:2:5" in out
    assert "configs: no such run" in refused(capsys, "ML402", "--config", "configs")


def test_a_code_without_a_rule_is_looked_for_in_the_run_s_files(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ini = Path(PUFFER)
    ini.write_text(f"# metta-lint: ignore-file[ML101]\n{ini.read_text(encoding='utf-8')}", encoding="utf-8")
    assert "warning[ML901]: " in explained(capsys, "ML901", "--config", PUFFER)
    assert "ML901 finds nothing here." in explained(capsys, "ML901", "--config", NATIVE)


# -- pairs ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("run", ["native", NATIVE, "puffer"])
def test_a_pair_s_rule_is_explained_on_the_declared_pairs_of_a_run(
    run: str, examples: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = explained(capsys, "ML101", "--config", run)
    assert "## ML101 in puffer against native\n" in out
    assert "### How it comes about in puffer (pufferlib@3)" in out
    assert "agents_per_env = 64 agents, env.game.num_agents at pufferlib/environments/metta/metta.yaml:3:15" in out
    assert "agents_per_env = 3 agents, env.game.num_agents at configs/env/arena.yaml:6:15" in out
    assert "check --fix --take left (puffer is right):\n  set env.game.num_agents to 64, as puffer has it" in out
    assert (
        "check --fix --take right (native is right):\n  set env.game.num_agents to 3 and train.minibatch_size to 12288,"
        in out
    )


def test_a_declared_difference_is_shown_with_its_reason(examples: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = explained(capsys, "ML207", "--config", "native")
    assert "note: declared to differ at metta-lint.toml:14:12: the INI is a smoke run of 300M steps" in out


def test_the_other_run_can_be_named(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_pufferlib(Path(), {"env.game.num_agents": 4})
    out = explained(capsys, "ML101", "--config", PUFFER, "--against", NATIVE)
    assert f"## ML101 in {PUFFER} against {NATIVE}\n" in out
    assert "warning[ML101]" in out
    both = explained(capsys, "ML402", "--config", PUFFER, "--against", NATIVE)
    assert both.count("ML402 finds nothing here.") == 2


def test_what_is_set_is_set_of_the_run_alone(examples: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The other run is still read as the run that it is, with all of its files."""
    out = explained(capsys, "ML502", "--config", "puffer", "--set", "train.gamma=0.5", "--against", "native")
    assert "--> configs/trainer/trainer.yaml:4:18" in out.partition("## ML502 in native")[2]


# -- what is asked for ----------------------------------------------------------------------------------------------


def test_a_configuration_file_can_be_named_beside_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    config = str(ROOT / "examples/metta-lint.toml")
    assert "ML402 in native" in explained(capsys, "ML402", "--config", config, "--config", "native")
    assert main(["explain", "ML402", "--config", config]) == 0
    assert "ML402 in" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["ML101", "--config", PUFFER], "no declared pair has pufferlib/config/metta.ini: name the other one with"),
        (["ML402", "--config", "nowhere.ini"], "nowhere.ini: no such run"),
        (["ML402", "--config", PUFFER, "--config", NATIVE], "--against names the run to compare it with"),
        (["ML402", "--against", NATIVE], "--against needs a run: --config RUN"),
        (["ML402", "--set", "a=1"], "--set needs a run: --config RUN"),
        (["ML999", "--config", PUFFER], "no rule is called ML999"),
    ],
)
def test_what_cannot_be_explained_says_what_is_missing(
    arguments: list[str], message: str, tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert message in refused(capsys, *arguments)


@pytest.mark.parametrize("code", [rule.code for rule in (*BUILT_IN, *load_rules())])
def test_every_rule_can_be_explained_on_both_sides(
    code: str, examples: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for run in ("puffer", "native"):
        assert explained(capsys, code, "--config", run)


# -- derivations ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("run", [PUFFER, NATIVE])
def test_a_derivation_derives_each_quantity_once_and_ends_at_settings(run: str, examples: Path) -> None:
    plan = plan_run(run, Config())
    for name in plan.quantities:
        steps = lineage(plan, [name])
        derived = [step.name for step in steps if not step.is_repeated]
        assert len(derived) == len(set(derived))
        reached = {step.setting.key for step in steps if step.setting is not None}
        assert reached == {setting.key for setting in plan.settings_of(name)}

"""``--set`` where several runs are planned: for one of them by its name, else for those whose trainer has the key."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from metta_lint.__main__ import main
from metta_lint.project.runs import addressed

CONFIG = """
[runs.puffer]
entry = "pufferlib/config/metta.ini"
[runs.native]
entry = "configs/train_job.yaml"
[[pairs]]
left = "puffer"
right = "native"
"""
SKIPPED = "native: --set vec.num_envs=8 is skipped: metta has no such key"


@pytest.fixture
def project(tree: Path) -> Path:
    """An agreeing pair of declared runs."""
    Path("metta-lint.toml").write_text(CONFIG, encoding="utf-8")
    return tree


def test_a_key_of_one_trainer_leaves_the_others_runs_alone(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--set", "vec.num_envs=8", "."]) == 1
    out = capsys.readouterr().out
    assert f"note: {SKIPPED}" in out
    assert "ML2" in out
    assert "in: puffer against native" in out


@pytest.mark.parametrize("override", ["puffer:vec.num_envs=8", "puffer:--vec.num-envs=8"])
def test_a_named_run_alone_is_changed(override: str, project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--set", override, "--output-format", "json"]) == 1
    data = json.loads(capsys.readouterr().out)
    assert {finding["subject"] for finding in data["findings"]} == {"puffer against native"}
    assert not [note for note in data["summary"]["notes"] if "skipped" in note]


def test_two_runs_of_one_trainer_are_told_apart(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("metta-lint.toml").write_text(
        '[runs.a]\nentry = "pufferlib/config/metta.ini"\n[runs.b]\nentry = "pufferlib/config/metta.ini"\n',
        encoding="utf-8",
    )
    assert main(["check", "--set", "b:train.minibatch_size=64", "--output-format", "json"]) == 1
    assert {finding["subject"] for finding in json.loads(capsys.readouterr().out)["findings"]} == {"b"}


@pytest.mark.parametrize("override", ["vec.num_enws=8", "puffer:vec.num_enws=8", "nonsense"])
@pytest.mark.parametrize("command", [["check", "."], ["compare", "puffer", "native"]])
def test_what_no_run_takes_is_an_error(
    command: list[str], override: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*command, "--set", override]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: --set")
    assert override.removeprefix("puffer:") in error


def test_a_value_that_its_trainer_cannot_take_is_an_error(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--set", "vec.num_envs=many", "."]) == 2
    assert "PufferLib takes this key as int" in capsys.readouterr().err


def test_a_name_that_no_run_has(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--set", "pufer:vec.num_envs=8", "."]) == 2
    assert "no run is called 'pufer'; did you mean puffer?" in capsys.readouterr().err


@pytest.mark.parametrize("command", [["plan", "native"], ["solve", "native"], ["compare", "native", "native"]])
def test_another_run_than_those_that_are_asked_for(
    command: list[str], project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*command, "--set", "puffer:vec.num_envs=8"]) == 2
    assert "the run puffer is not asked for" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["compare", "verify"])
def test_a_side_without_the_key_is_said_on_stderr(
    command: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main([command, "puffer", "native", "--set", "vec.num_envs=8"])
    assert f"warning: {SKIPPED}" in capsys.readouterr().err


def test_plan_and_explain_take_the_name_too(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "puffer", "--set", "puffer:vec.num_envs=8", "--output-format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["quantities"]["num_envs"]["value"] == 8
    of_the_other = ["--config", "puffer", "--against", "native", "--set", "native:trainer.batch_size=64"]
    assert main(["explain", "ML201", *of_the_other]) == 0
    assert "batch_size = 64 agent steps" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("vec.num_envs=8", (None, "vec.num_envs=8")),
        ("puffer:vec.num_envs=8", ("puffer", "vec.num_envs=8")),
        ("trainer.curriculum=env:a:b", (None, "trainer.curriculum=env:a:b")),
        ("native:+trainer.x=C:/a", ("native", "+trainer.x=C:/a")),
        ("native:~trainer.x", ("native", "~trainer.x")),
        ("db@a:b=mysql", (None, "db@a:b=mysql")),
        ("C:\\keys=1", (None, "C:\\keys=1")),
        ("C:/keys=1", (None, "C:/keys=1")),
    ],
)
def test_a_name_comes_before_the_key(text: str, expected: tuple[str | None, str]) -> None:
    assert addressed(text) == expected

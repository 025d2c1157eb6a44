"""Plugins: what a repository's own file adds, and what is said of one that is wrong."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from metta_lint.base import plugins
from metta_lint.base.documents import Span
from metta_lint.base.errors import LintError
from metta_lint.cli import run_command
from metta_lint.plans.run import split_entry
from metta_lint.sources.key_paths import entry_at

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PLUGIN = '''
import re
from metta_lint.api import Draft, Place
from metta_lint.api.dialects import (
    Derivation, Document, Entry, Mapping, Run, Scalar, Setting, Source, Span, Trainer, read, split_entry,
)


def parse(data, path):
    entries = {}
    for number, line in enumerate(data.decode().splitlines(), start=1):
        key, _, value = line.partition(" is ")
        spans = Span(path, number, 1, number, len(key) + 1), Span(path, number, len(key) + 5, number, len(line) + 1)
        entries[key] = Entry(spans[0], Scalar(int(value), spans[1]))
    return Document(path, Mapping(entries, Span(path, 1, 1, 1, 1)))


def read_run(entry, overrides, machine):
    root = read(split_entry(entry)[0]).root
    settings = {k: Setting(k, e.value.value, e.value.span) for k, e in root.entries.items()}
    return Run("plain", entry, settings, {}, machine)


def derive(run, backend):
    d = Derivation(run)
    d.define("num_envs", "envs", "environments")
    return d.plan((None, "none is written"), order=(), never_reached=frozenset())


class TooMany:
    """More environments than ten."""

    code, name, severity = "OUR1", "too-many", "warning"
    agrees, drifts = [], []

    def check(self, plan):
        if plan.run.trainer == "plain" and plan.number("num_envs") > 10:
            yield Draft(f"{plan.value('num_envs')} environments", at=Place(plan, "num_envs"))


RULES = [TooMany()]
SOURCES = [Source("plain", (".plain",), lambda path, data: True, parse)]
TRAINERS = [Trainer("plain", read_run, derive, suffixes=(".plain",), entries=lambda path, data: (path,))]
'''


@pytest.fixture(autouse=True)
def _without_plugins(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    yield
    plugins.use(())


def write_project(folder: Path, plugin: str = PLUGIN, envs: str = "envs is 12") -> None:
    (folder / "metta-lint.toml").write_text('plugins = ["tools/ours.py"]\n', encoding="utf-8")
    (folder / "tools").mkdir(exist_ok=True)
    (folder / "tools" / "ours.py").write_text(plugin, encoding="utf-8")
    (folder / "train.plain").write_text(f"{envs}\n", encoding="utf-8")


def test_a_listed_file_adds_a_rule_a_source_and_a_trainer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_project(tmp_path)
    assert run_command(["check", "--output-format", "concise"]) == 1
    assert capsys.readouterr().out == "train.plain:1:9: OUR1 12 environments\n"
    assert run_command(["plan", "train.plain", "--output-format", "json"]) == 0
    plan = json.loads(capsys.readouterr().out)
    assert (plan["trainer"], plan["quantities"]["num_envs"]["value"]) == ("plain", 12)


def test_a_file_that_is_not_listed_adds_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_project(tmp_path)
    (tmp_path / "metta-lint.toml").write_text("", encoding="utf-8")
    assert run_command(["check"]) == 0
    assert "nothing looked at" in capsys.readouterr().out


def test_a_run_of_the_plugin_s_trainer_can_be_declared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_project(tmp_path)
    with (tmp_path / "metta-lint.toml").open("a", encoding="utf-8") as file:
        file.write('[runs.ours]\nentry = "train.plain"\ntrainer = "plain"\n')
    assert run_command(["plan", "ours"]) == 0
    assert "ours: what plain will do" in capsys.readouterr().out


def test_a_changed_plugin_is_loaded_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_project(tmp_path)
    assert run_command(["check"]) == 1
    write_project(tmp_path, PLUGIN.replace("> 10", "> 100"))
    assert run_command(["check"]) == 0
    write_project(tmp_path, PLUGIN.replace('"envs", "env', '"envs * 20", "env').replace("> 10", "> 100"))
    capsys.readouterr()
    assert run_command(["check", "--output-format", "concise"]) == 1
    assert capsys.readouterr().out == "train.plain:1:9: OUR1 240 environments\n"


def test_a_plugin_is_run_once_however_its_path_is_spelt(tmp_path: Path) -> None:
    write_project(tmp_path, f"{PLUGIN}with open('runs', 'a', encoding='utf-8') as file:\n    file.write('x')\n")
    plugins.use(["tools/ours.py"])
    plugins.use([str(tmp_path / "tools" / "ours.py")])
    assert (tmp_path / "runs").read_text(encoding="utf-8") == "x"


def test_a_plugin_may_have_dataclasses(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    limits = "@dataclasses.dataclass\nclass Limits:\n    envs: int = 10\n\n\n"
    plugin = f"from __future__ import annotations\nimport dataclasses\n{PLUGIN}{limits}"
    write_project(tmp_path, plugin)
    assert run_command(["check", "--output-format", "concise"]) == 1
    assert capsys.readouterr().out == "train.plain:1:9: OUR1 12 environments\n"


@pytest.mark.parametrize(
    ("plugin", "message"),
    [
        ("x = 1\n", "no list RULES, SOURCES, TRAINERS"),
        ("SOURCES = 3\n", "SOURCES is not a list"),
        ("SOURCES = [3]\n", "3 in SOURCES is not a source: it has no name, suffixes, claims, parse"),
        ("TRAINERS = [object]\n", "is not a trainer: it has no name, suffixes, entries, read_run, derive"),
        ("raise OSError('boom')\n", "OSError: boom"),
        (PLUGIN.replace('Trainer("plain"', 'Trainer("metta"'), "brings a second trainer metta"),
    ],
)
def test_a_wrong_plugin_is_one_clear_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], plugin: str, message: str
) -> None:
    write_project(tmp_path, plugin)
    assert run_command(["check"]) == 2
    captured = capsys.readouterr()
    assert message in captured.err
    assert "tools/ours.py" in captured.err


def test_a_source_that_crashes_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_project(tmp_path, envs="envs are many")
    assert run_command(["check"]) == 2
    assert "source plain crashed on train.plain: ValueError" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("data: (path,)", "data: 1 / 0", "trainer plain crashed on train.plain: ZeroDivisionError"),
        ("    d = Derivation(run)", '    {}["sheep"]', "train.plain: planning it crashed: KeyError: 'sheep'"),
        (
            "    d = Derivation(run)",
            "    d = Derivation(run)\n    d.refuse(Refusal('own', 'ValueError', 'no', ()))",
            "the trainer refuses for 'own', which is none of its requirements",
        ),
    ],
)
def test_a_trainer_that_crashes_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], before: str, after: str, said: str
) -> None:
    plugin = PLUGIN.replace("import Draft, Place", "import Draft, Place, Refusal")
    write_project(tmp_path, plugin.replace(before, after))
    assert run_command(["check"]) == 2
    assert said in capsys.readouterr().err


def test_suffixes_of_a_trainer_may_be_a_list(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_project(tmp_path, PLUGIN.replace('suffixes=(".plain",)', 'suffixes=[".plain"]'))
    assert run_command(["check", "--output-format", "concise"]) == 1
    assert "OUR1" in capsys.readouterr().out


def test_a_plugin_with_a_nul_in_its_path_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_project(tmp_path)
    (tmp_path / "metta-lint.toml").write_text('plugins = ["p\\u0000.py"]\n', encoding="utf-8")
    assert run_command(["check"]) == 2
    assert "no such file" in capsys.readouterr().err


def test_places_are_looked_up_anew_with_other_plugins(tmp_path: Path) -> None:
    write_project(tmp_path)
    plugins.use(())
    assert entry_at(Span("train.plain", 1, 1, 1, 5)) is None
    plugins.use(["tools/ours.py"])
    assert entry_at(Span("train.plain", 1, 1, 1, 5)) is not None


def test_a_trainer_that_is_not_there_is_named_with_those_that_are() -> None:
    from metta_lint.trainers.dialects import trainer_named

    with pytest.raises(LintError, match="no trainer is called 'sheep': there are pufferlib and metta"):
        trainer_named("sheep")


@pytest.mark.parametrize(
    ("entry", "split"),
    [
        ("ppo.yml:CartPole-v1", ("ppo.yml", "CartPole-v1")),
        ("ppo.yml:ALE/Pong-v5", ("ppo.yml", "ALE/Pong-v5")),
        ("metta/rl/trainer_config.py:TrainerConfig", ("metta/rl/trainer_config.py", "TrainerConfig")),
        ("configs/train_job.yaml", ("configs/train_job.yaml", "")),
        (r"C:\runs\ppo.yml:CartPole-v1", (r"C:\runs\ppo.yml", "CartPole-v1")),
        (r"C:\v1.0\train.ini", (r"C:\v1.0\train.ini", "")),
        ("native", ("native", "")),
    ],
)
def test_an_entry_is_a_file_and_perhaps_a_name(entry: str, split: tuple[str, str]) -> None:
    assert split_entry(entry) == split

"""The project's own configuration: found upward, read with its mistakes' lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from metta_lint.__main__ import main
from metta_lint.api.testing import write_pufferlib
from metta_lint.base.errors import InputError, LintError
from metta_lint.project.config import find_config, load_config

if TYPE_CHECKING:
    from pathlib import Path


def write(folder: Path, text: str, name: str = "metta-lint.toml") -> str:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    return str(folder / name)


def ignored(start: str) -> list[str]:
    return [selector.prefix for selector in find_config(start).selectors if not selector.selects]


def test_the_nearest_configuration_wins(tmp_path: Path) -> None:
    write(tmp_path, 'ignore = ["ML1"]')
    write(tmp_path / "inner", 'ignore = ["ML2"]')
    assert ignored(str(tmp_path / "inner")) == ["ML2"]
    (tmp_path / "other").mkdir()
    assert ignored(str(tmp_path / "other")) == ["ML1"]


def test_a_pyproject_without_a_section_is_passed_over(tmp_path: Path) -> None:
    write(tmp_path, '[tool.metta-lint]\nselect = ["ML4"]', "pyproject.toml")
    write(tmp_path / "inner", "[tool.ruff]\nline-length = 100", "pyproject.toml")
    (selector,) = find_config(str(tmp_path / "inner")).selectors
    assert (selector.prefix, selector.selects) == ("ML4", True)


def test_runs_pairs_and_differences(tmp_path: Path) -> None:
    write(tmp_path / "config", "", "metta.ini")
    write(tmp_path / "configs", "", "train_job.yaml")
    path = write(
        tmp_path,
        """
[tool.metta-lint]
select = ["ML"]
[tool.metta-lint.machine]
cpus = 16
[tool.metta-lint.runs.puffer]
entry = "config/metta.ini"
set = ["env.num_agents=64"]
[tool.metta-lint.runs.native]
entry = "configs/train_job.yaml"
[[tool.metta-lint.pairs]]
left = "puffer"
right = "native"
[[tool.metta-lint.pairs.differs]]
quantity = "total_timesteps"
reason = "smoke runs stop early"
""",
        "pyproject.toml",
    )
    config = load_config(path)
    assert config.machine.cpus == 16
    assert config.runs["puffer"].overrides == ("env.num_agents=64",)
    assert config.runs["native"].entry.endswith("configs/train_job.yaml")
    (pair,) = config.pairs
    (difference,) = pair.differs
    assert (difference.quantity, difference.reason) == ("total_timesteps", "smoke runs stop early")
    assert difference.span.line == 15


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ('selekt = ["ML"]', 1, "no key 'selekt'"),
        ("select = 3", 1, "must be a list of strings"),
        ("[machine]\ncpus = 0", 2, "positive"),
        ("[runs.a]\nset = []", 1, "runs.a: entry is missing"),
        ('[runs.a]\nentry = "gone.ini"', 2, "does not exist"),
        ('[runs.a]\nentry = "."', 2, "is not a file"),
        ('select = ["ML"]\nplugins = ["gone.py"]', 2, "gone.py: no such file"),
        ("[machine]\nsteps_per_second = nan", 2, "positive"),
        ('[[pairs]]\nleft = "a"\nright = "b"', 2, "no run is called 'a'"),
        ('[[pairs]]\nleft = "a"\nright = "a"\n[runs.a]\nentry = "x.ini"', 3, "a pair is of two runs, and both are 'a'"),
        (
            '[[pairs]]\nleft = "pufer"\nright = "pufer"\n[runs.puffer]\nentry = "x.ini"',
            2,
            "no run is called 'pufer'; did you mean puffer?",
        ),
        ("select = [", 1, ""),
        (
            '[runs.a]\nentry="x.ini"\n[[pairs]]\nleft="a"\nright="a"\n[[pairs.differs]]\nquantity="x"\nleft=[3]',
            8,
            "left must be a number, a string, true or false",
        ),
    ],
)
def test_a_mistake_has_its_line(tmp_path: Path, text: str, line: int, message: str) -> None:
    write(tmp_path, "", "x.ini")
    with pytest.raises(InputError) as caught:
        load_config(write(tmp_path, text))
    assert message in caught.value.message
    assert caught.value.span.line == line


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ('ignore = ["ML1"]\nper-file-ignore = {}', "2:1", "no key 'per-file-ignore'; did you mean per-file-ignores?"),
        ("[machine]\ncpu = 4", "2:1", "machine has no key 'cpu'; did you mean cpus?"),
        ('[runs.a]\nentry = "x.ini"\nsets = []', "3:1", "runs.a has no key 'sets'; did you mean set?"),
        ('[runs.a]\nentry = "x.ini"\nzz = 1', "3:1", "no key 'zz' (it has entry, set, trainer)"),
        ('select = ["ML", 3]', "1:17", "select must be a list of strings"),
        ('preview = "yes"', "1:11", "preview must be true or false"),
        ("[machine]\ncpus = 2.5", "2:8", "machine.cpus must be a positive whole number"),
        ("pairs = {}", "1:9", "pairs must be an array of tables: [[pairs]]"),
        ("runs = 3", "1:8", "runs must be a table"),
        ('[per-file-ignores]\n"a/*" = "ML1"', "2:9", "per-file-ignores.a/* must be a list of strings"),
    ],
)
def test_a_mistake_has_its_column_and_the_nearest_key(tmp_path: Path, text: str, place: str, message: str) -> None:
    write(tmp_path, "", "x.ini")
    with pytest.raises(InputError) as caught:
        load_config(write(tmp_path, text))
    assert message in caught.value.message
    assert f"{caught.value.span.line}:{caught.value.span.column}" == place


def test_a_file_without_the_section_is_an_error_where_it_was_named(tmp_path: Path) -> None:
    with pytest.raises(LintError, match="has no"):
        load_config(write(tmp_path, "[tool.ruff]", "pyproject.toml"))


@pytest.mark.parametrize("arguments", [[], ["."], ["config"], ["config/metta.ini"], ["{absolute}"], ["../pufferlib"]])
def test_a_declared_run_is_planned_once_however_its_file_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    write_pufferlib(tmp_path, {"train.target_kl": 0.02})
    write(tmp_path, '[runs.ours]\nentry = "pufferlib/config/metta.ini"\n')
    monkeypatch.chdir(tmp_path / "pufferlib")
    absolute = (tmp_path / "pufferlib" / "config" / "metta.ini").as_posix()
    command = ["check", *(argument.format(absolute=absolute) for argument in arguments)]
    assert main([*command, "--select", "ML501", "--output-format", "concise"]) == 1
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("config/default.ini:")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            '[runs.a]\nentry = "pufferlib/config/metta.ini"\nset = ["vec.num_envs=8", "vec.envs=3"]',
            "3:26: runs.a: set ",
        ),
        ('[runs.a]\nentry = "notes.txt"', "2:9: runs.a: notes.txt is not an entry file"),
    ],
)
@pytest.mark.parametrize("command", [["check"], ["plan", "a"]])
def test_what_a_declared_run_cannot_be_has_its_place(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    text: str,
    said: str,
    command: list[str],
) -> None:
    write_pufferlib(tmp_path, {})
    write(tmp_path, "", "notes.txt")
    write(tmp_path, text)
    monkeypatch.chdir(tmp_path)
    assert main(command) == 2
    assert capsys.readouterr().err.startswith(f"error: metta-lint.toml:{said}")


def test_an_override_of_the_command_line_is_not_laid_to_the_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_pufferlib(tmp_path, {})
    write(tmp_path, '[runs.a]\nentry = "pufferlib/config/metta.ini"\nset = ["vec.num_envs=8"]')
    monkeypatch.chdir(tmp_path)
    assert main(["plan", "a", "--set", "vec.envs=3"]) == 2
    assert capsys.readouterr().err.startswith("error: --set vec.envs=3")

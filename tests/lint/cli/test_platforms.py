"""What differs between systems: separators, line ends, consoles, default encodings; and CI on all of them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path, PurePosixPath, PureWindowsPath

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from metta_lint import __main__
from metta_lint.api.testing import write_metta, write_pufferlib
from metta_lint.base.paths import parent_of, parents_of, slashed, tidy
from metta_lint.plans.run import split_entry

ROOT = Path(__file__).parents[3]
WORKFLOW = ROOT / ".github" / "workflows" / "ci.yml"
DRIFT = {"train.bptt_horizon": 8}


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a pair that drifts, as the current folder."""
    monkeypatch.chdir(tmp_path)
    write_pufferlib(Path(), DRIFT)
    write_metta(Path(), {})
    return tmp_path


def metta_lint(
    *arguments: str, options: tuple[str, ...] = (), **environment: str
) -> subprocess.CompletedProcess[bytes]:
    """The program in a process of its own."""
    command = [sys.executable, *options, "-m", "metta_lint", *arguments]
    return subprocess.run(command, env=os.environ | environment, capture_output=True, check=False)


# -- separators --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("parts", [("configs", "train_job.yaml"), ("a b", "\u00e4", "metta.ini"), ("x.ini",)])
def test_a_path_is_shown_with_forward_slashes_on_every_system(parts: tuple[str, ...]) -> None:
    assert slashed(str(PureWindowsPath(*parts)), "\\") == "/".join(parts)
    assert slashed(str(PurePosixPath(*parts)), "/") == "/".join(parts)


def test_a_backslash_in_a_posix_name_is_part_of_the_name() -> None:
    assert slashed("configs/a\\b.yaml", "/") == "configs/a\\b.yaml"


@pytest.mark.parametrize(
    "path", [r"C:\runs\ppo.yml", r"\\host\share\v1.2\ppo.yml", r"runs\v1.0\ppo.yml", "C:/r/ppo.yml"]
)
def test_a_drive_is_no_name_of_a_run(path: str) -> None:
    assert PureWindowsPath(path).suffix == ".yml"
    assert split_entry(path) == (path, "")
    assert split_entry(f"{path}:CartPole-v1") == (path, "CartPole-v1")


def test_json_has_forward_slashes_and_paths_from_the_working_directory(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert __main__.main(["check", ".", "--output-format", "json"]) == 1
    paths = {finding["location"]["path"] for finding in json.loads(capsys.readouterr().out)["findings"]}
    assert paths == {"pufferlib/config/default.ini"}


# -- line ends and marks -----------------------------------------------------------------------------------------------


def test_findings_do_not_depend_on_line_ends(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    __main__.main(["check", ".", "--output-format", "json"])
    before = json.loads(capsys.readouterr().out)
    for file in (*tree.rglob("*.ini"), *tree.rglob("*.yaml")):
        file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    __main__.main(["check", ".", "--output-format", "json"])
    assert json.loads(capsys.readouterr().out) == before
    __main__.main(["check", "."])
    assert "\r" not in capsys.readouterr().out


def test_a_config_that_notepad_saved_is_read(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("metta-lint.toml").write_bytes(b'\xef\xbb\xbf[runs.puffer]\r\nentry = "pufferlib/config/metta.ini"\r\n')
    assert __main__.main(["plan", "puffer"]) == 0
    assert "puffer: what pufferlib@3 will do" in capsys.readouterr().out


# -- consoles and encodings --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["cp1252", "cp437", "ascii", "utf-8"])
@pytest.mark.parametrize("output_format", ["full", "concise", "json"])
def test_a_console_without_a_character_has_it_escaped(tree: Path, encoding: str, output_format: str) -> None:
    folder = Path("tr\u00fcmmer \u2603 \U0001f40d")
    (tree / "pufferlib").rename(folder)
    done = metta_lint("check", ".", "--output-format", output_format, PYTHONIOENCODING=encoding)
    assert done.returncode == 1, done.stderr
    assert done.stderr == b""
    text = done.stdout.decode(encoding)
    assert "ML203" in text


def test_a_report_in_a_file_is_utf_8_whatever_the_console_is(tree: Path) -> None:
    (tree / "pufferlib").rename("\u2603")
    arguments = ("check", ".", "--output-format", "concise", "--output-file", "report.txt")
    assert metta_lint(*arguments, PYTHONIOENCODING="cp1252", PYTHONUTF8="0").returncode == 1
    assert "\u2603/config/default.ini" in Path("report.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "."),
        ("check", ".", "--output-format", "json", "--output-file", "report.json"),
        ("plan", "pufferlib/config/metta.ini"),
        ("compare", "pufferlib/config/metta.ini", "configs/train_job.yaml"),
        ("verify", "pufferlib/config/metta.ini", "configs/train_job.yaml"),
        ("rules",),
        ("explain", "ML402"),
        ("init",),
    ],
    ids=lambda arguments: " ".join(arguments[:1]),
)
def test_no_file_is_opened_in_the_system_s_encoding(tree: Path, arguments: tuple[str, ...]) -> None:
    done = metta_lint(*arguments, options=("-W", "error::EncodingWarning"), PYTHONWARNDEFAULTENCODING="1")
    assert b"EncodingWarning" not in done.stderr
    assert done.returncode in (0, 1), done.stderr


# -- CI ----------------------------------------------------------------------------------------------------------------


def test_ci_runs_on_each_system_and_each_python_that_is_promised() -> None:
    matrix = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))["jobs"]["test"]["strategy"]["matrix"]
    assert matrix["os"] == ["ubuntu-latest", "macos-latest", "windows-latest"]
    classifiers = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert matrix["python"] == re.findall(r'"Programming Language :: Python :: (3\.\d+)"', classifiers)


def test_the_workflow_is_one_that_github_takes() -> None:
    command = ["-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows", str(WORKFLOW)]
    done = subprocess.run([sys.executable, *command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


PIECES = st.sampled_from(["a", "b.ini", "..", ".", "", "c.d.yaml"])


@given(st.lists(PIECES, min_size=1, max_size=6), st.booleans())
def test_paths_are_taken_apart_as_pathlib_does(pieces: list[str], is_absolute: bool) -> None:
    path = ("/" if is_absolute else "") + "/".join(pieces).lstrip("/")
    known = PurePosixPath(path)
    assert tidy(path) == known.as_posix()
    assert parent_of(path) == known.parent.as_posix()
    assert list(parents_of(path)) == [parent.as_posix() for parent in known.parents]

"""One command adopts the hook in a repository, and writes over nothing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from metta_lint import __version__
from metta_lint.__main__ import main
from metta_lint.api.testing import write_metta, write_pufferlib
from metta_lint.check.adoption import run_names
from metta_lint.plans.run import Run
from metta_lint.project.config import load_config

CONFIG, HOOKS, BASELINE = "metta-lint.toml", ".pre-commit-config.yaml", "metta-lint-baseline.json"
SIDES = ("pufferlib/config/metta.ini", "configs/train_job.yaml")


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with a pair that differs in gamma, as the current folder."""
    monkeypatch.chdir(tmp_path)
    write_pufferlib(Path(), {"train.gamma": 0.5})
    write_metta(Path(), {})
    Path(".git").mkdir()
    return tmp_path


def initialised(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    capsys.readouterr()
    assert main(["init", *arguments]) == 0
    return capsys.readouterr().out


def contents() -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()}


def test_the_pair_is_declared_and_the_hook_pinned(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = initialised(capsys, "--baseline")
    assert f"wrote {CONFIG}: 2 runs, 1 pair\n" in out
    assert f"wrote {BASELINE}: 1 finding that" in out
    assert f"wrote {HOOKS}\n" in out
    config = load_config(CONFIG)
    assert {name: spec.entry for name, spec in config.runs.items()} == {"pufferlib": SIDES[0], "metta": SIDES[1]}
    assert [(pair.left, pair.right) for pair in config.pairs] == [("pufferlib", "metta")]
    assert "# both train 'metta' (pufferlib/config/metta.ini, " in Path(CONFIG).read_text(encoding="utf-8")
    (repo,) = yaml.safe_load(Path(HOOKS).read_text(encoding="utf-8"))["repos"]
    assert repo["rev"] == f"v{__version__}"
    assert repo["hooks"] == [{"id": "metta-lint"}]


def test_what_was_there_passes_and_what_is_new_does_not(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    initialised(capsys, "--baseline")
    assert main(["check"]) == 0
    write_pufferlib(Path(), {"train.gamma": 0.5, "train.ent_coef": 0.5})
    assert main(["check"]) == 1


def test_without_a_baseline_it_says_what_stops_commits(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = initialised(capsys, "--no-baseline")
    assert "1 finding is there now and stops commits" in out
    assert not Path(BASELINE).exists()
    assert main(["check"]) == 1


def test_off_a_terminal_nobody_is_asked(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    initialised(capsys)
    assert not Path(BASELINE).exists()


@pytest.mark.parametrize(("answer", "is_written"), [("y\n", True), ("\n", True), ("n\n", False)])
def test_on_a_terminal_the_user_is_asked(
    tree: Path, monkeypatch: pytest.MonkeyPatch, answer: str, is_written: bool
) -> None:
    terminal = (tree / "answer").open("w+", encoding="utf-8")
    terminal.write(answer)
    terminal.seek(0)
    monkeypatch.setattr(terminal, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("sys.stdin", terminal)
    assert main(["init"]) == 0
    terminal.close()
    assert Path(BASELINE).exists() is is_written


def test_a_second_time_changes_nothing(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    initialised(capsys, "--baseline")
    before = contents()
    out = initialised(capsys, "--baseline")
    assert contents() == before
    assert f"kept {CONFIG}" in out
    assert f"kept {BASELINE}" in out
    assert f"kept {HOOKS}: metta-lint is in it" in out
    assert "stops commits" not in out


def test_what_exists_is_kept_and_what_to_add_is_said(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("pyproject.toml").write_text('[tool.metta-lint]\nignore = ["ML1"]\n', encoding="utf-8")
    Path(HOOKS).write_text("repos: []  # ours\n", encoding="utf-8")
    before = contents()
    out = initialised(capsys, "--baseline")
    after = contents()
    assert after.pop(Path(BASELINE))
    assert after == before
    assert f'kept pyproject.toml; add to it: baseline = "{BASELINE}"' in out
    assert f"kept {HOOKS}; add to its repos:" in out
    assert "      - id: metta-lint\n" in out


def test_a_configuration_with_a_mistake_is_said(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path(CONFIG).write_text("selekt = []\n", encoding="utf-8")
    assert main(["init"]) == 2
    assert "metta-lint.toml:1:1: the configuration has no key 'selekt'" in capsys.readouterr().err
    assert not Path(HOOKS).exists()


def test_below_the_top_of_a_repository_the_entry_is_given(
    tree: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tree / "projects" / "arena"
    write_pufferlib(folder, {})
    write_metta(folder, {})
    monkeypatch.chdir(folder)
    out = initialised(capsys)
    assert f"../../{HOOKS} is where the hook belongs; add to its repos:" in out
    assert "        args: [projects/arena]\n        files: ^projects/arena/\n" in out
    assert not (tree / HOOKS).exists()
    assert (folder / CONFIG).exists()


@pytest.mark.parametrize("name", ["a b", "a+b [x]", "3.10", "it's", "true", "größe", "a.b-c"])
def test_the_entry_is_yaml_and_names_the_folder_whatever_it_is_called(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path / name)
    given = initialised(capsys).partition("add to its repos:\n\n")[2].partition("\n\nnow: ")[0]
    (hook,) = yaml.safe_load(given)[0]["hooks"]
    assert hook["args"] == [name]
    assert re.search(hook["files"], f"{name}/configs/a.yaml")
    assert not re.search(hook["files"], "axb/configs/a.yaml")


def test_another_hook_of_ours_is_not_taken_for_the_one_that_lints(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hooks = "repos:\n- repo: https://github.com/metta-lint/metta-lint\n  hooks:\n  - id: metta-lint"
    Path(HOOKS).write_text(f"{hooks}-verify\n", encoding="utf-8")
    assert f"kept {HOOKS}; add to its repos:" in initialised(capsys)
    Path(HOOKS).write_text(f"{hooks}  # lints\n", encoding="utf-8")
    assert f"kept {HOOKS}: metta-lint is in it" in initialised(capsys)


def test_a_link_that_leads_nowhere_is_kept(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path(HOOKS).symlink_to("nowhere")
    assert f"kept {HOOKS}; add to its repos:" in initialised(capsys)
    assert not Path("nowhere").exists()


def test_a_folder_without_runs_gets_a_place_for_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert f"wrote {CONFIG}: 0 runs, 0 pairs" in initialised(capsys, "--baseline")
    assert "# [runs.puffer]" in Path(CONFIG).read_text(encoding="utf-8")
    assert main(["check"]) == 0


def test_what_cannot_be_read_is_said_and_not_in_the_baseline(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("configs/broken.yaml").write_text("a: [1\nb: 3\n", encoding="utf-8")
    assert "the hook fails until this can be read: configs/broken.yaml:2:" in initialised(capsys, "--baseline")
    assert "ML001" not in Path(BASELINE).read_text(encoding="utf-8")
    assert "ML301" in Path(BASELINE).read_text(encoding="utf-8")


def test_all_pairs_are_declared_with_names_of_their_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for project in ("one", 'two "quoted"'):
        write_pufferlib(Path(project), {})
        write_metta(Path(project), {})
    initialised(capsys)
    config = load_config(CONFIG)
    assert len(config.pairs) == 2
    assert len(config.runs) == 4
    assert {spec.entry.split("/")[0] for spec in config.runs.values()} == {"one", 'two "quoted"'}
    assert main(["check"]) == 0


@pytest.mark.parametrize(
    ("entries", "names"),
    [
        (["a/x.ini"], ["pufferlib"]),
        (["a/x.ini", "a/y.ini"], ["pufferlib-x", "pufferlib-y"]),
        (["a/x.ini", "b/x.ini", "c/y.ini"], ["pufferlib-a-x", "pufferlib-b-x", "pufferlib-y"]),
        (["a b.ini", "a-b.ini"], ["pufferlib-a-b-2", "pufferlib-a-b-3"]),
        (["a.py:One", "a.py:Two"], ["pufferlib-One", "pufferlib-Two"]),
        (["größe.ini", "x.ini"], ["pufferlib-gr-e", "pufferlib-x"]),
    ],
)
def test_names_are_short_and_each_once(entries: list[str], names: list[str]) -> None:
    assert list(run_names([Run("pufferlib", entry, {}) for entry in entries]).values()) == names


def test_nothing_is_written_through_a_link(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "project").mkdir()
    monkeypatch.chdir(tmp_path / "project")
    write_pufferlib(Path(), {})
    Path("metta-lint.toml").symlink_to(tmp_path / "outside.toml")
    assert main(["init"]) == 2
    assert not (tmp_path / "outside.toml").exists()

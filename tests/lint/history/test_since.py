"""`check --since REV`: what the working tree has and the revision had not, in real repositories."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from metta_lint.base.errors import LintError
from metta_lint.check.linter import check
from metta_lint.cli import commands
from metta_lint.cli import run_command as run_cli
from metta_lint.history.since import only_new
from metta_lint.project.config import find_config
from repositories import commit, git, start, write_both

if TYPE_CHECKING:
    from pathlib import Path

    from metta_lint.check.report import Report

AGENTS = {"env.game.num_agents": 4}
RATE = {"train.learning_rate": 0.01}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with one drift in its first commit: the agents."""
    folder = start(tmp_path / "project")
    write_both(folder, AGENTS)
    commit(folder, "four agents")
    monkeypatch.chdir(folder)
    return folder


def new(revision: str, *paths: str) -> Report:
    config = find_config(paths[0] if paths else ".")
    return only_new(revision, check(paths, config))


def codes(report: Report) -> set[str]:
    return {finding.code for finding in report.findings}


def test_nothing_is_new_where_nothing_changed(project: Path) -> None:
    assert codes(new("HEAD")) == set()


def test_what_a_change_brings_is_all_that_is_said(project: Path) -> None:
    write_both(project, AGENTS | RATE)
    report = new("HEAD")
    assert {finding.quantity for finding in report.findings} == {"learning_rate"}
    assert any(note.startswith("since ") and "findings of before not shown" in note for note in report.notes)


def test_a_committed_change_is_new_since_the_commit_before(project: Path) -> None:
    write_both(project, AGENTS | RATE)
    commit(project)
    assert codes(new("HEAD")) == set()
    assert {finding.quantity for finding in new("HEAD~1").findings} == {"learning_rate"}


def test_lines_may_move(project: Path) -> None:
    for path in (*project.rglob("*.ini"), *project.rglob("*.yaml")):
        path.write_text("# moved\n\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    assert codes(check((), find_config("."))) != set()
    assert codes(new("HEAD")) == set()


def test_another_value_of_the_same_drift_is_new(project: Path) -> None:
    write_both(project, {"env.game.num_agents": 8})
    assert "ML101" in codes(new("HEAD"))


def test_a_branch_is_compared_with_where_it_began(project: Path) -> None:
    git(project, "checkout", "--quiet", "-b", "feature")
    (project / "README.md").write_text("more\n", encoding="utf-8")
    commit(project)
    git(project, "checkout", "--quiet", "main")
    write_both(project)
    commit(project, "fixed on main")
    git(project, "checkout", "--quiet", "feature")
    assert codes(check((), find_config("."))) != set()
    assert codes(new("main")) == set()


def test_renamed_files_are_known_again(project: Path) -> None:
    git(project, "mv", "configs", "conf")
    git(project, "mv", "pufferlib/config/metta.ini", "pufferlib/config/arena.ini")
    assert codes(check((), find_config("."))) != set()
    assert codes(new("HEAD")) == set()
    commit(project)
    assert codes(new("HEAD~1")) == set()
    assert codes(new("HEAD~1", "conf", "pufferlib/config/arena.ini")) == set()


def test_declared_runs_are_followed_through_renames(project: Path) -> None:
    git(project, "mv", "configs/train_job.yaml", "configs/arena_job.yaml")
    declare(project, "configs/arena_job.yaml")
    assert codes(check((), find_config("."))) != set()
    assert codes(new("HEAD")) == set()


def test_a_run_that_was_not_there_is_all_new(project: Path) -> None:
    shutil.copy("configs/train_job.yaml", "configs/other_job.yaml")
    declare(project, "configs/other_job.yaml")
    assert "ML101" in codes(new("HEAD"))


def test_keys_that_did_not_exist_do_not_stop_the_comparison(project: Path) -> None:
    ini = project / "pufferlib" / "config" / "metta.ini"
    ini.write_text(ini.read_text(encoding="utf-8") + "\n[train]\nnew_key = 1\n", encoding="utf-8")
    declare(project, "configs/train_job.yaml", '["train.new_key=2"]')
    assert "ML101" in codes(new("HEAD"))


def declare(folder: Path, native: str, overrides: str = "[]") -> None:
    (folder / "metta-lint.toml").write_text(
        f'[runs.puffer]\nentry = "pufferlib/config/metta.ini"\nset = {overrides}\n'
        f'[runs.native]\nentry = "{native}"\n[[pairs]]\nleft = "puffer"\nright = "native"\n',
        encoding="utf-8",
    )


def test_of_equal_findings_only_as_many_are_new_as_there_are_more(project: Path) -> None:
    (project / "ours.py").write_text(EVERY_AGENT, encoding="utf-8")
    (project / "metta-lint.toml").write_text('plugins = ["ours.py"]\nselect = ["XX"]\n', encoding="utf-8")
    path = project / "configs" / "env" / "arena.yaml"
    path.write_text("a:\n  n: 1\nb:\n  n: 1\n", encoding="utf-8")
    commit(project)
    path.write_text("z: 0\na:\n  n: 1\nb:\n  n: 1\nc:\n  n: 1\n", encoding="utf-8")
    assert len(check((), find_config(".")).findings) == 3
    report = new("HEAD")
    assert [(finding.code, finding.span.line) for finding in report.findings] == [("XX001", 7)]
    path.write_text("b:\n  n: 1\n", encoding="utf-8")
    assert codes(new("HEAD")) == set()


def test_an_unreadable_file_is_always_said(project: Path) -> None:
    (project / "pufferlib" / "config" / "metta.ini").write_bytes(b"[base\n")
    commit(project)
    report = new("HEAD")
    assert codes(report) == {"ML001"}
    assert report.exit_code == 2


def test_from_a_folder_below_the_root(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project / "pufferlib")
    assert codes(new("HEAD", "..")) == set()
    write_both(project, AGENTS | RATE)
    report = new("HEAD", "../configs", "config")
    assert {finding.quantity for finding in report.findings} == {"learning_rate"}
    assert all(finding.span.path.startswith(("../configs", "config/")) for finding in report.findings)


def test_from_a_folder_above_the_root(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project.parent)
    assert codes(new("HEAD", "project")) == set()
    with pytest.raises(LintError, match="not a git repository"):
        new("HEAD")


def test_absolute_paths(project: Path) -> None:
    assert codes(check((str(project),), find_config("."))) != set()
    assert codes(new("HEAD", str(project))) == set()


def test_a_path_that_leads_through_a_link(project: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(project, target_is_directory=True)
    assert codes(check((str(link),), find_config("."))) != set()
    assert codes(new("HEAD", str(link))) == set()


def test_the_other_repository_of_a_pair_stands_for_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_both(tmp_path, AGENTS)
    left, right = start(tmp_path / "pufferlib"), start(tmp_path / "configs")
    commit(left)
    commit(right)
    monkeypatch.chdir(tmp_path)
    assert codes(check(("pufferlib", "configs"), find_config("."))) != set()
    report = new("HEAD", "pufferlib", "configs")
    assert codes(report) == set()
    assert any("configs is in no commit of this repository" in note for note in report.notes)


def test_a_linked_working_tree(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    git(project, "worktree", "add", "--quiet", str(tmp_path / "second"))
    monkeypatch.chdir(tmp_path / "second")
    assert codes(new("HEAD")) == set()
    write_both(tmp_path / "second", AGENTS | RATE)
    assert {finding.quantity for finding in new("main").findings} == {"learning_rate"}


def test_a_detached_head(project: Path) -> None:
    write_both(project, AGENTS | RATE)
    commit(project)
    git(project, "checkout", "--quiet", "--detach")
    assert {finding.quantity for finding in new("HEAD^").findings} == {"learning_rate"}


def test_a_submodule_is_as_the_commit_has_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    configs = start(tmp_path / "origin")
    write_both(tmp_path / "pair", AGENTS)
    shutil.copytree(tmp_path / "pair" / "configs", configs / "configs")
    commit(configs)
    project = start(tmp_path / "project")
    shutil.copytree(tmp_path / "pair" / "pufferlib", project / "pufferlib")
    git(project, "submodule", "--quiet", "add", str(configs), "metta")
    commit(project)
    monkeypatch.chdir(project)
    assert codes(check((), find_config("."))) != set()
    assert codes(new("HEAD")) == set()
    trainer = project / "metta" / "configs" / "trainer" / "trainer.yaml"
    trainer.write_text(trainer.read_text(encoding="utf-8").replace("learning_rate: 0.001", "learning_rate: 0.1"))
    assert "learning_rate" in {finding.quantity for finding in new("HEAD").findings}


def test_a_submodule_that_is_not_here_is_said(project: Path) -> None:
    git(project, "update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},elsewhere")
    git(project, "commit", "--quiet", "--message", "a submodule")
    assert any("the submodule elsewhere is left out" in note for note in new("HEAD").notes)


@pytest.mark.parametrize("name", ["ein größe.ini", "a\tb.ini", 'a"b.ini', "-x.ini", "a\nb.ini", ":(top)x.ini"])
def test_odd_names(project: Path, name: str) -> None:
    (project / "pufferlib" / "config" / "metta.ini").rename(project / "pufferlib" / "config" / name)
    commit(project)
    assert codes(check((), find_config("."))) != set()
    assert codes(new("HEAD")) == set()
    assert codes(new("HEAD~1")) == set()


def test_the_first_commit_has_nothing_before_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = start(tmp_path / "empty")
    write_both(folder, AGENTS)
    monkeypatch.chdir(folder)
    report = new("HEAD")
    assert "ML101" in codes(report)
    assert any("no commit yet" in note for note in report.notes)
    with pytest.raises(LintError, match="--since main: no such revision"):
        new("main")


@pytest.mark.parametrize(
    ("revision", "says"),
    [
        ("nowhere", "no such revision"),
        ("--all", "no such revision"),
        ("HEAD~1..HEAD", "it is a range"),
        ("HEAD:configs", "no such revision"),
        ("", "no such revision"),
        ("HEAD..HEAD", "it is a range: give the one revision that it begins with"),
        ("a\x1bb", "no such revision"),
    ],
)
def test_an_unknown_revision_is_one_line_and_exit_code_2(project: Path, revision: str, says: str) -> None:
    result = CliRunner().invoke(commands, ["check", "--since", revision])
    assert isinstance(result.exception, LintError)
    assert says in str(result.exception)
    assert "\n" not in str(result.exception)
    assert "\x1b" not in str(result.exception)
    assert run_cli(["check", "--since", revision]) == 2


def test_outside_of_a_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_both(tmp_path)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(LintError, match=r"\.: not a git repository"):
        new("HEAD")


def test_without_git(project: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LintError, match="git is not installed"):
        new("HEAD")


def test_a_shallow_clone_knows_what_it_has(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_both(project, AGENTS | RATE)
    commit(project)
    write_both(project, AGENTS | RATE | {"train.gamma": 0.5})
    commit(project)
    git(tmp_path, "clone", "--quiet", "--depth", "2", project.as_uri(), "shallow")
    monkeypatch.chdir(tmp_path / "shallow")
    assert {finding.quantity for finding in new("HEAD~1").findings} == {"gamma"}
    with pytest.raises(LintError, match="this clone is shallow"):
        new("HEAD~2")


def test_a_shallow_clone_without_a_common_commit_says_so(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(project, "checkout", "--quiet", "-b", "feature")
    commit(project, "on the branch")
    git(project, "checkout", "--quiet", "main")
    commit(project, "on main")
    git(tmp_path, "clone", "--quiet", "--depth", "1", "--no-single-branch", project.as_uri(), "shallow")
    monkeypatch.chdir(tmp_path / "shallow")
    with pytest.raises(LintError, match="no commit in common here: this clone is shallow"):
        new("origin/feature")


def test_histories_without_a_common_commit_are_compared_directly(project: Path) -> None:
    git(project, "checkout", "--quiet", "--orphan", "other")
    write_both(project, AGENTS | RATE)
    commit(project)
    assert {finding.quantity for finding in new("main").findings} == {"learning_rate"}


def test_the_configuration_of_the_working_tree_counts_for_both(project: Path) -> None:
    (project / "metta-lint.toml").write_text('ignore = ["ML101"]\n', encoding="utf-8")
    commit(project)
    (project / "metta-lint.toml").write_text("", encoding="utf-8")
    assert codes(new("HEAD")) == set()


def test_ignored_files_are_ignored_in_both(project: Path) -> None:
    (project / ".gitignore").write_text("pufferlib/\n", encoding="utf-8")
    commit(project)
    assert codes(check((), find_config("."))) == set()
    (project / ".gitignore").unlink()
    assert "ML101" in codes(new("HEAD"))
    (project / ".git" / "info" / "exclude").write_text("pufferlib/\n", encoding="utf-8")
    assert codes(new("HEAD")) == set()


def test_a_baseline_of_the_working_tree_counts_for_both(project: Path) -> None:
    assert run_cli(["check", "--write-baseline"]) == 0
    (project / "metta-lint.toml").write_text('baseline = "metta-lint-baseline.json"\n', encoding="utf-8")
    assert codes(new("HEAD")) == set()
    write_both(project, AGENTS | RATE)
    assert {finding.quantity for finding in new("HEAD").findings} == {"learning_rate"}
    commit(project)
    (project / "metta-lint-baseline.json").unlink()
    (project / "metta-lint.toml").unlink()
    assert codes(new("HEAD")) == set()


def test_rules_of_the_working_tree_count_for_both(project: Path) -> None:
    (project / "ours.py").write_text("RULES = []\n", encoding="utf-8")
    (project / "metta-lint.toml").write_text('plugins = ["ours.py"]\n', encoding="utf-8")
    assert codes(new("HEAD")) == set()
    commit(project)
    (project / "ours.py").write_text(EVERY_INI, encoding="utf-8")
    assert "XX001" in codes(check((), find_config(".")))
    assert codes(new("HEAD")) == set()


EVERY_AGENT = '''
from metta_lint.api import Draft, leaves

class EveryOne:
    """Every 1 that is called n."""

    code, name, severity = "XX001", "every-one", "info"
    agrees, drifts = [], []

    def check(self, document):
        for keys, node in leaves(document.root):
            if keys[-1:] == ("n",):
                yield Draft("a one", at=node.span)

RULES = [EveryOne()]
'''
EVERY_INI = '''
from metta_lint.api import Draft

class EveryFile:
    """Every document."""

    code, name, severity = "XX001", "every-file", "info"
    agrees, drifts = [], []

    def check(self, document):
        yield Draft("a document", at=document.root.span)

RULES = [EveryFile()]
'''


def test_what_is_read_stays_readable_afterwards(project: Path) -> None:
    """States of another commit have the same relative paths: none of them may be taken for the working tree's."""
    write_both(project, AGENTS | RATE)
    new("HEAD")
    after = check((), find_config("."))
    assert {"agents_per_env", "learning_rate"} <= {finding.quantity for finding in after.findings}


def test_no_state_is_left_behind(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import tempfile

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    new("HEAD")
    assert os.listdir(tmp_path / "temporary") == []


def test_without_the_options_nothing_of_it_is_imported(project: Path) -> None:
    code = (
        "import sys; from metta_lint.cli import run_command; "
        "run_command(['check', '--quiet', '--output-file', 'report']); "
        "run_command(['compare', 'pufferlib/config/metta.ini', 'configs/train_job.yaml', '--output-file', 'report']); "
        "print([name for name in sys.modules if name.startswith('metta_lint.history') "
        "or name in ('subprocess', 'tempfile')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

"""Links that lead out of the tree: nothing behind them is read, and a note says which they are."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from metta_lint.api.testing import write_metta, write_pufferlib
from metta_lint.check.linter import check
from metta_lint.cli import commands
from metta_lint.files.confined import confined
from metta_lint.files.file_system import (
    DISK,
    Overlay,
    folder_entries,
    identity,
    is_file,
    read_bytes,
    reading_instead,
    real_path,
    same_file,
    using,
)
from metta_lint.history.since import only_new
from metta_lint.project.config import Config, find_config
from metta_lint.server.state import EditorState, Held, file_key
from metta_lint.trainers.trees.roots import first_look
from repositories import commit, start, write_both

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="links need a right on Windows")
WORD = "only-here"


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """What nobody asked for, in the form of every kind of file that is read."""
    folder = tmp_path / "elsewhere"
    (folder / "env").mkdir(parents=True)
    (folder / "passwd").write_text(f"{WORD}:x:0:0\n", encoding="utf-8")
    (folder / "default.ini").write_text(f"[train]\n{WORD} = 1\nlearning_rate = 5\n", encoding="utf-8")
    (folder / "x.yaml").write_text(f"defaults:\n  - _self_\n{WORD}: 1\n", encoding="utf-8")
    (folder / "trainer.yaml").write_text(f"{WORD}: [\n", encoding="utf-8")
    return folder


@pytest.fixture(params=["in a repository", "in a folder"])
def project(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "project"
    write_both(start(folder) if request.param == "in a repository" else folder)
    monkeypatch.chdir(folder)
    return folder


def run(*arguments: str) -> str:
    result = CliRunner().invoke(commands, list(arguments), standalone_mode=False)
    return result.output + str(result.exception or "")


@pytest.mark.parametrize(
    ("link", "target"),
    [
        ("x.ini", "passwd"),
        ("pufferlib/config/x.ini", "passwd"),
        ("pufferlib/config/metta.ini", "passwd"),
        ("pufferlib/config/default.ini", "default.ini"),
        ("configs/x.yaml", "x.yaml"),
        ("configs/train_job.yaml", "x.yaml"),
        ("configs/trainer/trainer.yaml", "trainer.yaml"),
        ("configs/trainer", "."),
        ("configs/env", "env"),
        ("configs/room.map", "passwd"),
        ("trainer_config.py", "passwd"),
        ("config.json", "passwd"),
        ("metta-lint.toml", "passwd"),
        ("pyproject.toml", "passwd"),
        (".gitignore", "passwd"),
    ],
)
@pytest.mark.parametrize("form", ["full", "json", "concise"])
def test_a_link_out_of_the_tree_is_not_read(project: Path, elsewhere: Path, link: str, target: str, form: str) -> None:
    path = project / link
    if path.is_dir():
        path.rename(f"{path}_before")
    path.unlink(missing_ok=True)
    path.symlink_to(os.path.relpath(elsewhere / target, path.parent))
    said = run("check", ".", "--output-format", form)
    assert WORD not in said


def test_a_note_names_the_links(project: Path, elsewhere: Path) -> None:
    (project / "x.ini").symlink_to(elsewhere / "passwd")
    (project / "pufferlib" / "config" / "y.ini").symlink_to("../../../elsewhere/passwd")
    report = check(["."], Config())
    assert "links that lead out of the tree are not followed: pufferlib/config/y.ini, x.ini" in report.notes
    assert not any(finding.is_input_error for finding in report.findings)


def test_a_note_names_the_link_to_a_folder(project: Path, elsewhere: Path) -> None:
    (project / "configs" / "more").symlink_to(elsewhere)
    job = project / "configs" / "train_job.yaml"
    job.write_text(job.read_text(encoding="utf-8").replace("defaults:\n", "defaults:\n- more/x\n"), encoding="utf-8")
    assert any(note.endswith("not followed: configs/more") for note in check(["."], Config()).notes)


def test_many_links_are_counted(project: Path, elsewhere: Path) -> None:
    for number in range(8):
        (project / f"{number}.ini").symlink_to(elsewhere / "passwd")
    assert any(note.endswith("0.ini, 1.ini, 2.ini, 3.ini, 4.ini and 3 more") for note in check(["."], Config()).notes)


def test_what_is_named_may_lie_anywhere(project: Path, elsewhere: Path) -> None:
    (project / "x.ini").symlink_to(elsewhere / "passwd")
    (project / "more").symlink_to(elsewhere)
    assert WORD in run("check", "x.ini")
    assert WORD in run("plan", "x.ini")
    assert any(finding.is_input_error for finding in check(["more/trainer.yaml"], Config()).findings)


def test_a_run_that_a_config_declares_may_not(project: Path, elsewhere: Path) -> None:
    (project / "x.ini").symlink_to(elsewhere / "passwd")
    (project / "metta-lint.toml").write_text('[runs.a]\nentry = "x.ini"\n', encoding="utf-8")
    for arguments in (["check"], ["check", "."], ["plan", "a"]):
        assert WORD not in run(*arguments)


def test_links_within_the_tree_are_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tree is all of the repository, whatever part of it is asked for."""
    folder = start(tmp_path / "project")
    write_pufferlib(folder, {})
    write_metta(folder / "there", {})
    (folder / "configs").symlink_to("there/configs")
    (folder / "pufferlib" / "config" / "again.ini").symlink_to("../../default.ini")
    (folder / "pufferlib" / "config" / "default.ini").rename(folder / "default.ini")
    monkeypatch.chdir(folder / "pufferlib")
    assert not any("not followed" in note for note in check(["."], Config()).notes)
    with confined(["."]):
        assert is_file("config/again.ini")


def test_several_folders_without_a_repository_are_one_tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "project"
    write_both(folder)
    (folder / "shared.ini").write_text("[base]\n", encoding="utf-8")
    (folder / "pufferlib" / "x.ini").symlink_to("../shared.ini")
    (folder / "pufferlib" / "y.ini").symlink_to("../../outside.ini")
    (tmp_path / "outside.ini").write_text("[base]\n", encoding="utf-8")
    monkeypatch.chdir(folder)
    with confined(["pufferlib", "configs"]):
        assert is_file("pufferlib/x.ini")
        assert not is_file("pufferlib/y.ini")
    with confined(["pufferlib"]):
        assert not is_file("pufferlib/x.ini")
    with confined(["pufferlib", str(tmp_path)]):
        assert is_file("pufferlib/y.ini")


def test_the_way_to_what_is_named_is_the_users_own(project: Path, tmp_path: Path) -> None:
    """Links above the tree, another name of it, and a repository around a link to it."""
    start(tmp_path / "home")
    (tmp_path / "home" / "work").symlink_to(project)
    for paths in ([str(tmp_path / "home" / "work")], [str(tmp_path / "home/work/pufferlib/config/metta.ini")]):
        report = check(paths, Config())
        assert report.plans
        assert not any("not followed" in note for note in report.notes)
        assert not any("no default.ini" in note for note in report.notes)


def test_another_repository_keeps_to_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, elsewhere: Path) -> None:
    ours, theirs = start(tmp_path / "ours"), start(tmp_path / "theirs")
    write_pufferlib(theirs, {})
    default = theirs / "pufferlib" / "config" / "default.ini"
    default.unlink()
    default.symlink_to(elsewhere / "default.ini")
    entry = "../theirs/pufferlib/config/metta.ini"
    (ours / "metta-lint.toml").write_text(f'[runs.a]\nentry = "{entry}"\n', encoding="utf-8")
    monkeypatch.chdir(ours)
    report = check([], find_config("."))
    assert len(report.plans) == 1
    assert any(note.endswith("not followed: ../theirs/pufferlib/config/default.ini") for note in report.notes)


def test_links_that_were_there_before_are_not_followed_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, elsewhere: Path
) -> None:
    folder = start(tmp_path / "project")
    write_both(folder, {"env.game.num_agents": 4})
    (folder / "x.ini").symlink_to(elsewhere / "passwd")
    commit(folder)
    monkeypatch.chdir(folder)
    report = only_new("HEAD", check([], Config()))
    assert list(report.findings) == []


def test_a_path_without_links_is_no_way_round(project: Path, elsewhere: Path) -> None:
    (project / "x.ini").symlink_to(elsewhere / "passwd")
    with confined(["."]):
        assert not is_file(real_path("x.ini"))
        with pytest.raises(OSError, match="leads out of the tree"):
            read_bytes(real_path("x.ini"))


def test_texts_in_the_place_of_files_are_held_to_the_tree_too(project: Path, elsewhere: Path) -> None:
    (project / "x.ini").symlink_to(elsewhere / "passwd")
    (project / "y.ini").symlink_to("pufferlib/config/metta.ini")
    texts = {str(project / "x.ini"): WORD.encode(), str(project / "y.ini"): b"[base]\n"}
    with using(Overlay(texts, DISK)), confined(["."]):
        assert not is_file("x.ini")
        assert read_bytes("y.ini") == b"[base]\n"


@pytest.mark.parametrize("target", ["passwd", "nothing"])
def test_fixes_are_made_beside_a_link_that_is_not_followed(project: Path, elsewhere: Path, target: str) -> None:
    (project / "x.ini").symlink_to(elsewhere / target)
    ini = project / "pufferlib/config/metta.ini"
    ini.write_text(ini.read_text(encoding="utf-8") + "\n[train]\nbptt_horzion = 4\n", encoding="utf-8")
    said = run("check", "--fix", ".")
    assert "bug of the rule" not in said
    assert "bptt_horizon = 4" in ini.read_text(encoding="utf-8")


def test_every_command_names_the_links(project: Path, elsewhere: Path) -> None:
    (project / "pufferlib/config/default.ini").unlink()
    (project / "pufferlib/config/default.ini").symlink_to(elsewhere / "default.ini")
    for arguments in (["plan"], ["solve"], ["compare", "configs/train_job.yaml"]):
        said = run(*arguments, "pufferlib/config/metta.ini")
        assert "note: links that lead out of the tree are not followed: pufferlib/config/default.ini" in said


def test_a_declared_entry_behind_such_a_link_says_so(project: Path, elsewhere: Path) -> None:
    (project / "x.ini").symlink_to(elsewhere / "default.ini")
    (project / "metta-lint.toml").write_text('[runs.a]\nentry = "x.ini"\n', encoding="utf-8")
    assert "runs.a: the entry x.ini is a link that leads out of the tree" in run("check")


def test_a_name_with_a_line_break_is_one_line_of_a_note(project: Path, elsewhere: Path) -> None:
    (project / "z\nerror: fake.ini").symlink_to(elsewhere / "passwd")
    assert "z\\nerror: fake.ini" in run("check", ".")


def test_a_fix_is_seen_through_a_link_to_its_file(project: Path) -> None:
    ini = project / "pufferlib" / "config" / "metta.ini"
    (ini.parent / "other.ini").symlink_to(ini.name)
    right = ini.read_text(encoding="utf-8")
    ini.write_text(f"{right}\n[train]\nminibatch_sise = 4\n", encoding="utf-8")
    assert "+minibatch_size = 4" in (said := run("check", "--diff", "."))
    assert "bug of the rule" not in said
    run("check", "--fix", ".")
    assert "minibatch_size = 4" in ini.read_text(encoding="utf-8")


def test_through_a_link_a_file_is_the_one_that_is_held(project: Path) -> None:
    ini = project / "pufferlib" / "config" / "metta.ini"
    link = ini.with_name("other.ini")
    link.symlink_to(ini.name)
    held = EditorState(held={file_key(str(link)): Held("", str(link), 1, "[base]\n")})
    with reading_instead(held.contents()):
        assert {read_bytes(str(path)) for path in (ini, link)} == {b"[base]\n"}
        assert identity(str(ini))[1] == identity(str(link))[1]
        assert same_file(str(ini), str(link))
    assert not same_file("missing", "missing too")


def test_a_named_pipe_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.ini")
    assert [entry.kind for entry in folder_entries(str(tmp_path))] == [DISK.status(str(tmp_path / "a.ini")).kind]


def test_a_nul_in_a_path_is_no_crash() -> None:
    assert folder_entries("a\0b") == []
    assert first_look("a\0b") == b""
    assert real_path("a\0b") == os.path.abspath("a\0b")


def test_what_is_not_read_is_not_proposed_either(project: Path, elsewhere: Path) -> None:
    (project / "configs/env/m.map").symlink_to(elsewhere / "passwd")
    (project / "configs/env/other.map").write_text("#\n", encoding="utf-8")
    (project / "configs/trainer/lstm.yaml").symlink_to(elsewhere / "x.yaml")
    names = "defaults:\n  - /trainer/lstm@x\ngame:\n  map_builder: {uri: configs/env/m.map}\n"
    (project / "configs/env/named.yaml").write_text(names, encoding="utf-8")
    said = run("check", ".")
    assert "no file configs/env/m.map" in said
    assert "did you mean configs/env/m.map" not in said
    assert "did you mean trainer/lstm" not in said
    assert "did you mean lstm" not in run("plan", "configs/env/named.yaml")

"""What is asked of git, and what of a hostile repository: nothing of it runs, and nothing is written elsewhere."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
from contextlib import ExitStack, contextmanager
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import pytest

from metta_lint.base.errors import LintError
from metta_lint.files.file_system import DISK, current, is_file, read_bytes, using
from metta_lint.files.folders import Folders
from metta_lint.files.limits import BYTE_LIMIT
from metta_lint.history.earlier import EarlierState
from metta_lint.history.git import Objects, Repository
from repositories import commit, environment, git, start

if TYPE_CHECKING:
    from collections.abc import Iterator

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="programs of a hostile repository are shell scripts here")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = start(tmp_path / "project")
    (folder / "a.ini").write_text("[base]\n", encoding="utf-8")
    (folder / "code").mkdir()
    (folder / "code" / "main.c").write_text("int main;\n", encoding="utf-8")
    commit(folder)
    return folder


@contextmanager
def earlier(project: Path, *commits: str) -> Iterator[str]:
    """The last of some commits is read while this lasts, after the others; the folder that its files are in."""
    repository = Repository.around(str(project))
    with ExitStack() as processes, using(state := EarlierState(repository, DISK, processes)):
        for name in commits:
            state.move(repository.commit(name) or "")
        yield repository.top


def laid_out(project: Path, *commits: str) -> dict[str, bytes]:
    """The files of the last of some commits, read one after the other."""
    with earlier(project, *commits) as top:
        paths = [f"{parent}/{name}" for parent, content in Folders().below(top) for name in content.files]
        return {Path(path).relative_to(top).as_posix(): read_bytes(path) for path in paths if is_file(path)}


def folders(project: Path, *commits: str) -> set[str]:
    with earlier(project, *commits) as top:
        return {Path(parent).relative_to(top).as_posix() for parent, _ in Folders().below(top)} - {"."}


def test_files_have_their_bytes(project: Path) -> None:
    assert laid_out(project, "HEAD") == {"a.ini": b"[base]\n", "code/main.c": b"int main;\n"}


def test_a_commit_is_shown_after_another_one(project: Path) -> None:
    (project / "a.ini").write_text("[train]\n", encoding="utf-8")
    (project / "code" / "main.c").unlink()
    (project / "deep" / "er").mkdir(parents=True)
    (project / "deep" / "er" / "b.yaml").write_text("b: 1\n", encoding="utf-8")
    commit(project)
    (project / "a.ini").unlink()
    (project / "a.ini").mkdir()
    (project / "a.ini" / "c.toml").write_text("c = 1\n", encoding="utf-8")
    commit(project)
    states = [laid_out(project, name) for name in ("HEAD~2", "HEAD~1", "HEAD")]
    assert states[1] == {"a.ini": b"[train]\n", "deep/er/b.yaml": b"b: 1\n"}
    assert [laid_out(project, "HEAD", name) for name in ("HEAD~2", "HEAD~1", "HEAD")] == states
    assert laid_out(project, "HEAD~2", "HEAD", "HEAD~1", "HEAD~2") == states[0]
    assert folders(project, "HEAD", "HEAD~2") == {"code"}


def test_bytes_are_those_of_the_commit_and_not_of_a_checkout(project: Path) -> None:
    (project / ".gitattributes").write_text("*.ini filter=evil text eol=crlf ident\n", encoding="utf-8")
    (project / "a.ini").write_bytes(b"[base]\n; $Id$\n")
    commit(project)
    git(project, "config", "filter.evil.smudge", "touch ran")
    assert laid_out(project, "HEAD")["a.ini"] == b"[base]\n; $Id$\n"
    assert not (project / "ran").exists()


def test_a_file_that_is_too_large_has_no_bytes_but_its_size(project: Path) -> None:
    (project / "large.json").write_bytes(b"1" * (BYTE_LIMIT + 10))
    (project / "fits.json").write_bytes(b"1" * BYTE_LIMIT)
    commit(project)
    found = laid_out(project, "HEAD")
    assert found["large.json"] == bytes(BYTE_LIMIT + 1)
    assert found["fits.json"] == b"1" * BYTE_LIMIT


@POSIX
@pytest.mark.parametrize("seed", range(4))
def test_whatever_commits_did_each_is_laid_out_as_git_has_it(tmp_path: Path, seed: int) -> None:
    """From any commit to any other one: files come and go, turn into folders and links, and back."""
    chance = Random(seed)
    folder = start(tmp_path / "random")
    names = []
    for _ in range(5):
        for _ in range(4):
            scribble(folder, chance)
        names.append(commit(folder))
    repository = Repository.around(str(folder))
    with ExitStack() as processes, using(state := EarlierState(repository, DISK, processes)):
        for name in chance.choices(names, k=12):
            state.move(name)
            assert files_of(repository.top) == archived(folder, name, tmp_path)


def scribble(folder: Path, chance: Random) -> None:
    """Do something to a path of a few."""
    path = folder.joinpath(*(chance.choice("ab") for _ in range(chance.randint(1, 3))), chance.choice(["x.ini", "a"]))
    for parent in reversed(path.relative_to(folder).parents[:-1]):
        if (folder / parent).is_symlink() or (folder / parent).is_file():
            (folder / parent).unlink()
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_symlink() or path.is_file():
        path.unlink()
    elif path.is_dir():
        shutil.rmtree(path)
    match chance.randint(0, 3):
        case 0:
            path.symlink_to(chance.choice(["x.ini", "b/x.ini", "b"]))
        case 1 | 2:
            path.write_text(f"[{chance.random()}]\n", encoding="utf-8")


def files_of(root: str, folder: str = "") -> dict[str, str]:
    """The files below a folder: what they hold, or that they are links."""
    found = {}
    for name, kind, is_link in current().entries(f"{root}/{folder}"):
        path = f"{folder}/{name}".lstrip("/")
        if kind == "folder" and not is_link and name != ".git":
            found |= files_of(root, path)
        elif name != ".git":
            found[path] = "link" if is_link else read_bytes(f"{root}/{path}").decode()
    return found


def archived(folder: Path, name: str, scratch: Path) -> dict[str, str]:
    """The files of a commit, as git itself gives them away."""
    git(folder, "archive", "--output", str(scratch / "archive.tar"), name)
    with tarfile.open(scratch / "archive.tar") as archive:
        return {member.name: held(archive, member) for member in archive if not member.isdir()}


def held(archive: tarfile.TarFile, member: tarfile.TarInfo) -> str:
    file = None if member.issym() else archive.extractfile(member)
    return "link" if file is None else file.read().decode()


# -- hostile repositories ----------------------------------------------------------------------------------------------


@POSIX
def test_nothing_that_a_repository_names_is_run(project: Path, tmp_path: Path) -> None:
    (project / ".gitattributes").write_text("*.ini diff=evil filter=evil merge=evil\n", encoding="utf-8")
    (project / "b.ini").write_text("[train]\n", encoding="utf-8")
    commit(project)
    git(project, "mv", "a.ini", "c.ini")
    ran = tmp_path / "ran"
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch '{ran}'\n", encoding="utf-8")
    program.chmod(0o755)
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    for name in ("post-index-change", "reference-transaction", "pre-auto-gc", "fsmonitor-watchman"):
        (hooks / name).symlink_to(program)
    for key in (
        "core.fsmonitor",
        "core.pager",
        "core.editor",
        "core.sshCommand",
        "core.gitProxy",
        "core.askPass",
        "core.alternateRefsCommand",
        "diff.external",
        "diff.evil.command",
        "diff.evil.textconv",
        "filter.evil.clean",
        "filter.evil.smudge",
        "filter.evil.process",
        "gpg.program",
        "remote.origin.uploadpack",
        "remote.origin.vcs",
        "alias.rev-parse",
        "pager.rev-list",
    ):
        git(project, "config", key, str(program) if key != "alias.rev-parse" else f"!{program}")
    for key, value in (
        ("core.hooksPath", str(hooks)),
        ("log.showSignature", "true"),
        ("extensions.partialClone", "origin"),
        ("remote.origin.promisor", "true"),
        ("remote.origin.url", f"ext::{program}"),
        ("protocol.allow", "always"),
        ("protocol.ext.allow", "always"),
    ):
        git(project, "config", key, value)
    ran.unlink(missing_ok=True)  # the commands above are those of a user who trusts the repository
    repository = Repository.around(str(project))
    head = repository.commit("HEAD") or ""
    first = repository.commit("HEAD~1") or ""
    repository.described(head)
    repository.mainline(head, 10)
    repository.parents(head)
    repository.common(head, first)
    repository.changes(first, head)
    list(repository.changes_of([(step.commit, step.parent) for step in repository.mainline(head, 10)], (".ini",)))
    assert repository.staged_renames(head) == {"a.ini": "c.ini"}
    with ExitStack() as processes:
        assert Objects(repository, processes).size("1" * 40) is None
    assert laid_out(project, "HEAD~1", "HEAD") != {}
    assert not ran.exists()


def tree(project: Path, *records: tuple[str, str, str]) -> str:
    """A tree as no git command would make it, of modes, names and objects."""
    data = b"".join(f"{mode} {name}".encode() + b"\0" + bytes.fromhex(oid) for mode, name, oid in records)
    return git(project, "hash-object", "-t", "tree", "-w", "--stdin", "--literally", data=data).strip()


def blob(project: Path, text: str) -> str:
    return git(project, "hash-object", "-w", "--stdin", data=text.encode()).strip()


def commit_of(project: Path, root: str) -> str:
    return git(project, "commit-tree", "-m", "by hand", root).strip()


@pytest.mark.parametrize(
    "path", [("..", "out.ini"), ("..", "..", "out.ini"), (".git", "config"), (".GIT", "x.ini"), (".", "x.ini")]
)
def test_names_that_lead_out_of_the_tree_are_left_out(project: Path, path: tuple[str, ...]) -> None:
    node, mode = blob(project, "[evil]\n"), "100644"
    for name in reversed(path):
        node, mode = tree(project, (mode, name, node)), "40000"
    assert laid_out(project, commit_of(project, node)) == {}


def test_a_name_with_a_separator_is_left_out(project: Path) -> None:
    root = tree(project, ("100644", "../out.ini", blob(project, "")), ("100644", "x.ini", blob(project, "")))
    assert laid_out(project, commit_of(project, root)) == {"x.ini": b""}


@POSIX
@pytest.mark.parametrize("target", ["/", "..", "../..", "d/../..", "sub/../../..", "/etc/passwd"])
def test_links_that_lead_out_of_the_tree_are_not_made(project: Path, target: str) -> None:
    (project / "d").symlink_to(".")
    (project / "x").symlink_to(target)
    commit(project)
    assert sorted(laid_out(project, "HEAD")) == ["a.ini", "code/main.c"]


@POSIX
def test_links_within_the_tree_are_links(project: Path) -> None:
    (project / "code" / "b.ini").symlink_to("../a.ini")
    (project / "again").symlink_to("code")
    commit(project)
    assert laid_out(project, "HEAD")["code/b.ini"] == b"[base]\n"


@POSIX
def test_nothing_is_written_through_a_link(project: Path, tmp_path: Path) -> None:
    """A tree made by hand has a link and a folder of one name; and a later commit a folder where a link was."""
    inside = tree(project, ("100644", "x.ini", blob(project, "[evil]\n")))
    twice = tree(project, ("120000", "a", blob(project, str(tmp_path))), ("40000", "a", inside))
    assert laid_out(project, commit_of(project, twice)) == {"a/x.ini": b"[evil]\n"}
    linked = tree(project, ("120000", "a", blob(project, "b")), ("40000", "b", inside))
    replaced = tree(project, ("40000", "a", tree(project, ("100644", "x.ini", blob(project, "new")))))
    assert laid_out(project, commit_of(project, linked), commit_of(project, replaced)) == {"a/x.ini": b"new"}
    assert not (tmp_path / "x.ini").exists()


def test_a_working_tree_that_is_said_to_be_elsewhere_is_refused(project: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    git(project, "config", "core.worktree", str(tmp_path / "elsewhere"))
    with pytest.raises(LintError):
        Repository.around(str(project))


def test_a_bare_repository_in_the_tree_is_none(project: Path) -> None:
    git(project, "init", "--quiet", "--bare", "configs")
    with pytest.raises(LintError, match="bare repository"):
        Repository.around(str(project / "configs"))


# -- what git says -----------------------------------------------------------------------------------------------------


def test_the_variables_of_a_hook_do_not_choose_the_repository(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = start(tmp_path / "other")
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other / ".git" / "index"))
    assert Repository.around(str(project)).top == os.path.realpath(project)


def test_someone_elses_repository_is_one_clear_line(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    monkeypatch.setattr("metta_lint.history.git.KEPT", ("GIT_TEST",))
    with pytest.raises(LintError, match="dubious ownership") as caught:
        Repository.around(str(project))
    assert "\n" not in str(caught.value)


def test_objects_that_a_partial_clone_lacks_are_said_and_not_fetched(project: Path, tmp_path: Path) -> None:
    (project / "a.ini").write_text("[new]\n", encoding="utf-8")
    commit(project)
    git(project, "config", "uploadpack.allowFilter", "true")
    git(project, "config", "uploadpack.allowAnySHA1InWant", "true")
    git(tmp_path, "clone", "--quiet", "--filter=blob:none", project.as_uri(), "partial")
    with earlier(tmp_path / "partial", "HEAD~1") as top, pytest.raises(LintError, match="this clone is partial"):
        read_bytes(f"{top}/a.ini")


def test_what_commits_changed_is_told_by_path(project: Path) -> None:
    git(project, "mv", "a.ini", "b.ini")
    commit(project)
    (project / "code" / "main.c").write_text("void\n", encoding="utf-8")
    commit(project)
    repository = Repository.around(str(project))
    line = repository.mainline("HEAD", 10)
    changes = list(repository.changes_of([(step.commit, step.parent) for step in line], (".ini",)))
    assert [[(c.status, c.before, c.entry.path) for c in found] for found in changes] == [
        [],
        [("R", "a.ini", "b.ini")],
        [("A", "a.ini", "a.ini")],
    ]
    assert line[-1].parent is None


def test_a_commit_is_described_by_its_authors_date(project: Path) -> None:
    (project / "a.ini").write_text("[more]\n", encoding="utf-8")
    git(project, "add", "--all")
    done = subprocess.run(
        ["git", "commit", "--quiet", "--message", "Grüße: zwei\nZeilen"],
        cwd=project,
        env=environment(GIT_AUTHOR_DATE="2025-07-22T23:30:00-0700", GIT_COMMITTER_DATE="2025-08-01T00:00:00Z"),
        check=True,
    )
    assert done.returncode == 0
    repository = Repository.around(str(project))
    described = repository.described(repository.commit("HEAD") or "")
    assert (described.date, described.subject) == ("2025-07-22", "Grüße: zwei Zeilen")
    assert described.name.startswith(described.short)

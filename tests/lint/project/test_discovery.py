"""What is looked at in a tree: nothing that git ignores, nothing twice, and no link leads round in circles."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metta_lint.__main__ import main
from metta_lint.api.testing import write_metta, write_pufferlib
from metta_lint.base.errors import LintError
from metta_lint.files.folders import Folders
from metta_lint.files.gitignore import ignoring_at
from metta_lint.project.discovery import discover

INI = "[base]\npackage = game\nenv_name = {}\n"
LINKS = pytest.mark.skipif(os.name == "nt", reason="links need a privilege on Windows")


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A git repository as the current folder; its user has no ignore file."""
    here = tmp_path / "repository"
    here.mkdir()
    for name, value in (("HOME", tmp_path / "home"), ("XDG_CONFIG_HOME", tmp_path / "home" / ".config")):
        monkeypatch.setenv(name, str(value))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "home"))
    subprocess.run(["git", "init", "--quiet", str(here)], check=True)
    monkeypatch.chdir(here)
    return here


def write(*paths: str) -> None:
    for path in paths:
        file = Path(path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(INI.format(file.stem), encoding="utf-8")


def ignore(text: str, path: str = ".gitignore") -> None:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(text, encoding="utf-8")


def files(*paths: str) -> list[str]:
    return sorted(discover(paths or ["."]).files)


# -- what git ignores --------------------------------------------------------------------------------------------------


def test_what_git_ignores_is_not_looked_at(repository: Path) -> None:
    write("a.ini", "outputs/b.ini", "runs/c.ini", "runs/kept.ini")
    ignore("outputs/\nruns/*\n!kept.ini\n")
    assert files() == ["a.ini", "runs/kept.ini"]


def test_outside_of_a_repository_nothing_is_ignored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write("a.ini")
    ignore("*.ini\n")
    assert files() == ["a.ini"]


def test_what_is_named_is_looked_at(repository: Path) -> None:
    write("outputs/b.ini")
    ignore("outputs/\n")
    assert files("outputs/b.ini") == ["outputs/b.ini"]
    assert files("outputs") == ["outputs/b.ini"]


def test_a_folder_below_goes_by_the_files_above_it(repository: Path) -> None:
    write("deep/er/a.ini", "deep/er/b.ini", "deep/er/c.ini")
    ignore("a.ini\n/deep/er/b.ini\n")
    ignore("!a.ini\nc.ini\n", "deep/.gitignore")
    assert files("deep/er") == ["deep/er/a.ini"]


@pytest.mark.parametrize("place", [".git/info/exclude", "../home/.config/git/ignore", "../home/named"])
def test_the_users_and_the_repositorys_own_files_count(place: str, repository: Path) -> None:
    write("a.ini", "b.ini")
    ignore("b.ini\n", place)
    if place.endswith("named"):
        ignore("[core]\n\texcludesFile = ~/named\n", "../home/.gitconfig")
    assert files() == ["a.ini"]


def test_a_worktree_goes_by_its_repositorys_files(repository: Path) -> None:
    write("a.ini", "b.ini")
    identity = ["-c", "user.name=a", "-c", "user.email=a@b"]
    subprocess.run(["git", "add", "."], check=True)
    subprocess.run(["git", *identity, "commit", "--quiet", "-m", "configs"], check=True)
    subprocess.run(["git", "worktree", "add", "--quiet", "../other"], check=True, stderr=subprocess.DEVNULL)
    ignore("b.ini\n", ".git/info/exclude")
    os.chdir("../other")
    assert files() == ["a.ini"]


def test_a_repository_within_goes_by_its_own_files(repository: Path) -> None:
    subprocess.run(["git", "init", "--quiet", "within"], check=True)
    write("a.ini", "b.ini", "within/a.ini", "within/b.ini")
    ignore("a.ini\n")
    ignore("b.ini\n", "within/.gitignore")
    assert files() == ["b.ini", "within/a.ini"]


@pytest.mark.parametrize("how", ["option", "config"])
def test_it_can_be_switched_off(how: str, repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write("outputs/b.ini")
    ignore("outputs/\n")
    assert main(["check", "."]) == 0
    assert "nothing looked at" in capsys.readouterr().out
    if how == "config":
        ignore("respect-gitignore = false\n", "metta-lint.toml")
    main(["check", ".", *(["--no-respect-gitignore"] if how == "option" else [])])
    assert "1 file)" in capsys.readouterr().out


def test_the_setting_is_true_or_false(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ignore('respect-gitignore = "no"\n', "metta-lint.toml")
    assert main(["check", "."]) == 2
    assert "metta-lint.toml:1:21: respect-gitignore must be true or false" in capsys.readouterr().err


def test_an_ignored_config_is_still_there_for_those_that_include_it(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_pufferlib(Path(), {})
    write_metta(Path(), {})
    before = main(["check", "."])
    capsys.readouterr()
    ignore("trainer/\n")
    assert main(["check", "."]) == before
    assert not [path for path in files() if "trainer/" in path]


PATTERNS = st.lists(
    st.one_of(
        st.text(alphabet="ab*?/!", min_size=1, max_size=6),
        st.text(alphabet="ab*?/![]^-\\# .", min_size=1, max_size=8),
        st.sampled_from(["**/a", "a/**", "a/**/b", "*.a", "!a", "/a", "a/", "[a-b]", "[!a]", "a b ", "a\\ ", "\\#a"]),
    ),
    min_size=1,
    max_size=4,
)
NAMES = st.lists(st.text(alphabet="ab.# !", min_size=1, max_size=3), min_size=1, max_size=4)


@settings(max_examples=60)
@given(top=PATTERNS, below=PATTERNS, paths=st.lists(NAMES, min_size=1, max_size=8))
def test_git_itself_says_the_same(
    top: list[str], below: list[str], paths: list[list[str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    root = tmp_path_factory.mktemp("repository")
    environment = {**os.environ, "HOME": str(root), "XDG_CONFIG_HOME": str(root / "none")}
    subprocess.run(["git", "init", "--quiet", str(root)], check=True, env=environment)
    (root / ".gitignore").write_text("\n".join(top), encoding="utf-8")
    (root / "a").mkdir()
    (root / "a" / ".gitignore").write_text("\n".join(below), encoding="utf-8")
    made = []
    for parts in paths:
        if any(part.strip(".") == "" for part in parts):
            continue
        path = root.joinpath(*parts)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch(exist_ok=False)
        except OSError:
            continue
        made.append(path.relative_to(root).as_posix())
    asked = "\0".join(made)
    command = ["git", "check-ignore", "--no-index", "-z", "--stdin"]
    done = subprocess.run(command, input=asked, capture_output=True, text=True, cwd=root, env=environment, check=False)
    ignored = set(filter(None, done.stdout.split("\0")))
    with pytest.MonkeyPatch.context() as patch:
        for name in ("HOME", "XDG_CONFIG_HOME"):
            patch.setenv(name, environment[name])
        looked_at = {
            Path(real, name).relative_to(root.resolve()).as_posix()
            for _, real, names in Folders().judged(str(root))
            for name in names
        }
    visible = {path for path in made if not any(part.startswith(".") for part in path.split("/")[:-1])}
    assert looked_at & visible == visible - ignored


@pytest.mark.parametrize(
    ("pattern", "path"),
    [("*a" * 20 + "b", "a" * 200), ("**/a/" * 20 + "b", "a/" * 200 + "a"), ("**/*a*a*a*a*b/" * 9 + "c", "aaaa/" * 99)],
)
def test_a_pattern_with_many_stars_is_decided_as_quickly_as_any(repository: Path, pattern: str, path: str) -> None:
    ignore(f"{pattern}\n")
    bears = ignoring_at(str(repository))
    assert not bears.ignores(f"{repository}/{path}", is_folder=False)
    assert bears.ignores(f"{repository}/{pattern.replace('**/', '').replace('*', '')}", is_folder=False)


def test_an_ignore_file_that_is_none_ignores_nothing(repository: Path) -> None:
    write("a.ini")
    Path(".gitignore").write_bytes(b"\xff\xfe\0[z-a]\n[\n\\\n" + b"*" * 1000)
    assert files() == []  # a thousand stars match everything
    Path(".gitignore").write_bytes(b"\xff\xfe\0\n[z-a].ini\n[\n\\\n")
    assert files() == ["a.ini"]
    assert not ignoring_at(str(repository)).ignores(f"{repository}/a.ini", is_folder=False)


# -- links and odd folders ---------------------------------------------------------------------------------------------


@LINKS
def test_links_that_lead_round_in_circles_are_not_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write("a/b/c.ini")
    Path("a/b/up").symlink_to(Path.cwd(), target_is_directory=True)
    Path("a/itself").symlink_to("itself")
    assert files() == ["a/b/c.ini"]


@LINKS
def test_a_file_of_several_names_is_looked_at_once_by_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write("z.ini", "other/inside.ini")
    Path("a.ini").symlink_to("z.ini")
    Path("m.ini").symlink_to("z.ini")
    assert files() == ["other/inside.ini", "z.ini"]
    assert files("a.ini", "m.ini") == ["a.ini"]
    assert files(".", "z.ini", "./other") == ["other/inside.ini", "z.ini"]


@LINKS
def test_a_link_to_what_lies_elsewhere_is_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path)
    write("elsewhere.ini")
    monkeypatch.chdir(tmp_path / "here")
    Path("a.ini").symlink_to("../elsewhere.ini")
    assert files() == ["a.ini"]


@LINKS
def test_a_link_to_nothing_is_one_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    write("a.ini")
    Path("lost.ini").symlink_to("nowhere.ini")
    assert main(["check", ".", "--output-format", "concise"]) == 2
    assert "lost.ini:1:1: ML001" in capsys.readouterr().out


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root and Windows read everything")
def test_a_folder_that_cannot_be_listed_is_said_and_the_rest_is_linted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    write("a.ini", "closed/b.ini")
    Path("closed").chmod(0)
    try:
        assert main(["check", "."]) == 2
    finally:
        Path("closed").chmod(0o700)
    out = capsys.readouterr().out
    assert "closed:1:1" in out
    assert "cannot be listed" in out
    assert "1 file)" in out


def test_a_folder_that_is_gone_by_then_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What permissions do, for those who read everything."""
    monkeypatch.chdir(tmp_path)
    write("a.ini", "gone/b.ini")
    folders = Folders()
    walk = folders.judged(".")
    next(walk)
    shutil.rmtree("gone")
    assert [names for _, _, names in walk] == [()]
    assert [(problem.span.path, problem.message) for problem in folders.unreadable] == [
        ("gone", "cannot be listed: No such file or directory")
    ]


def test_a_path_that_is_not_there_is_a_usage_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(LintError, match="no such file or folder"):
        discover(["nothing.ini"])


def test_each_folder_is_listed_once(corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Discovery, the names of a tree's configs and those of its other files share one walk."""
    shown = []
    original = os.scandir
    monkeypatch.setattr(os, "scandir", lambda path: shown.append(os.path.normpath(path)) or original(path))
    (tree,) = discover([(corpus / "metta-2025-07" / "configs").as_posix()]).trees
    assert len(tree.names) > 250
    assert tree.other_files == ()
    assert len(shown) == len(set(shown)) > 20


def test_a_folder_of_thousands_is_no_trouble(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for number in range(3000):
        Path(f"{number}.txt").touch()
    write("a.ini")
    assert files() == ["a.ini"]

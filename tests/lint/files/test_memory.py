"""A check that remembers the ones before finds what a new one finds, whatever was edited in between."""

from __future__ import annotations

import shutil
import sys
from random import Random
from typing import TYPE_CHECKING

import pytest

from metta_lint.check.linter import check
from metta_lint.files.confined import confined
from metta_lint.files.file_system import is_file, read_bytes, reading_instead
from metta_lint.files.memory import Memory, Same, recalled
from metta_lint.project.config import find_config
from repositories import write_both

if TYPE_CHECKING:
    from pathlib import Path

    from metta_lint.check.report import Report

SWEEP = """
[sweep]
method = protein
metric = score
goal = maximize
[sweep.train.minibatch_size]
distribution = uniform_pow2
min = 1024
max = 65536
mean = 4096
scale = auto
"""
FILES = {
    "configs/env/mettagrid/base.yaml": "game:\n  num_agents: 2\n  max_steps: 100\n  map_builder: ${env.game.map}\n",
    "configs/env/mettagrid/one.yaml": "defaults:\n- base\n- _self_\ngame:\n  num_agents: 3\n",
    "configs/env/mettagrid/drawn.yaml": (
        "game:\n  num_agents: 2\n  map_builder:\n    _target_: a.MapGenAscii\n    uri: configs/maps/a.map\n"
    ),
    "configs/maps/a.map": "#####\n#@@.#\n#####\n",
    "configs/sweep/quick.yaml": (
        "method: protein\nmetric: reward\ngoal: maximize\nparameters:\n  trainer:\n    batch_size:\n"
        "      distribution: uniform_pow2\n      min: 1024\n      max: 65536\n      mean: 4096\n      scale: auto\n"
    ),
    "pufferlib/config/other.ini": "[base]\npackage = other\nenv_name = other\n",
    "pufferlib/environments/other/environment.py": "def env_creator(name='other'):\n    return make\n",
    "pufferlib/config/a.ini": "[base]\npackage = a\nenv_name = a\n",
    "elsewhere.ini": "[base]\nenv_name = elsewhere\n",
}
TEXTS = (
    "",
    "a: [\n",
    "defaults:\n- base\n- _self_\nseed: 2\n",
    "game:\n  num_agents: 7\n  max_stepz: 3\n",
    "[base]\npackage = metta\nenv_name = metta\n[train]\nbatch_size = 1000\n",
    "[train]\nlearning_rte = 1\n; metta-lint: ignore[ML601] for a test\n",
    "def env_creator(name='metta', more=1):\n    return make\n",
    "#####\n#@@@#\n#####\n",
    "parameters:\n  a:\n    distribution: odd\n",
)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "project"
    write_both(folder)
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    default = folder / "pufferlib" / "config" / "default.ini"
    default.write_text(default.read_text(encoding="utf-8") + SWEEP, encoding="utf-8")
    monkeypatch.chdir(folder)
    return folder


def look(memory: Memory | None) -> object:
    """All that a check says, in words."""
    with confined(["."]):
        config = find_config(".")
        if memory is None:
            return said(check([], config))
        with memory.new_round():
            return said(check([], config))


def said(report: Report) -> object:
    pairs = [(pair.left.run.label, pair.right.run.label) for pair in report.pairs]
    return list(report.findings), report.notes, report.details, pairs, [plan.quantities for plan in report.plans]


def edit(folder: Path, chance: Random) -> dict[str, bytes]:
    """Change something on disk; or what is to be read in the place of a file."""
    files = sorted(path for path in folder.rglob("*") if not path.is_dir())
    path = chance.choice(files)
    match chance.randint(0, 7):
        case 0:
            path.unlink()
        case 1:
            path.unlink()
            path.symlink_to(chance.choice([*files, folder.parent / "outside.ini"]))
        case 2:
            target = chance.choice(files).parent / chance.choice(["new.ini", "new.yaml", "default.ini", "base.yaml"])
            if not target.is_symlink():
                target.write_text(chance.choice(TEXTS), encoding="utf-8")
        case 3:
            (folder / ".gitignore").write_text(chance.choice(["", "*.yaml\n", "other.ini\n"]), encoding="utf-8")
        case 4 if path.is_file():
            lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
            return {str(path): "".join(chance.sample(lines, len(lines) * 3 // 4)).encode()}
        case _ if path.is_file() and not path.is_symlink():
            lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
            at = chance.randrange(len(lines) + 1)
            path.write_text("".join([*lines[:at], *lines[at + chance.randint(0, 1) :]]), encoding="utf-8")
            if chance.randint(0, 2) == 0:
                path.write_text(chance.choice(TEXTS), encoding="utf-8")
    return {}


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right on Windows")
@pytest.mark.parametrize("seed", range(12))
def test_after_any_edits_the_same_is_found(project: Path, seed: int) -> None:
    chance = Random(seed)
    (project.parent / "outside.ini").write_text("[base]\nenv_name = outside\n", encoding="utf-8")
    memory = Memory()
    for _ in range(15):
        with reading_instead(edit(project, chance)):
            assert look(memory) == look(None)


def test_files_that_a_run_is_not_read_from_can_stop_it(project: Path) -> None:
    memory = Memory()
    assert look(memory) == look(None)
    (project / "pufferlib" / "config" / "other.ini").write_text("[base]\nenv_name = metta\n", encoding="utf-8")
    assert look(memory) == look(None)


@pytest.mark.parametrize(
    ("tree", "files"),
    [
        ("pufferlib-2025-07", ("pufferlib/config/default.ini", "pufferlib/config/ocean/pong.ini")),
        (
            "metta-2025-07",
            ("configs/trainer/trainer.yaml", "configs/env/mettagrid/mettagrid.yaml", "configs/common.yaml"),
        ),
    ],
)
def test_real_trees_are_typed_at(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tree: str, files: tuple[str, ...]
) -> None:
    folder = tmp_path / tree
    shutil.copytree(corpus / tree, folder)
    monkeypatch.chdir(folder)
    chance, memory = Random(1), Memory()
    for name in files:
        lines = (folder / name).read_text(encoding="utf-8").splitlines(keepends=True)
        for _ in range(2):
            at = chance.randrange(len(lines))
            with reading_instead({name: "".join([*lines[:at], *lines[at + 1 :]]).encode()}):
                assert look(memory) == look(None)


# -- the memory itself -------------------------------------------------------------------------------------------------


class Counted:
    """Whether a file is there, and what it holds; counts how often it was worked out."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.times = 0

    def __call__(self) -> bytes:
        self.times += 1
        return read_bytes(self.path) if is_file(self.path) else b"nothing"


def test_a_result_holds_until_a_file_changes_that_it_rests_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    memory, make = Memory(), Counted("a.ini")
    for text, times in ((None, 1), (None, 1), ("one", 2), ("one", 2), ("three", 3), (None, 4)):
        if text is None:
            (tmp_path / "a.ini").unlink(missing_ok=True)
        elif not (tmp_path / "a.ini").exists() or (tmp_path / "a.ini").read_text(encoding="utf-8") != text:
            (tmp_path / "a.ini").write_text(text, encoding="utf-8")
        (tmp_path / "b.ini").write_text(str(times), encoding="utf-8")
        with memory.new_round():
            assert recalled("key", make) == (text or "nothing").encode()
            assert recalled("key", make) == (text or "nothing").encode()
        assert make.times == times


def test_what_rests_on_a_result_rests_on_its_files_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    memory, inner = Memory(), Counted("a.ini")
    for text in ("one", "two", "two", "three"):
        (tmp_path / "a.ini").write_text(text, encoding="utf-8")
        with memory.new_round():
            assert recalled("inner", inner) == text.encode()
            assert recalled("outer", lambda: recalled("inner", inner)) == text.encode()


def test_what_rests_on_a_result_alone_is_not_worked_out_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    memory, inner = Memory(), Counted("a.ini")
    times = 0

    def outer() -> int:
        nonlocal times
        times += 1
        return recalled("inner", length, by_result=True)

    def length() -> int:
        return len(inner())

    for text, expected in (("one", 1), ("two", 1), ("three", 2)):
        (tmp_path / "a.ini").write_text(text, encoding="utf-8")
        with memory.new_round():
            assert recalled("outer", outer) == len(text)
        assert times == expected


def test_texts_in_the_place_of_files_are_not_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fix that is tried out within a check: the memory is of the files."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.ini").write_text("one", encoding="utf-8")
    memory, make = Memory(), Counted("a.ini")
    with memory.new_round():
        assert recalled("key", make) == b"one"
        with reading_instead({"a.ini": b"tried"}):
            assert recalled("key", make) == b"tried"
        assert recalled("key", make) == b"one"


def test_an_object_is_the_same_as_itself_alone() -> None:
    one, other = [1], [1]
    assert Same(one) == Same(one)
    assert Same(one) != Same(other)
    assert len({Same(one), Same(one), Same(other)}) == 2

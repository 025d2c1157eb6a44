"""What a check imports: start-up is a feature, and one careless import at the top of a module takes it away."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from metta_lint.api.testing import write_metta, write_pufferlib

ENTRIES = ("pufferlib/config/metta.ini", "configs/train_job.yaml")

HEAVY = frozenset(
    {
        "argparse",
        "asyncio",
        "concurrent",
        "csv",
        "dataclasses",
        "difflib",
        "email",
        "fractions",
        "hashlib",
        "html",
        "http",
        "hydra",
        "importlib.metadata",
        "importlib.resources",
        "jsonschema",
        "logging",
        "lsprotocol",
        "multiprocessing",
        "numpy",
        "omegaconf",
        "pathlib",
        "pathspec",
        "pickle",
        "pydantic",
        "pygls",
        "random",
        "rich",
        "shutil",
        "socket",
        "sqlite3",
        "statistics",
        "subprocess",
        "tempfile",
        "textwrap",
        "tomli",
        "tomllib",
        "torch",
        "unittest",
        "xml",
        "zipfile",
    }
)
"""Modules that take a millisecond or more to import, or mean that something larger is on its way."""


@pytest.fixture
def pair(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write_pufferlib(Path(), {})
    write_metta(Path(), {})
    return tmp_path


def imported(*arguments: str, **environment: str) -> set[str]:
    """The modules that a command imports, in a process of its own."""
    command = [sys.executable, "-X", "importtime", "-m", "metta_lint", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **environment}, check=False)
    assert done.returncode in (0, 1), done.stderr[-2000:]
    return {line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if line.startswith("import time:")}


def heavy(modules: set[str]) -> set[str]:
    return {name for name in modules if name in HEAVY or name.partition(".")[0] in HEAVY}


def test_a_check_of_a_pair_imports_nothing_heavy(pair: Path) -> None:
    modules = imported("check", *ENTRIES, "--cpus", "16", "--gpus", "1")
    assert "metta_lint.trainers.metta.plan" in modules, "nothing was looked at"
    assert heavy(modules) == set()
    assert "json" not in modules


def test_a_check_of_an_ini_imports_no_yaml_and_no_hydra(pair: Path) -> None:
    modules = imported("check", "pufferlib/config/default.ini")
    assert "yaml" not in modules
    assert not {name for name in modules if name.startswith("metta_lint.trainers.hydra")}


def test_the_version_is_said_without_loading_anything() -> None:
    modules = imported("--version")
    assert "click" not in modules
    assert {name for name in modules if name.startswith("metta_lint")} <= {"metta_lint", "metta_lint.__main__"}

"""What every test may ask for."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

from metta_lint.api.testing import write_metta, write_pufferlib

# No test asserts a duration, hypothesis's deadline included. A run tries the same examples as the one before it, so
# that it fails for what changed and not by chance; `--hypothesis-profile=explore` looks for new ones.
settings.register_profile("explore", parent=settings(), deadline=None)
settings.register_profile("repeatable", parent=settings(), deadline=None, derandomize=True)
settings.load_profile("repeatable")


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of real configs; a test that asks for it is skipped where it is absent."""
    beside = Path(__file__).parents[1].parent / "shared" / "corpus"
    folder = Path(os.environ.get("METTA_LINT_CORPUS", beside))
    if not folder.is_dir():
        pytest.skip(f"no corpus of real configs at {folder} (METTA_LINT_CORPUS names another place)")
    return folder


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with an agreeing pair, as the current folder."""
    monkeypatch.chdir(tmp_path)
    write_pufferlib(Path(), {})
    write_metta(Path(), {})
    return tmp_path

"""Real git repositories for tests: made, committed to and cloned by git itself."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

from metta_lint.api.testing import write_metta, write_pufferlib

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

NOTHING: Mapping[str, object] = {}


def environment(**more: str) -> dict[str, str]:
    """The environment without the user's git configuration, and without that of a hook that runs these tests."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    person = {f"GIT_{role}_{what}": "nobody" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    return kept | person | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"} | more


def git(folder: Path, *command: str, date: str = "2025-07-01T12:00:00Z", data: bytes = b"") -> str:
    """Run git in a folder; what it prints."""
    dates = {"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date}
    options = ("-c", "protocol.file.allow=always", "-c", "init.defaultBranch=main")
    done = subprocess.run(
        ["git", *options, *command], cwd=folder, env=environment(**dates), input=data, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def start(folder: Path) -> Path:
    """A new repository without a commit."""
    folder.mkdir(parents=True, exist_ok=True)
    git(folder, "init", "--quiet")
    return folder


def commit(folder: Path, subject: str = "a change", day: str = "2025-07-01") -> str:
    """Commit all that a folder holds; the commit's name."""
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--allow-empty", "--message", subject, date=f"{day}T12:00:00Z")
    return git(folder, "rev-parse", "HEAD").strip()


def write_both(folder: Path, left: Mapping[str, object] = NOTHING, right: Mapping[str, object] = NOTHING) -> None:
    """A pair below a folder: PufferLib's INIs and Metta's tree, which agree but for what is given."""
    write_pufferlib(folder, left)
    write_metta(folder, right)

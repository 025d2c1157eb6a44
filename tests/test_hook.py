"""The pre-commit hooks, as a project that uses them runs them: installed by pre-commit, from a clone, without torch."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from metta_lint import __version__
from metta_lint.api.testing import write_metta, write_pufferlib

ROOT = Path(__file__).parents[1]
MANIFEST = ROOT / ".pre-commit-hooks.yaml"
# What pip says of an index that it cannot reach, and of nothing else.
UNREACHABLE = re.compile(r"after connection broken by|Failed to establish a new connection|NameResolutionError")


class Hook(NamedTuple):
    """A clone that pre-commit can install the hook from, and the folder that it installs into."""

    source: Path
    commit: str
    home: Path

    def project(self, folder: Path) -> Path:
        """A new repository that uses the hook, with nothing else in it yet."""
        folder.mkdir(parents=True, exist_ok=True)
        git(folder, "init", "--quiet")
        config = {"repos": [{"repo": self.source.as_posix(), "rev": self.commit, "hooks": [{"id": "metta-lint"}]}]}
        (folder / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
        git(folder, "add", ".")
        git(folder, "commit", "--quiet", "--message", "use the hook")
        return folder

    def run(self, folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
        """Run pre-commit in a repository; its output, stderr included."""
        return subprocess.run(
            [sys.executable, "-m", "pre_commit", *command],
            cwd=folder,
            env=environment() | {"PRE_COMMIT_HOME": str(self.home)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            check=False,
        )


def environment() -> dict[str, str]:
    """The environment without the user's git configuration, and without that of a hook that runs these tests."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("GIT_", "PRE_COMMIT"))}
    person = {f"GIT_{role}_{what}": "nobody" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    return kept | person | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}


def git(folder: Path, *command: str) -> str:
    done = subprocess.run(
        ["git", *command], cwd=folder, env=environment(), capture_output=True, encoding="utf-8", check=True
    )
    return done.stdout


def hooks() -> dict[str, dict[str, Any]]:
    return {hook["id"]: hook for hook in yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))}


@pytest.fixture(scope="session")
def hook(tmp_path_factory: pytest.TempPathFactory) -> Hook:
    """The hook of the working tree as it stands, committed or not, installed once for all tests."""
    folder = tmp_path_factory.mktemp("hook")
    source = folder / "metta-lint"
    for name in git(ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0"):
        if name and (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, source / name)
    git(source, "init", "--quiet")
    git(source, "add", ".")
    git(source, "commit", "--quiet", "--message", "the working tree")
    git(source, "tag", f"v{__version__}")
    found = Hook(source, git(source, "rev-parse", "HEAD").strip(), folder / "home")
    installed = found.run(found.project(folder / "installs"), "install-hooks")
    if installed.returncode and UNREACHABLE.search(installed.stdout):
        pytest.skip("pip cannot reach a package index, which building the hook's environment needs")
    assert installed.returncode == 0, installed.stdout
    return found


@pytest.fixture
def project(hook: Hook, tmp_path: Path) -> Path:
    """A repository with an agreeing pair in it, committed."""
    folder = hook.project(tmp_path / "project")
    write_pufferlib(folder, {})
    write_metta(folder, {})
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message", "a pair that agrees")
    return folder


def test_a_drifting_pair_is_stopped_at_its_line(hook: Hook, project: Path) -> None:
    write_pufferlib(project, {"env.game.num_agents": 4})
    git(project, "add", ".")
    done = hook.run(project, "run")
    environment_yaml = project / "pufferlib" / "environments" / "metta" / "metta.yaml"
    lines = environment_yaml.read_text(encoding="utf-8").splitlines()
    line = next(number for number, text in enumerate(lines, start=1) if "num_agents: 4" in text)
    assert done.returncode == 1, done.stdout
    assert "Failed" in done.stdout
    assert "ML101" in done.stdout
    assert f"pufferlib/environments/metta/metta.yaml:{line}" in done.stdout


def test_one_side_of_a_pair_is_enough_to_compare_both(hook: Hook, project: Path) -> None:
    write_metta(project, {"env.game.num_agents": 4})
    git(project, "add", "configs/env/arena.yaml")
    done = hook.run(project, "run")
    assert done.returncode == 1, done.stdout
    assert "ML101" in done.stdout


def test_with_since_a_commit_is_stopped_by_what_it_brings_and_by_nothing_else(hook: Hook, project: Path) -> None:
    write_pufferlib(project, {"env.game.num_agents": 4})
    config = project / ".pre-commit-config.yaml"
    config.write_text(
        config.read_text(encoding="utf-8").replace("- id: metta-lint", "- id: metta-lint\n    args: [--since, HEAD]"),
        encoding="utf-8",
    )
    git(project, "add", ".")
    git(project, "commit", "--quiet", "--message", "a drift from before the hook")
    entry = project / "configs" / "train_job.yaml"
    entry.write_text("# another line\n" + entry.read_text(encoding="utf-8"), encoding="utf-8")
    git(project, "add", ".")
    done = hook.run(project, "run")
    assert done.returncode == 0, done.stdout
    write_pufferlib(project, {"env.game.num_agents": 4, "train.learning_rate": 0.5})
    done = hook.run(project, "run")
    assert done.returncode == 0, f"what is not staged is no part of the commit: {done.stdout}"
    git(project, "add", ".")
    done = hook.run(project, "run")
    assert done.returncode == 1, done.stdout
    assert "learning_rate" in done.stdout
    assert "ML101" not in done.stdout


def test_a_repository_adopts_the_hook_in_one_command(hook: Hook, tmp_path: Path) -> None:
    folder = tmp_path / "project"
    write_pufferlib(folder, {"train.gamma": 0.5})
    write_metta(folder, {})
    git(folder, "init", "--quiet")
    adopted = run(folder, hook, sys.executable, "-m", "metta_lint", "init", "--baseline")
    assert adopted.returncode == 0, adopted.stdout
    assert "wrote metta-lint-baseline.json: 1 finding" in adopted.stdout
    installed = run(folder, hook, sys.executable, "-m", "pre_commit", "install")
    assert installed.returncode == 0, installed.stdout

    first = commit(folder, hook)
    assert first.returncode == 0, first.stdout
    assert "Passed" in first.stdout

    write_pufferlib(folder, {"train.gamma": 0.5, "env.game.num_agents": 4})
    second = commit(folder, hook)
    assert second.returncode == 1, second.stdout
    assert "ML101" in second.stdout
    assert "ML301" not in second.stdout
    assert git(folder, "rev-list", "--count", "HEAD").strip() == "1"


def commit(folder: Path, hook: Hook) -> subprocess.CompletedProcess[str]:
    git(folder, "add", ".")
    return run(folder, hook, "git", "commit", "--message", "all that is here")


def run(folder: Path, hook: Hook, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a command where the address that ``init`` writes leads to the clone."""
    # pre-commit takes GIT_CONFIG_GLOBAL away from git, and leaves it these.
    address = {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.{hook.source.as_posix()}.insteadOf",
        "GIT_CONFIG_VALUE_0": "https://github.com/metta-lint/metta-lint",
    }
    return subprocess.run(
        command,
        cwd=folder,
        env=environment() | {"PRE_COMMIT_HOME": str(folder.parent / "home")} | address,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
    )


def test_an_agreeing_pair_passes(hook: Hook, project: Path) -> None:
    write_pufferlib(project, {"train.learning_rate": 0.002})
    write_metta(project, {"trainer.optimizer.learning_rate": 0.002})
    git(project, "add", ".")
    done = hook.run(project, "run")
    assert done.returncode == 0, done.stdout
    assert "Passed" in done.stdout


def test_a_commit_without_configs_is_skipped(hook: Hook, project: Path) -> None:
    (project / "README.md").write_text("Trains the same environment twice.\n", encoding="utf-8")
    git(project, "add", "README.md")
    done = hook.run(project, "run")
    assert done.returncode == 0, done.stdout
    assert "Skipped" in done.stdout


def test_the_hook_installs_the_linter_without_torch(hook: Hook) -> None:
    packages = [path for path in hook.home.glob("repo*/py_env-*/**/site-packages") if (path / "metta_lint").is_dir()]
    assert len(packages) == 1
    installed = {path.name.partition("-")[0] for path in packages[0].iterdir()}
    assert (packages[0] / "metta_lint" / "project" / "schema.json").is_file()
    for package in ("metta_lint", "metta_lint_rules", "metta_lint_trainer"):
        assert (packages[0] / package / "py.typed").is_file()
    assert installed.isdisjoint({"torch", "numpy", "hydra", "omegaconf"})


def test_pre_commit_accepts_the_manifest_and_our_own_config(hook: Hook) -> None:
    for command, file in (("validate-manifest", MANIFEST), ("validate-config", ROOT / ".pre-commit-config.yaml")):
        done = hook.run(ROOT, command, str(file))
        assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize(
    "name",
    [
        "pufferlib/config/metta.ini",
        "configs/train_job.yaml",
        "configs/env/arena.yml",
        "pyproject.toml",
        "metta-lint.toml",
        "tools/our_rules.py",
        "a folder/größe.yaml",
        "train_dir/config.json",
        "configs/env/maps/maze.map",
    ],
)
def test_the_hook_runs_when_this_changes(name: str) -> None:
    assert re.search(hooks()["metta-lint"]["files"], name)


@pytest.mark.parametrize(
    "name",
    ["README.md", "configs/README.yaml.md", "yaml", "docs/ini", "notes.ini.bak", "tools/our_rules.pyc", "model.pt"],
)
def test_the_hook_is_skipped_when_only_this_changes(name: str) -> None:
    assert not re.search(hooks()["metta-lint"]["files"], name)


def test_hooks_look_at_pairs_and_not_at_the_changed_names() -> None:
    for hook in hooks().values():
        assert hook["pass_filenames"] is False
        assert hook["require_serial"] is True


def test_only_the_verify_hook_brings_torch_and_as_the_extra_has_it() -> None:
    with (ROOT / "pyproject.toml").open("rb") as file:
        extras = tomllib.load(file)["project"]["optional-dependencies"]
    assert "additional_dependencies" not in hooks()["metta-lint"]
    assert hooks()["metta-lint-verify"]["additional_dependencies"] == extras["verify"]
    assert hooks()["metta-lint-verify"]["stages"] == ["manual"]

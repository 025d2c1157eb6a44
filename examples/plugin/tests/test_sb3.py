"""The plugin, as those use it who install it, and as Stable-Baselines3 itself counts."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

PLUGIN = Path(__file__).parents[1]
HYPERPARAMETERS = PLUGIN / "hyperparams" / "ppo.yml"
UNREACHABLE = re.compile(r"No matching distribution|Could not find a version|Connection|Temporary failure")
TRAINED = (
    "!!python/object/apply:collections.OrderedDict\n"
    "- - - batch_size\n    - {}\n  - - n_envs\n    - 8\n  - - n_steps\n    - 32\n  - - n_timesteps\n    - 100000.0\n"
    "  - - policy\n    - MlpPolicy\n"
)


class Installed:
    """metta-lint in an environment that has the plugin."""

    def __init__(self, site: Path) -> None:
        self._environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(site), *sys.path])}

    def run(self, *arguments: object, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "metta_lint", *map(str, arguments)]
        return subprocess.run(command, env=self._environment, cwd=cwd, text=True, capture_output=True, check=False)

    def plan(self, run: str, *arguments: str, cwd: Path) -> dict[str, object]:
        """The value of every quantity."""
        done = self.run("plan", run, "--output-format", "json", *arguments, cwd=cwd)
        assert done.stdout, done.stderr
        return {name: quantity["value"] for name, quantity in json.loads(done.stdout)["quantities"].items()}


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The plugin with the metadata that an installer writes from its pyproject.toml."""
    site = tmp_path_factory.mktemp("site")
    (site / "metta_lint_sb3").symlink_to(PLUGIN / "metta_lint_sb3", target_is_directory=True)
    groups = tomllib.loads((PLUGIN / "pyproject.toml").read_text(encoding="utf-8"))["project"]["entry-points"]
    sections = [
        f"[{group}]\n" + "".join(f"{name} = {module}\n" for name, module in points.items())
        for group, points in groups.items()
    ]
    metadata = site / "metta_lint_sb3-0.1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: metta-lint-sb3\nVersion: 0.1.0\n", "utf-8")
    (metadata / "entry_points.txt").write_text("\n".join(sections), encoding="utf-8")
    return Installed(site)


def write(folder: Path, text: str, name: str = "ppo.yml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def entry(**hyperparameters: object) -> str:
    given = {"n_timesteps": 100_000, "policy": "MlpPolicy", "n_envs": 8, "n_steps": 32, **hyperparameters}
    return "CartPole-v1:\n" + "".join(f"  {key}: {value}\n" for key, value in given.items())


def test_the_rule_names_the_line_and_the_nearest_clean_sizes(installed: Installed) -> None:
    done = installed.run("check", "--output-format", "concise", "hyperparams", cwd=PLUGIN)
    assert done.returncode == 1
    place, message = "hyperparams/ppo.yml:17:15", "every pass ends with a minibatch of 16 steps instead of 64"
    assert done.stdout == f"{place}: SB301 {message}: 4 of 628 optimizer steps a rollout\n"
    assert "the nearest sizes that divide 10,000: 50 and 80" in installed.run("check", "hyperparams", cwd=PLUGIN).stdout


def test_the_rule_s_cases_hold(installed: Installed, tmp_path: Path) -> None:
    script = (
        "from pathlib import Path\n"
        "from metta_lint.api.testing import examples, load_rules\n"
        f"for number, example in enumerate(examples([r for r in load_rules() if r.code == 'SB301'])):\n"
        f"    example.check(Path({str(tmp_path)!r}) / str(number))\n"
        "    print(example)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], env=installed._environment, text=True, capture_output=True, check=False
    )
    assert done.stdout.split() == ["SB301-agrees-0", "SB301-drifts-0"], done.stderr


def test_explain_and_rules_know_the_plugin_s_rule(installed: Installed) -> None:
    assert "takes one optimizer step for each minibatch" in installed.run("explain", "SB301").stdout
    assert "SB301  warning  truncated-minibatch" in installed.run("rules").stdout


def test_explain_follows_a_run_of_the_zoo_down_to_its_lines(installed: Installed) -> None:
    done = installed.run("explain", "SB301", "--config", f"{HYPERPARAMETERS}:LunarLander-v3")
    assert (done.returncode, done.stderr) == (0, "")
    assert "## SB301 in " in done.stdout
    assert f"params.batch_size at {HYPERPARAMETERS}:17:15" in done.stdout


def test_a_plan_fills_in_the_defaults(installed: Installed, tmp_path: Path) -> None:
    write(tmp_path, "Ant-v4:\n  n_timesteps: !!float 1e6\n  policy: MlpPolicy\n")
    plan = installed.plan("ppo.yml:Ant-v4", cwd=tmp_path)
    assert {name: plan[name] for name in ("num_envs", "batch_size", "minibatch_size", "optimizer_steps_per_epoch")} == {
        "num_envs": 1,
        "batch_size": 2048,
        "minibatch_size": 64,
        "optimizer_steps_per_epoch": 320,
    }
    assert plan["epochs"] == 489  # 1,000,000 / 2,048 = 488.3, and learn() goes on while it has fewer


def test_an_override_comes_last(installed: Installed) -> None:
    plan = installed.plan("hyperparams/ppo.yml:CartPole-v1", "--set", "n_envs=3", cwd=PLUGIN)
    assert (plan["batch_size"], plan["truncated_minibatch"]) == (96, 96)


@pytest.mark.parametrize(
    ("hyperparameters", "refusal"),
    [
        (
            {"n_timesteps": "1e6"},
            "ValueError: invalid literal for int() with base 10: '1e6', a text; write !!float 1e6",
        ),
        (
            {"learning_rate": "1e-4"},
            "ValueError: not enough values to unpack (expected 2, got 1): learning_rate = '1e-4' is a text",
        ),
        ({"n_step": 32}, "TypeError: PPO.__init__() got an unexpected keyword argument 'n_step'"),
        ({"batch_size": 1}, "AssertionError: batch_size = 1: it must be greater than 1"),
        ({"n_envs": 1, "n_steps": 1}, "AssertionError: n_steps * n_envs = 1: it must be greater than 1"),
    ],
)
def test_what_the_zoo_refuses_is_refused_in_its_words(
    installed: Installed, tmp_path: Path, hyperparameters: dict[str, object], refusal: str
) -> None:
    write(tmp_path, entry(**hyperparameters))
    done = installed.run("plan", "ppo.yml:CartPole-v1", cwd=tmp_path)
    assert done.returncode == 1
    assert refusal in done.stdout


def test_merge_keys_point_at_the_entry_that_they_come_from(installed: Installed, tmp_path: Path) -> None:
    write(tmp_path, entry(batch_size=100).replace("CartPole-v1:", "CartPole-v1: &base") + "Ant-v4:\n  <<: *base\n")
    done = installed.run("check", "ppo.yml", cwd=tmp_path)
    assert "ppo.yml:6:15" in done.stdout
    assert "CartPole-v1 and 1 more" in done.stdout


def test_a_trained_agent_s_config_is_read_and_its_tag_never_run(installed: Installed, tmp_path: Path) -> None:
    write(tmp_path, TRAINED.format(100), "config.yml")
    done = installed.run("check", ".", "--output-format", "concise", cwd=tmp_path)
    assert done.stdout.startswith("config.yml:3:7: SB301 ")
    write(tmp_path, TRAINED.format("!!python/object/apply:os.system ['touch ran']"), "config.yml")
    done = installed.run("check", ".", "--output-format", "concise", cwd=tmp_path)
    assert done.returncode == 2
    assert "tags are never run" in done.stdout
    assert not (tmp_path / "ran").exists()


def test_a_file_that_is_broken_is_an_error_with_its_line(installed: Installed, tmp_path: Path) -> None:
    write(tmp_path, entry() + "Ant-v4: [\n")
    done = installed.run("check", ".", "--output-format", "concise", cwd=tmp_path)
    assert done.returncode == 2
    assert re.match(r"ppo\.yml:\d+:\d+: ML001 ", done.stdout)


@pytest.mark.parametrize("run", ["ppo.yml", "ppo.yml:Pong"])
def test_a_run_that_is_not_there_is_named_with_one_that_is(installed: Installed, tmp_path: Path, run: str) -> None:
    write(tmp_path, entry())
    done = installed.run("plan", run, cwd=tmp_path)
    assert done.returncode == 2
    assert "ppo.yml:CartPole-v1" in done.stderr


def test_a_run_can_be_declared_and_compared(installed: Installed, tmp_path: Path) -> None:
    write(tmp_path, entry(n_epochs=4) + entry(n_epochs=10).replace("CartPole", "CartPole-long"))
    config = '[runs.short]\nentry = "ppo.yml:CartPole-v1"\n[runs.long]\nentry = "ppo.yml:CartPole-long-v1"\n'
    write(tmp_path, f'{config}[[pairs]]\nleft = "short"\nright = "long"\n', "metta-lint.toml")
    done = installed.run("check", "--output-format", "concise", cwd=tmp_path)
    assert re.search(r"^ppo\.yml:6:13: ML204 .*4.*10", done.stdout, re.MULTILINE), done.stdout + done.stderr


def test_what_an_editor_holds_counts_instead_of_the_file(installed: Installed, tmp_path: Path) -> None:
    path = write(tmp_path, entry(n_envs=8))
    script = (
        "from metta_lint.files.file_system import reading_instead\n"
        "from metta_lint_sb3.zoo import read_run\n"
        f"with reading_instead({{{str(path)!r}: {entry(n_envs=3).encode()!r}}}):\n"
        f"    print(read_run({str(path)!r} + ':CartPole-v1').value('params.n_envs'))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], env=installed._environment, text=True, capture_output=True, check=False
    )
    assert done.stdout == "3\n", done.stderr


def test_without_the_plugin_nothing_knows_the_file(tmp_path: Path) -> None:
    write(tmp_path, entry(batch_size=100))
    done = Installed(tmp_path).run("check", ".", cwd=tmp_path)
    assert "nothing looked at" in done.stdout


def test_a_real_installer_installs_it(tmp_path: Path) -> None:
    site = tmp_path / "site"
    command = ["-m", "pip", "install", "--quiet", "--no-deps", "--disable-pip-version-check", "--target", str(site)]
    done = subprocess.run([sys.executable, *command, str(PLUGIN)], text=True, capture_output=True, check=False)
    if done.returncode and UNREACHABLE.search(done.stderr):
        pytest.skip("pip cannot reach a package index, which building the plugin needs")
    assert done.returncode == 0, done.stderr
    assert Installed(site).run("check", "hyperparams", cwd=PLUGIN).returncode == 1


@pytest.mark.parametrize("batch_size", [256, 100, 64, 300])
def test_the_real_ppo_takes_as_many_steps(installed: Installed, tmp_path: Path, batch_size: int) -> None:
    sb3 = pytest.importorskip("stable_baselines3", reason="Stable-Baselines3 is not installed")
    hyperparameters = {"n_envs": 8, "n_steps": 32, "batch_size": batch_size, "n_epochs": 3, "n_timesteps": 600}
    write(tmp_path, entry(**hyperparameters))
    plan = installed.plan("ppo.yml:CartPole-v1", cwd=tmp_path)
    from stable_baselines3.common.env_util import make_vec_env  # noqa: PLC0415

    sizes = {key: value for key, value in hyperparameters.items() if key not in ("n_envs", "n_timesteps")}
    import warnings  # noqa: PLC0415

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = sb3.PPO("MlpPolicy", make_vec_env("CartPole-v1", 8), device="cpu", **sizes)
    taken = []
    step = model.policy.optimizer.step
    model.policy.optimizer.step = lambda *arguments, **options: (taken.append(1), step(*arguments, **options))[1]
    model.learn(600)
    assert len(taken) == plan["optimizer_steps_total"]
    assert model.num_timesteps == plan["epochs"] * plan["batch_size"]  # type: ignore[operator]

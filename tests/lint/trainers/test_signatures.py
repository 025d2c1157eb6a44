"""What PufferLib's environments take, on trees in its layout, with the INIs of labelled cases over them."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from metta_lint.check.linter import check
from metta_lint.project.config import Config, Selector
from metta_lint.project.runs import plan_run

if TYPE_CHECKING:
    from pathlib import Path

CREATOR = (
    "\ndef env_creator(name='squared', *args, **kwargs):\n    return MAKE_FUNCTIONS[name.replace('puffer_', '')]\n"
)
BASE = "class Base:\n    def __init__(self, buf=None): ...\n"
BY_NAME = (
    "import importlib\n\nMAKE_FUNCTIONS = {{'{0}': '{1}'}}\n\ndef env_creator(name='squared'):\n"
    "    try:\n        return getattr(importlib.import_module(f'pufferlib.ocean.{{name}}'), MAKE_FUNCTIONS[name])\n"
    "    except ModuleNotFoundError:\n        return MAKE_FUNCTIONS[name]\n"
)


def write(folder: Path, files: dict[str, str]) -> Path:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    return folder


def ocean(name: str, environment: str, parameters: str, *, by_name: bool = False) -> dict[str, str]:
    """An ocean of one environment: its registry and its class."""
    registry = f"from .{name} import {name}\nMAKE_FUNCTIONS = {{'{name}': {name}.{environment}}}\n{CREATOR}"
    return {
        "pufferlib/ocean/environment.py": BY_NAME.format(name, environment) if by_name else registry,
        f"pufferlib/ocean/{name}/{name}.py": (
            f"import pufferlib\nclass {environment}(pufferlib.PufferEnv):\n    def __init__(self, {parameters}): ...\n"
        ),
    }


def found(folder: Path) -> list[tuple[str, str, int]]:
    report = check([folder.as_posix()], Config(selectors=(Selector("ML504"), Selector("ML505"))))
    return [(finding.code, finding.message.split(":")[0], finding.span.line) for finding in report.findings]


def labelled(corpus: Path, case: str, folder: Path, code: dict[str, str]) -> list[tuple[str, str, int]]:
    shutil.copytree(corpus / "cases" / case, folder, dirs_exist_ok=True, copy_function=shutil.copy)
    for copied in folder.rglob("*"):
        copied.chmod(0o755)
    return found(write(folder, code))


WHISKERS = (
    "num_envs=1, render_mode=None, frameskip=4, width=640, height=480, track_width=50, num_radial_sectors=16, "
    "num_points=4, bezier_resolution=16, turn_pi_frac=20, w_ang=0.5, reward_yellow=0.25, reward_green=0.0, "
    "corner_thresh=0.5, ftmp1=0.1, ftmp2=0.1, ftmp3=0.1, ftmp4=0.1, mode7=0, render_many=0, rng=42, method=0, buf=None"
)


@pytest.mark.parametrize("by_name", [False, True])
@pytest.mark.parametrize(
    ("case", "name", "environment", "parameters", "expected"),
    [
        ("P13", "whisker_racer", "WhiskerRacer", "num_envs=1, width=640, buf=None, seed=0", [("frameskip", 12)]),
        ("P13", "whisker_racer", "WhiskerRacer", "num_envs=1, frameskip=4", []),
        ("P13", "whisker_racer", "WhiskerRacer", "num_envs=1, **kwargs", []),
        ("P10", "whisker_racer", "WhiskerRacer", WHISKERS, []),
        ("P14", "terraform", "Terraform", "num_envs=1, num_agents=8", [("reset_frequency", 13), ("reward_scale", 14)]),
        (
            "Q03",
            "impulse_wars",
            "ImpulseWars",
            (
                "num_envs, num_drones=2, num_agents=2, enable_teams=False, sitting_duck=False, continuous=False, "
                "is_training=True, human_control=False, seed=0, render=False, report_interval=64, buf=None"
            ),
            [],
        ),
    ],
)
def test_keys_that_an_environment_does_not_take(
    corpus: Path,
    tmp_path: Path,
    case: str,
    name: str,
    environment: str,
    parameters: str,
    expected: list[tuple[str, int]],
    by_name: bool,
) -> None:
    findings = labelled(corpus, case, tmp_path, ocean(name, environment, parameters, by_name=by_name))
    assert findings == [("ML504", f"the environment takes no {key}", line) for key, line in expected]


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        ("P15", [("ML505", "puffer_freeway is not registered", 3)]),
        (
            "P06",
            [
                ("ML505", "puffer_continuous is not registered", 3),
                ("ML505", "puffer_bandit, puffer_memory, puffer_password, puffer_stochastic are not registered", 3),
            ],
        ),
    ],
)
def test_environments_that_nobody_registered(
    corpus: Path, tmp_path: Path, case: str, expected: list[tuple[str, str, int]]
) -> None:
    registry = f"MAKE_FUNCTIONS = {{'multiagent': make, 'spaces': make, 'pong': Pong}}\n{CREATOR}"
    assert labelled(corpus, case, tmp_path, {"pufferlib/ocean/environment.py": registry}) == expected


MANI = (
    "import functools\nimport pufferlib\n\ndef env_creator(name='PickCube-v1', **kwargs):\n"
    "    return functools.partial(make, name)\n\n"
    "def make(name, num_envs=1, buf=None, seed=0, **kwargs):\n"
    "    return ManiPufferEnv(name, num_envs=num_envs, buf=buf, seed=seed, **kwargs)\n\n"
    "class ManiPufferEnv(pufferlib.PufferEnv):\n"
    "    def __init__(self, name, num_envs=1, solver_position_iterations=15, {0}control_freq=20, buf=None): ...\n"
)


@pytest.mark.parametrize(
    ("steps", "expected"),
    [("sim_steps_per_control=5, ", []), ("", [("ML504", "the environment takes no sim_steps_per_control", 10)])],
)
def test_keywords_are_followed_to_where_they_are_handed_on(
    corpus: Path, tmp_path: Path, steps: str, expected: list[tuple[str, str, int]]
) -> None:
    code = {"pufferlib/environments/mani_skill/environment.py": MANI.format(steps)}
    assert labelled(corpus, "Q02", tmp_path, code) == expected


@pytest.mark.parametrize(
    "code",
    [
        "def env_creator(name):\n    return pick(name)\n",
        "def env_creator(name):\n    return lambda **kw: Env(**kw)\n",
        "@cache\ndef env_creator(name):\n    return make\ndef make(a=1): ...\n",
        "def env_creator(name):\n    return make\n@wrap\ndef make(a=1): ...\n",
        "def env_creator(name):\n    return make\ndef make(a=1, **kwargs):\n    return gym.make(a, **kwargs)\n",
        "def env_creator(name):\n    return make\ndef make(a=1, **kwargs):\n    kwargs.pop('frameskip', None)\n",
        "def env_creator(name):\n    return Env\nclass Env(elsewhere.Base):\n    pass\n",
        (
            "def env_creator(name):\n    return Env\nclass Env(elsewhere.Base):\n"
            "    def __init__(self, a=1, **kwargs):\n        super().__init__(**kwargs)\n"
        ),
        "def env_creator(name):\n    return Env\nclass Env:\n    def __new__(cls, **kwargs): ...\n",
        (
            "def env_creator(name):\n    if name == 'x':\n        return make\n    return other\n"
            "def make(a=1): ...\ndef other(**kwargs): ...\n"
        ),
        "import os\n",
        "def env_creator(:\n",
    ],
)
def test_where_nobody_can_tell_nothing_is_found(code: str, tmp_path: Path) -> None:
    files = {
        "pufferlib/config/default.ini": "[base]\npackage = None\nenv_name = None\n[train]\nseed = 1\n",
        "pufferlib/config/own.ini": "[base]\npackage = own\nenv_name = own\n[env]\nframeskip = 4\n",
        "pufferlib/environments/own/environment.py": code,
    }
    assert found(write(tmp_path, files)) == []


@pytest.mark.parametrize(
    "code",
    [
        (
            "def env_creator(name):\n    return make\ndef make(a=1, **kwargs):\n    return Env(a, **kwargs)\n"
            "class Env:\n    def __init__(self, frameskips): ...\n"
        ),
        (
            "def env_creator(name):\n    return Env\nclass Base:\n    def __init__(self, a=1): ...\nclass Env(Base):\n"
            "    def __init__(self, b=1, **kwargs):\n        super().__init__(**kwargs)\n"
        ),
        "def env_creator(name):\n    return Env\nclass Base:\n    def __init__(self, a=1): ...\nclass Env(Base): ...\n",
        "from .env import Env\ndef env_creator(name):\n    return Env\n",
    ],
)
def test_what_is_refused_in_the_end_is_found(code: str, tmp_path: Path) -> None:
    files = {
        "pufferlib/config/default.ini": "[base]\npackage = None\nenv_name = None\n[train]\nseed = 1\n",
        "pufferlib/config/own.ini": "[base]\npackage = own\nenv_name = own\n[env]\nframeskip = 4\nseed = 1\n",
        "pufferlib/environments/own/environment.py": code,
        "pufferlib/environments/own/env.py": "class Env:\n    def __init__(self, b=1): ...\n",
    }
    assert found(write(tmp_path, files)) == [("ML504", "the environment takes no frameskip", 5)]


def test_keys_of_the_environments_yaml_are_none_of_env(tmp_path: Path) -> None:
    files = {
        "pufferlib/config/metta.ini": "[base]\npackage = metta\nenv_name = metta\n[env]\nore_reward = 0.1\n",
        "pufferlib/environments/metta/metta.yaml": "num_agents: 3\ngame:\n  num_agents: 3\n",
        "pufferlib/environments/metta/environment.py": (
            "def env_creator(name='metta'):\n    return make\ndef make(ore_reward=0.1): ...\n"
        ),
    }
    plan = plan_run((write(tmp_path, files) / "pufferlib/config/metta.ini").as_posix(), Config())
    assert plan.run.callee is not None
    assert plan.run.callee.names == {"ore_reward", "buf", "seed"}
    assert found(tmp_path) == []


def test_what_no_ini_gives_is_the_environments_default(tmp_path: Path) -> None:
    files = {
        "pufferlib/config/metta.ini": "[base]\npackage = metta\nenv_name = metta\n[env]\nore_reward = 0.1\n",
        "pufferlib/environments/metta/environment.py": (
            "import functools\n"
            "def env_creator(name='metta'):\n    return functools.partial(make, name)\n"
            "def make(name, ore_reward=0.5, num_agents=60, **kwargs):\n"
            "    return Env(num_agents=num_agents, **kwargs)\n"
            "class Env:\n    def __init__(self, num_agents=1, size=8): ...\n"
        ),
    }
    entry = (write(tmp_path, files) / "pufferlib/config/metta.ini").as_posix()
    plan = plan_run(entry, Config())
    assert plan.value("agents_per_env") == 60
    assert [span.path.rpartition("/")[2] for span in plan.spans_of("agents_per_env")] == ["environment.py"]
    assert plan.run.value("env.ore_reward") == 0.1
    assert plan.run.value("env.size") == 8
    assert plan_run(entry, Config(), ["env.num_agents=24"]).value("agents_per_env") == 24


@pytest.mark.parametrize("written", ["", "seed = 3\n"], ids=["default", "written"])
def test_a_default_of_the_constructor_is_not_passed_twice(tmp_path: Path, written: str) -> None:
    """PufferLib gives every environment a seed; a constructor that takes one, ``seed=0``, is what it expects."""
    files = {
        **ocean("toy", "Toy", "num_envs=1, buf=None, seed=0"),
        "pufferlib/config/default.ini": "[base]\npackage = None\nenv_name = None\n[vec]\nbackend = Multiprocessing\n",
        "pufferlib/config/ocean/toy.ini": f"[base]\npackage = ocean\nenv_name = puffer_toy\n[env]\n{written}",
    }
    plan = plan_run((write(tmp_path, files) / "pufferlib/config/ocean/toy.ini").as_posix(), Config())
    assert plan.run.value("env.seed") == (3 if written else 0)
    twice = [refusal.requirement for refusal in plan.refusals if refusal.requirement == "environment-keys-once"]
    assert twice == (["environment-keys-once"] if written else [])

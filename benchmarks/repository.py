"""A made-up repository of many small configs: PufferLib INIs beside Hydra trees, all of them fit to be planned.

python benchmarks/repository.py FOLDER --files 10000
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path
from typing import NamedTuple

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
INIS_OF_100 = 20
"""How many of 100 files are INIs; the others are YAMLs of Hydra trees."""
JOBS_OF_100 = 2
"""How many of the YAMLs of a tree are entries of runs."""
FOLDER_SIZE = 40
"""Files in one folder of a tree."""

INI = """\
[base]
package = {package}
env_name = {package}_{number}

[vec]
num_envs = {envs}
num_workers = 8

[env]
num_agents = {agents}

[train]
total_timesteps = {steps}
learning_rate = 0.{rate:03d}
minibatch_size = {minibatch}
"""
ENVIRONMENT = """\
# @package {package}
defaults:
  - /env/base
  - _self_

game:
  num_agents: {agents}
  max_steps: {steps}
  agent:
    rewards:
      inventory:
        heart: {heart}
"""
BASE = """\
game:
  num_agents: 4
  max_steps: 1000
  inventory_item_names: [ore_red, battery_red, heart]
  agent:
    rewards:
      inventory:
        ore_red: 0.1
        battery_red: 0.8
        heart: 1
  objects:
    mine_red: {type_id: 2}
    generator_red: {type_id: 3}
    altar: {type_id: 4}
    wall: {type_id: 1}
  map_builder:
    _target_: mettagrid.map_builder.random.Random
    agents: ${..num_agents}
    width: 25
    height: 25
    objects:
      mine_red: 10
      generator_red: 5
      altar: 5
      wall: 20
"""
JOB = """\
defaults:
  - trainer: trainer
  - agent: lstm
  - _self_

run: job_{number}
trainer:
  curriculum: /env/part_{part}/task_{task}
  total_timesteps: {steps}
"""


class Size(NamedTuple):
    """How many files there are, and over how many projects they are spread, each with one tree."""

    files: int
    projects: int = 10


def make_repository(folder: Path, size: Size) -> int:
    """Write the repository; returns the number of config files. What lies in the folder stays."""
    share = size.files // size.projects
    return sum(_project(folder / f"project_{number}", f"game_{number}", share) for number in range(size.projects))


def _project(folder: Path, package: str, files: int) -> int:
    inis = files * INIS_OF_100 // 100
    return _inis(folder / "pufferlib" / "config", package, inis) + _tree(folder / "configs", files - inis)


def _inis(folder: Path, package: str, count: int) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(EXAMPLES / "pufferlib" / "config" / "default.ini", folder / "default.ini")
    for number in range(1, count):
        text = INI.format(
            package=package,
            number=number,
            envs=8 * (1 + number % 4),
            agents=1 + number % 16,
            steps=1_000_000 * (1 + number % 100),
            rate=1 + number % 30,
            minibatch=64 * 8 * (1 + number % 4) * (1 + number % 16),
        )
        (folder / f"{package}_{number}.ini").write_text(text, encoding="utf-8")
    return count


def _tree(folder: Path, count: int) -> int:
    shutil.copytree(EXAMPLES / "configs" / "trainer", folder / "trainer", dirs_exist_ok=True)
    shutil.copytree(EXAMPLES / "configs" / "agent", folder / "agent", dirs_exist_ok=True)
    (folder / "env").mkdir(exist_ok=True)
    (folder / "env" / "base.yaml").write_text(f"# @package env\n{BASE}", encoding="utf-8")
    jobs = max(count * JOBS_OF_100 // 100, 1)
    tasks = max(count - jobs - 3, 1)
    for number in range(tasks):
        part = folder / "env" / f"part_{number // FOLDER_SIZE}"
        part.mkdir(exist_ok=True)
        text = ENVIRONMENT.format(
            package=f"env.{part.name}",
            agents=1 + number % 32,
            steps=100 * (1 + number % 50),
            heart=1 + number % 3,
        )
        (part / f"task_{number}.yaml").write_text(text.replace("/env/base\n", "/env/base@_here_\n"), encoding="utf-8")
    for number in range(jobs):
        task = number * (tasks // jobs)
        text = JOB.format(number=number, part=task // FOLDER_SIZE, task=task, steps=1_000_000 * (1 + number))
        (folder / f"job_{number}.yaml").write_text(text, encoding="utf-8")
    return count


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--projects", type=int, default=10)
    arguments = parser.parse_args()
    made = make_repository(arguments.folder, Size(arguments.files, arguments.projects))
    print(f"{made} config files in {arguments.folder}")


if __name__ == "__main__":
    main()

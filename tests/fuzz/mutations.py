"""Config trees that are almost right: real little trees with one file mutated, by bytes or by structure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from metta_lint.api.testing import METTA, PUFFERLIB

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from random import Random

TOKENS = [
    b"${",
    b"}",
    b"${a.b}",
    b"${..x}",
    b"${sampling:0,5,10}",
    b"${choose:1,2}",
    b"${oc.env:HOME}",
    b"%(",
    b"%(x)s",
    b"%%",
    b"???",
    b"auto",
    b"None",
    b"none",
    b"true",
    b"null",
    b"1e309",
    b"-1",
    b"0",
    b"1e6",
    b"9" * 5000,
    b"0x",
    b"1_0",
    b"nan",
    b"inf",
    b"&a",
    b"*a",
    b"!!python/object:os.system",
    b"!",
    b"- ",
    b": ",
    b"? ",
    b"|",
    b">",
    b"<<: ",
    b"[",
    b"]",
    b"{",
    b"{}",
    b"[[",
    b"]]",
    b"'",
    b'"',
    b'"""',
    b"\\",
    b"\\u",
    b"\x00",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\xc3",
    b"\r",
    b"\r\n",
    b"\n\n",
    b"\t",
    b"#",
    b";",
    b"=",
    b"(",
    b")",
    b"(" * 300,
    b"[" * 300,
    b"lambda: 0",
    b"__import__('os')",
    b"# @package __global__\n",
    b"_target_: a.b.C",
    b"defaults:\n  - a\n",
    b"/env/arena",
    b"../../..",
    b"[train]\n",
    b"[vec]\n",
    b"[sweep.train.gamma]\n",
    b"game:",
    b"x" * 2000,
]
"""Pieces that mean something to one of the readers."""

SWEEP = """
[sweep]
method = Protein
metric = score
goal = maximize
downsample = 10

[sweep.train.minibatch_size]
distribution = uniform_pow2
min = 8
max = 64
mean = 16
scale = auto

[sweep.train.gamma]
distribution = logit_normal
min = 0.8
max = 0.999
mean = 0.98
scale = auto
"""
HYDRA_SWEEP = """metric: reward
goal: maximize
method: bayes
parameters:
  trainer:
    optimizer:
      learning_rate: {distribution: log_normal, min: 1e-5, max: 1e-1, mean: 3e-4, scale: auto}
    bptt_horizon: {distribution: uniform_pow2, min: 1, max: 128, mean: 16, scale: auto}
"""
ENVIRONMENT = """defaults:
  - base
  - _self_
sampling: 0
game:
  num_agents: 4
  max_steps: ${sampling:100,500,250}
  map_builder:
    _target_: metta.mettagrid.room.multi_room.MultiRoom
    num_rooms: 2
    room: {_target_: metta.mettagrid.room.ascii.Ascii, agents: 2, uri: configs/env/tiny.map}
  objects:
    altar: {cooldown: "${choose:1,2,3}", input_resources: {battery_red: 1}}
"""
BASE = """game:
  num_agents: 2
  max_steps: 20
  obs_width: 11
  inventory_item_names: [ore_red, battery_red, heart]
  agent: {rewards: {inventory: {ore_red: 0.1, heart: 1.0}}}
  groups: {agent: {id: 0}}
"""
CURRICULUM = """_target_: metta.mettagrid.curriculum.random.RandomCurriculum
tasks:
  /env/arena: 1
  /env/base: 2
env_overrides: {game: {num_agents: 3}}
"""
MAP = "WWWWW\nWA AW\nW a W\nWWWWW\n"
DUMP = """{"trainer": {"batch_size": 2097152, "minibatch_size": 16384, "bptt_horizon": 256,
 "total_timesteps": 10000000000, "optimizer": {"type": "adam", "learning_rate": 0.001}},
 "training_env": {"async_factor": 2, "num_workers": 2, "num_agents": 24}}
"""
PYTHON = '''from pydantic import BaseModel, ConfigDict, Field


class PPOConfig(BaseModel):
    gamma: float = Field(default=0.99, ge=0, le=1)


class TrainerConfig(BaseModel):
    """What is trained."""

    model_config = ConfigDict(extra="forbid")
    total_timesteps: int = Field(default=10_000_000_000, gt=0)
    batch_size: int = Field(default=2 * 1024 * 1024, gt=0)
    minibatch_size: int = 16384
    bptt_horizon: int = Field(default=256)
    ppo: PPOConfig = Field(default_factory=PPOConfig)


def make(name, num_agents=60, **kwargs):
    return name
'''
SETTINGS = """[tool.metta-lint]
select = ["ML"]
ignore = []

[tool.metta-lint.machine]
cpus = 16

[tool.metta-lint.runs.puffer]
entry = "pufferlib/config/metta.ini"
set = ["env.ore_reward=0.2"]
"""


class Mutant(NamedTuple):
    """A tree with one mutated file, and what was done to it."""

    files: Mapping[str, bytes]
    mutated: str
    how: str


def trees() -> list[dict[str, bytes]]:
    """The trees that mutants are made of: every kind of file that a reader reads."""
    base = {key: value for key, value in PUFFERLIB.items() if key.startswith("base.")}
    return [
        {
            "pufferlib/config/default.ini": _ini({key: PUFFERLIB[key] for key in PUFFERLIB if key not in base}),
            "pufferlib/config/metta.ini": _ini(base) + SWEEP.encode(),
            "pufferlib/environments/metta/metta.yaml": BASE.encode(),
            "pufferlib/environments/metta/environment.py": PYTHON.encode(),
            "pyproject.toml": SETTINGS.encode(),
        },
        {
            "configs/train_job.yaml": _entry(),
            "configs/trainer/trainer.yaml": _yaml("trainer."),
            "configs/agent/agent.yaml": _yaml("agent."),
            "configs/env/base.yaml": BASE.encode(),
            "configs/env/arena.yaml": ENVIRONMENT.encode(),
            "configs/env/curriculum.yaml": CURRICULUM.encode(),
            "configs/env/tiny.map": MAP.encode(),
            "configs/sweep/quick.yaml": HYDRA_SWEEP.encode(),
        },
        {"runs/config.json": DUMP.encode(), "metta/rl/trainer_config.py": PYTHON.encode()},
    ]


def _ini(settings: Mapping[str, object]) -> bytes:
    sections: dict[str, list[str]] = {}
    for key, value in settings.items():
        section, _, name = key.partition(".")
        sections.setdefault(section, []).append(f"{name} = {value}")
    return "\n".join("\n".join([f"[{name}]", *lines, ""]) for name, lines in sections.items()).encode()


def _yaml(prefix: str) -> bytes:
    import yaml

    tree: dict[str, object] = {}
    for key, value in METTA.items():
        if not key.startswith(prefix):
            continue
        *parents, name = key.removeprefix(prefix).split(".")
        node = tree
        for parent in parents:
            node = node.setdefault(parent, {})  # type: ignore[assignment]
        node[name] = value
    return yaml.safe_dump(tree, sort_keys=False).encode()


def _entry() -> bytes:
    return b"defaults:\n  - trainer: trainer\n  - agent: agent\n  - _self_\nseed: 1\nvectorization: multiprocessing\n"


def mutant(random: Random) -> Mutant:
    """A random tree with one of its files mutated once or a few times."""
    files = dict(random.choice(trees()))
    path = random.choice(sorted(files))
    data, done = files[path], []
    for _ in range(random.choice([1, 1, 1, 2, 3, 8])):
        mutate = random.choice(MUTATIONS)
        data = mutate(data, random)
        done.append(mutate.__name__.strip("_"))
    files[path] = data
    return Mutant(files, path, ", ".join(done))


def _flip(data: bytes, random: Random) -> bytes:
    where = random.randrange(len(data) + 1)
    return data[:where] + bytes([random.randrange(256)]) + data[where + 1 :]


def _cut(data: bytes, random: Random) -> bytes:
    start = random.randrange(len(data) + 1)
    return data[:start] + data[start + random.choice([1, 2, 10, 200]) :]


def _truncate(data: bytes, random: Random) -> bytes:
    return data[: random.randrange(len(data) + 1)]


def _insert(data: bytes, random: Random) -> bytes:
    where = random.randrange(len(data) + 1)
    return data[:where] + random.choice(TOKENS) + data[where:]


def _replace_value(data: bytes, random: Random) -> bytes:
    lines = data.split(b"\n")
    number = random.randrange(len(lines))
    for separator in random.sample([b"=", b":"], 2):
        if separator in lines[number]:
            lines[number] = lines[number].partition(separator)[0] + separator + b" " + random.choice(TOKENS)
            break
    return b"\n".join(lines)


def _drop_line(data: bytes, random: Random) -> bytes:
    lines = data.split(b"\n")
    del lines[random.randrange(len(lines))]
    return b"\n".join(lines)


def _repeat_line(data: bytes, random: Random) -> bytes:
    lines = data.split(b"\n")
    number = random.randrange(len(lines))
    lines[number:number] = [lines[number]] * random.choice([1, 2, 100])
    return b"\n".join(lines)


def _move_line(data: bytes, random: Random) -> bytes:
    lines = data.split(b"\n")
    line = lines.pop(random.randrange(len(lines)))
    lines.insert(random.randrange(len(lines) + 1), line)
    return b"\n".join(lines)


def _indent(data: bytes, random: Random) -> bytes:
    lines = data.split(b"\n")
    number = random.randrange(len(lines))
    lines[number] = random.choice([b"  ", b"\t", b" ", b"        "]) + lines[number].lstrip()
    return b"\n".join(lines)


def _swap_words(data: bytes, random: Random) -> bytes:
    words = data.split(b" ")
    first, second = random.randrange(len(words)), random.randrange(len(words))
    words[first], words[second] = words[second], words[first]
    return b" ".join(words)


MUTATIONS: list[Callable[[bytes, Random], bytes]] = [
    _flip,
    _cut,
    _truncate,
    _insert,
    _insert,
    _replace_value,
    _replace_value,
    _replace_value,
    _drop_line,
    _repeat_line,
    _move_line,
    _indent,
    _swap_words,
]

"""Files that are made to hurt a reader: each must end in one clear error, or none, within the bounds."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mutations import ENVIRONMENT, HYDRA_SWEEP, trees

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MEGABYTE = 1_000_000
PUFFER, HYDRA, DUMPED = range(3)
INI = "pufferlib/config/metta.ini"
ARENA = "configs/env/arena.yaml"
DUMP = "runs/config.json"
IGNORED = ".gitignore"
PYTHON = "metta/rl/trainer_config.py"
NAMED = b"[base]\nenv_name = metta\n"
CLASS = b"class TrainerConfig:\n"


class Bomb(NamedTuple):
    """A tree with one file that hurts. ``data`` makes it, so that 100 MB are there only while they are needed."""

    tree: int
    path: str
    data: Callable[[], bytes]

    def files(self) -> Mapping[str, bytes]:
        """The whole tree."""
        return {**trees()[self.tree], ".git/HEAD": b"", self.path: self.data()}


def _aliases(depth: int = 30) -> bytes:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, depth)]
    return "\n".join(lines).encode()


def _interpolations(depth: int = 40) -> bytes:
    lines = ["a0: [1, 2]", *(f"a{n}: [${{a{n - 1}}}, ${{a{n - 1}}}]" for n in range(1, depth))]
    return "\n".join([*lines, ENVIRONMENT]).encode()


def _ini_interpolations(depth: int = 40) -> bytes:
    return (
        NAMED
        + "\n".join(["[train]", "a0 = xx", *(f"a{n} = %(a{n - 1})s%(a{n - 1})s" for n in range(1, depth))]).encode()
    )


def _python_names(value: bytes, depth: int) -> bytes:
    lines = [b"a%d = " % n + value.replace(b"NAME", b"a%d" % (n - 1)) for n in range(1, depth)]
    entry = b"class TrainerConfig(Config):\n    bptt_horizon: int = 1\n    minibatch_size: int = 1\n"
    return b"\n".join([b"a0 = 1", *lines, entry])


def _sections() -> bytes:
    return NAMED + b"".join(b"[s%d]\na = 1\n" % number for number in range(60_000))


def _value(text: bytes) -> Callable[[], bytes]:
    return lambda: NAMED + b"[train]\nbatch_size = " + text


BOMBS: Mapping[str, Bomb] = {
    "yaml aliases": Bomb(HYDRA, ARENA, _aliases),
    "yaml 10,000 deep": Bomb(HYDRA, ARENA, lambda: b"[" * 10_000 + b"]" * 10_000),
    "yaml mappings 10,000 deep": Bomb(HYDRA, ARENA, lambda: b"{a: " * 10_000 + b"1" + b"}" * 10_000),
    "yaml 100 MB": Bomb(HYDRA, ARENA, lambda: b"a: 1\n" * (20 * MEGABYTE)),
    "yaml one line of 100 MB": Bomb(HYDRA, ARENA, lambda: b"a: " + b"x" * (100 * MEGABYTE)),
    "yaml that holds itself": Bomb(HYDRA, ARENA, lambda: b"a: &a [*a]\n"),
    "hydra includes itself": Bomb(HYDRA, ARENA, lambda: b"defaults:\n  - arena\n"),
    "hydra includes in a circle": Bomb(HYDRA, "configs/env/base.yaml", lambda: b"defaults:\n  - arena\n"),
    "hydra interpolations double": Bomb(HYDRA, ARENA, _interpolations),
    "hydra interpolates itself": Bomb(HYDRA, ARENA, lambda: b"game:\n  num_agents: ${game.num_agents}\n"),
    "curriculum hands out itself": Bomb(HYDRA, ARENA, lambda: b"tasks:\n  /env/arena: 1\n"),
    "resolvers nest": Bomb(HYDRA, ARENA, lambda: b"game:\n  num_agents: " + b"${add:1," * 2000 + b"1" + b"}" * 2000),
    "ini 100 MB": Bomb(PUFFER, INI, lambda: NAMED + b"a" * (100 * MEGABYTE)),
    "ini interpolates itself": Bomb(PUFFER, INI, lambda: NAMED + b"[train]\na = %(a)s\n"),
    "ini interpolations double": Bomb(PUFFER, INI, _ini_interpolations),
    "ini literal 10,000 deep": Bomb(PUFFER, INI, _value(b"[" * 10_000 + b"]" * 10_000)),
    "ini minus signs": Bomb(PUFFER, INI, _value(b"-" * 50_000 + b"1")),
    "ini a million digits": Bomb(PUFFER, INI, _value(b"9" * MEGABYTE)),
    "ini 4,000 digits": Bomb(PUFFER, INI, _value(b"9" * 4000)),
    "ini 60,000 sections": Bomb(PUFFER, INI, _sections),
    "json 10,000 deep": Bomb(DUMPED, DUMP, lambda: b"[" * 10_000 + b"]" * 10_000),
    "json 100 MB": Bomb(DUMPED, DUMP, lambda: b'{"trainer": "' + b"x" * (100 * MEGABYTE) + b'"}'),
    "python 10,000 deep": Bomb(DUMPED, PYTHON, lambda: CLASS + b"    a = " + b"(" * 10_000 + b")" * 10_000),
    "python long sum": Bomb(DUMPED, PYTHON, lambda: CLASS + b"    batch_size: int = " + b"1+" * 100_000 + b"1\n"),
    "python power tower": Bomb(DUMPED, PYTHON, lambda: CLASS + b"    batch_size: int = 9**9**9**9\n"),
    "python text times": Bomb(DUMPED, PYTHON, lambda: CLASS + b"    batch_size: int = 'a' * 10**10\n"),
    "python names double": Bomb(DUMPED, PYTHON, lambda: _python_names(b"[NAME, NAME]", 40)),
    "python names nest": Bomb(DUMPED, PYTHON, lambda: _python_names(b"[" * 50 + b"NAME" + b"]" * 50, 100)),
    "ignored brackets": Bomb(PUFFER, IGNORED, lambda: b"[" * 200_000),
    "ignored lines of brackets": Bomb(PUFFER, IGNORED, lambda: (b"[" * 4_000 + b"\n") * 200),
    "ignored blanks": Bomb(PUFFER, IGNORED, lambda: (b" " * 20_000 + b"a\n") * 50),
    "ini a path with a NUL": Bomb(PUFFER, INI, lambda: NAMED + b"package = metta\n[env]\nconfig = 'a\\0b'\n"),
    "python 100 MB": Bomb(DUMPED, PYTHON, lambda: CLASS + b"    a = 1\n" * (10 * MEGABYTE)),
    "python inherits itself": Bomb(DUMPED, PYTHON, lambda: CLASS.replace(b":", b"(TrainerConfig):") + b"    a = 1\n"),
    "toml 10,000 deep": Bomb(
        PUFFER, "pyproject.toml", lambda: b"[tool.metta-lint]\nselect = " + b"[" * 10_000 + b"]" * 10_000
    ),
    "map 100 MB": Bomb(HYDRA, "configs/env/tiny.map", lambda: b"W" * (100 * MEGABYTE)),
    "sweep without an end": Bomb(
        HYDRA, "configs/sweep/quick.yaml", lambda: HYDRA_SWEEP.replace("max: 128", "max: 1e300").encode()
    ),
}
"""Files that hurt, by name."""

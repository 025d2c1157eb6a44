"""Start-up, as a user of the hook feels it: ratios of time against other linters, measured in one run.

Every command is a fresh process. All of them take turns, so that a busy machine slows them alike, and the best of the
rounds counts. Wall time is what a user waits; CPU time (user + system) is steadier on a machine with other work to do.
`make bench` installs the linter as its
users have it, out of a wheel: an editable install makes every import look in one more folder.

Then a made-up repository is checked at two sizes: time and memory are to grow with the number of files.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from repository import Size, make_repository

ROOT = Path(__file__).resolve().parents[1]
CORPUS = Path(os.environ.get("METTA_LINT_CORPUS", ROOT.parent / "shared" / "corpus"))
INI = "pufferlib-2025-07/pufferlib/config/metta.ini"
TREE = "metta-2025-07/configs"
YAML = f"{TREE}/train_job.yaml"
EVERYTHING = ("pufferlib-2025-07", "metta-2025-07")
MACHINE = ("--cpus", "32", "--gpus", "1")  # the settings that the corpus was trained with: nothing stays unknown

VERSION, CORPUS_CHECK = "--version", "whole corpus"
PAIR, WHOLE_TREE = "one pair", "Hydra tree"
PASS, IMPORTS = "python -c pass", "import click, yaml"
YAMLLINT_FILE, YAMLLINT_TREE, JSONSCHEMA = "yamllint, one file", "yamllint, same tree", "check-jsonschema, one file"
SUBJECTS = (VERSION, PAIR, WHOLE_TREE, CORPUS_CHECK)
BYTECODE = ("PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX")
PEERS = (PASS, IMPORTS, YAMLLINT_FILE, YAMLLINT_TREE, JSONSCHEMA)


class Cost(NamedTuple):
    """What one process took, in seconds."""

    wall: float
    cpu: float

    def best(self, other: Cost) -> Cost:
        """The smaller of each."""
        return Cost(min(self.wall, other.wall), min(self.cpu, other.cpu))

    def times(self, factor: float) -> Cost:
        """A part of it."""
        return Cost(factor * self.wall, factor * self.cpu)

    def __str__(self) -> str:
        return f"{1000 * self.wall:.0f} ms wall, {1000 * self.cpu:.0f} ms CPU"


def commands(scratch: Path) -> dict[str, list[str]]:
    """The command line behind each name; relative to the corpus."""
    schema = scratch / "schema.json"
    schema.write_text('{"type": "object"}', encoding="utf-8")
    lint, yamllint, jsonschema = (program(name) for name in ("metta-lint", "yamllint", "check-jsonschema"))
    return {
        PASS: [sys.executable, "-c", "pass"],
        IMPORTS: [sys.executable, "-c", "import click, yaml"],
        VERSION: [lint, "--version"],
        PAIR: [lint, "check", INI, YAML, *MACHINE],
        YAMLLINT_FILE: [yamllint, "--config-data", "default", YAML],
        JSONSCHEMA: [jsonschema, "--schemafile", str(schema), YAML],
        WHOLE_TREE: [lint, "check", TREE, *MACHINE],
        YAMLLINT_TREE: [yamllint, "--config-data", "default", TREE],
        CORPUS_CHECK: [lint, "check", *EVERYTHING, *MACHINE],
    }


def program(name: str) -> str:
    """A program of the environment that this Python belongs to."""
    found = shutil.which(name, path=str(Path(sys.executable).parent))
    if found is None:
        raise SystemExit(f"{name} is not installed beside {sys.executable}: run `make bench`")
    return found


def measure(command: list[str], environment: dict[str, str]) -> Cost:
    """Run a command in the corpus. Findings are fine; anything else that ends it ends the benchmark."""
    start = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=CORPUS, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1):
        raise SystemExit(f"exit code {process.returncode} from {' '.join(command)}")
    return Cost(wall, usage.ru_utime + usage.ru_stime)


def best_of(rounds: int) -> dict[str, Cost]:
    """The best of each command. Bytecode lies where an installer leaves it, whatever the caller's Python does."""
    with tempfile.TemporaryDirectory() as scratch:
        lines = commands(Path(scratch))
        for command in lines.values():
            measure(command, environment())
        best: dict[str, Cost] = {}
        for _ in range(rounds):
            for name, command in lines.items():
                cost = measure(command, environment())
                best[name] = best.get(name, cost).best(cost)
    return best


def environment() -> dict[str, str]:
    """The environment of one run: its Python writes and reads bytecode."""
    return {key: value for key, value in os.environ.items() if key not in BYTECODE}


def ratios(best: dict[str, Cost]) -> list[str]:
    """Two tables, for wall and CPU time: each command of ours as a multiple of each peer."""
    lines = []
    for kind in Cost._fields:
        heading = "".join(f"{f'/ {peer}':>30}" for peer in PEERS)
        lines += ["", f"{kind + ' time':<22}{'ms':>7}{heading}"]
        lines.append(
            f"{'':<22}{'':>7}" + "".join(f"{f'({1000 * getattr(best[peer], kind):.0f} ms)':>30}" for peer in PEERS)
        )
        for subject in SUBJECTS:
            took = getattr(best[subject], kind)
            cells = "".join(f"{took / getattr(best[peer], kind):>30.2f}" for peer in PEERS)
            lines.append(f"{subject:<22}{1000 * took:>7.0f}{cells}")
    return lines


def bars(best: dict[str, Cost]) -> list[str]:
    """What start-up is held to; met where wall and CPU time both meet it."""
    over = Cost(*(ours - bare for ours, bare in zip(best[VERSION], best[PASS], strict=True)))
    held = [
        (f"{VERSION} - {PASS} < 80 ms", over, Cost(0.080, 0.080)),
        (f"{PAIR} < {YAMLLINT_FILE}", best[PAIR], best[YAMLLINT_FILE]),
        (f"{WHOLE_TREE} < 0.5 x {YAMLLINT_TREE}", best[WHOLE_TREE], best[YAMLLINT_TREE].times(0.5)),
        (f"{CORPUS_CHECK} < {YAMLLINT_TREE}", best[CORPUS_CHECK], best[YAMLLINT_TREE]),
    ]
    return [
        f"{'met' if ours.wall < bar.wall and ours.cpu < bar.cpu else 'not met':<8} {name}: {ours}; bar: {bar}"
        for name, ours, bar in held
    ]


# -- a large repository ------------------------------------------------------------------------------------------------


class Large(NamedTuple):
    """What a check of a large repository took: seconds, and megabytes at most."""

    files: int
    wall: float
    cpu: float
    megabytes: float

    def __str__(self) -> str:
        return f"{self.files} files: {self.wall:.1f} s wall, {self.cpu:.1f} s CPU, {self.megabytes:.0f} MB"


def large(files: int, rounds: int) -> Large:
    """The best of some checks of a made-up repository. The process itself says what memory it took."""
    code = (
        "import resource, sys; from metta_lint.__main__ import main; code = main(sys.argv[1:]);"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr); sys.exit(code)"
    )
    command = [sys.executable, "-c", code, "check", ".", *MACHINE]
    found = []
    with tempfile.TemporaryDirectory() as scratch:
        repository = Path(scratch, "repository")
        made = make_repository(repository, Size(files))
        for _ in range(rounds):
            before, start = os.times(), time.perf_counter()
            done = subprocess.run(
                command, cwd=repository, env=environment(), capture_output=True, text=True, check=False
            )
            wall, after = time.perf_counter() - start, os.times()
            if done.returncode not in (0, 1):
                raise SystemExit(f"exit code {done.returncode}: {done.stderr[-1000:]}")
            cpu = after.children_user + after.children_system - before.children_user - before.children_system
            unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
            found.append(Large(made, wall, cpu, int(done.stderr.split()[-1]) / unit))
    return Large(made, *(min(values) for values in list(zip(*found, strict=True))[1:]))


def large_bars(half: Large, whole: Large) -> list[str]:
    """What a large repository is held to."""
    held = [
        (f"{whole.files} files < 15 s", whole.wall < 15, str(whole)),
        (f"{whole.files} files < 300 MB", whole.megabytes < 300, str(whole)),
        (f"twice the files < 2.2 x the time: {whole.cpu / half.cpu:.2f}", whole.cpu < 2.2 * half.cpu, str(half)),
    ]
    return [f"{'met' if is_met else 'not met':<8} {name}: {figures}" for name, is_met, figures in held]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15, help="the best of this many runs counts (default: 15)")
    parser.add_argument("--files", type=int, default=10_000, help="size of the repository (default: 10000; 0: none)")
    arguments = parser.parse_args()
    if not (CORPUS / YAML).is_file():
        raise SystemExit(f"no corpus of real configs at {CORPUS}: METTA_LINT_CORPUS names another place")
    best = best_of(max(arguments.rounds, 1))
    print(f"best of {arguments.rounds} runs, taking turns; Python {sys.version.split()[0]}, {os.cpu_count()} cores")
    print("\n".join([*ratios(best), "", *bars(best)]))
    if arguments.files:
        half, whole = (large(files, rounds=2) for files in (arguments.files // 2, arguments.files))
        print("\n".join(large_bars(half, whole)))


if __name__ == "__main__":
    main()

"""Start-up, as a user of the hook feels it: ratios of time against other linters, measured in one run.

Every command is a fresh process. All of them take turns, so that a busy machine slows them alike, and the best of the
rounds counts. Wall time is what a user waits; CPU time (user + system) is steadier on a machine with other work to do.
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

ROOT = Path(__file__).resolve().parents[1]
CORPUS = Path(os.environ.get("METTA_LINT_CORPUS", ROOT.parent / "shared" / "corpus"))
INI = "pufferlib-2025-07/pufferlib/config/metta.ini"
TREE = "metta-2025-07/configs"
YAML = f"{TREE}/train_job.yaml"
EVERYTHING = ("pufferlib-2025-07", "metta-2025-07")
MACHINE = ("--cpus", "32", "--gpus", "1")  # the settings that the corpus was trained with: nothing stays unknown

VERSION, PAIR, WHOLE_TREE, CORPUS_CHECK = "--version", "check, one pair", "check, Hydra tree", "check, whole corpus"
PASS, IMPORTS = "python -c pass", "import click, yaml"
YAMLLINT_FILE, YAMLLINT_TREE, JSONSCHEMA = "yamllint, one file", "yamllint, same tree", "check-jsonschema, one file"
SUBJECTS = (VERSION, PAIR, WHOLE_TREE, CORPUS_CHECK)
PEERS = (PASS, IMPORTS, YAMLLINT_FILE, YAMLLINT_TREE, JSONSCHEMA)


class Cost(NamedTuple):
    """What one process took, in seconds."""

    wall: float
    cpu: float

    def best(self, other: Cost) -> Cost:
        """The smaller of each."""
        return Cost(min(self.wall, other.wall), min(self.cpu, other.cpu))

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
    """The best of each command. Bytecode is cached as an installer leaves it, whatever the caller's Python does."""
    with tempfile.TemporaryDirectory() as scratch:
        environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
        environment["PYTHONPYCACHEPREFIX"] = str(Path(scratch) / "bytecode")
        lines = commands(Path(scratch))
        for command in lines.values():
            measure(command, environment)
        best = {name: measure(command, environment) for name, command in lines.items()}
        for _ in range(rounds - 1):
            best = {name: best[name].best(measure(command, environment)) for name, command in lines.items()}
    return best


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
        (f"{PAIR} < {YAMLLINT_FILE}", best[PAIR], best[YAMLLINT_FILE]),
        (f"{WHOLE_TREE} < {YAMLLINT_TREE}", best[WHOLE_TREE], best[YAMLLINT_TREE]),
        (f"{CORPUS_CHECK} < {YAMLLINT_TREE}", best[CORPUS_CHECK], best[YAMLLINT_TREE]),
        (f"{VERSION} - {PASS} < 80 ms", over, Cost(0.080, 0.080)),
    ]
    return [
        f"{'met' if ours.wall < bar.wall and ours.cpu < bar.cpu else 'not met':<8} {name}: {ours}; bar: {bar}"
        for name, ours, bar in held
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15, help="the best of this many runs counts (default: 15)")
    rounds = max(parser.parse_args().rounds, 1)
    if not (CORPUS / YAML).is_file():
        raise SystemExit(f"no corpus of real configs at {CORPUS}: METTA_LINT_CORPUS names another place")
    best = best_of(rounds)
    print(f"best of {rounds} runs, taking turns; Python {sys.version.split()[0]}")
    print("\n".join([*ratios(best), "", *bars(best)]))


if __name__ == "__main__":
    main()

"""Checks mutated config trees and bombs, and says what went wrong: ``make fuzz``.

Bounds: no traceback, exit code 0, 1 or 2, a second of CPU for each tree, 200 MB for the process. Each process checks a
share of the trees one after the other, as a hook would check one; what fails is left in a folder to look at.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import shutil
import sys
import tempfile
import time
import traceback
from contextlib import chdir, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, NamedTuple

from bombs import BOMBS
from mutations import mutant

from metta_lint.cli import run_command

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

CPU_SECONDS = 1.0
PEAK_BYTES = 200_000_000
SHARE = 250
"""Trees that one process checks before it is replaced."""


class Outcome(NamedTuple):
    """What one tree came to. ``problem`` is "" where all is well."""

    name: str
    problem: str
    cpu_seconds: float
    exit_code: int | None


def write(files: Mapping[str, bytes], folder: Path) -> None:
    """Put a tree on disk."""
    for path, data in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)


def check_tree(name: str, folder: Path) -> Outcome:
    """Check one tree as the command line does, and remove it unless it shows something."""
    code, problem = None, ""
    said = StringIO()
    begun = time.process_time()
    try:
        with chdir(folder), redirect_stdout(StringIO()), redirect_stderr(said):
            code = run_command(["check", ".", "--output-format", "json"])
    except BaseException:  # noqa: BLE001 - whatever it is, it is what is looked for
        problem = traceback.format_exc(limit=-4)
    spent = time.process_time() - begun
    problem = problem or _problem(code, said.getvalue(), spent)
    if not problem:
        shutil.rmtree(folder)
    return Outcome(f"{name} in {folder}" if problem else name, problem, spent, code)


def _problem(code: int | None, said: str, spent: float) -> str:
    if "Traceback" in said or "crashed" in said:
        return said.strip()
    if code not in (0, 1, 2):
        return f"exit code {code}"
    return f"{spent:.2f} s of CPU" if spent > CPU_SECONDS else ""


def check_mutants(numbers: Sequence[int], seed: int) -> list[Outcome]:
    """Check the mutants of some numbers: a number and a seed make always the same tree."""
    outcomes = []
    for number in numbers:
        made = mutant(Random(f"{seed}-{number}"))
        folder = new_folder(made.files)
        outcomes.append(check_tree(f"mutant {number}: {made.mutated}: {made.how}", folder))
    return [*outcomes, _peak(f"mutants {numbers[0]} to {numbers[-1]}")]


def check_bomb(name: str, folder: Path) -> list[Outcome]:
    """Check one bomb that lies on disk, in a process that does nothing else."""
    return [check_tree(name, folder), _peak(name)]


def new_folder(files: Mapping[str, bytes]) -> Path:
    """A tree in a new temporary folder."""
    folder = Path(tempfile.mkdtemp(prefix="metta-lint-fuzz-"))
    write(files, folder)
    return folder


def _peak(name: str) -> Outcome:
    """What this process took at most, by Linux's own count: another one includes what its parent had."""
    status = Path("/proc/self/status")
    peak = next(
        (int(line.split()[1]) * 1024 for line in status.read_text(encoding="ascii").splitlines() if "VmHWM" in line), 0
    )
    return Outcome(name, f"{peak / 1e6:.0f} MB" if peak > PEAK_BYTES else "", 0.0, None)


def outcomes(mutants: int, seed: int, workers: int) -> Iterator[Outcome]:
    """Check everything, in as many processes as there are workers."""
    shares = [range(start, min(start + SHARE, mutants)) for start in range(0, mutants, SHARE)]
    context = multiprocessing.get_context("spawn")
    with context.Pool(workers, maxtasksperchild=1) as pool:
        jobs = [pool.apply_async(check_bomb, (name, new_folder(bomb.files()))) for name, bomb in BOMBS.items()]
        jobs += [pool.apply_async(check_mutants, (share, seed)) for share in shares]
        for job in jobs:
            yield from job.get()


def main(arguments: list[str]) -> int:
    """Check, and print what went wrong and how long the slowest took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mutants", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args(arguments)
    done = list(outcomes(options.mutants, options.seed, options.workers))
    wrong = [outcome for outcome in done if outcome.problem]
    for outcome in wrong:
        sys.stdout.write(f"{outcome.name}\n    {outcome.problem}\n")
    slowest = max(done, key=lambda outcome: outcome.cpu_seconds)
    codes = {code: sum(outcome.exit_code == code for outcome in done) for code in (0, 1, 2)}
    sys.stdout.write(
        f"{options.mutants} mutants and {len(BOMBS)} bombs: {len(wrong)} wrong; exit codes {codes}; "
        f"slowest {slowest.cpu_seconds:.2f} s of CPU ({slowest.name})\n"
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

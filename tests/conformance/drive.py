"""Has the real trainer answer jobs, in child processes: each a process group, and none of them waited for long."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

Job = dict[str, Any]
Outcome = dict[str, Any]

PROGRAM = Path(__file__).parent / "real"
JOBS_OF_A_CHILD = 200
"""After as many jobs a child is replaced: PufferLib leaves something behind in the interpreter now and then."""

SECONDS = 60
"""A run takes a fraction of a second. A child gives up on one after this long, and is given up on after twice as long
(its first answer waits for torch)."""


class Child:
    """One interpreter with PufferLib in it, and all the worker processes that it starts."""

    def __init__(self, python: Path, folder: Path) -> None:
        self.answered = 0
        self._process = subprocess.Popen(
            [python, PROGRAM],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
            start_new_session=True,
        )

    def answer(self, job: Job) -> Outcome:
        """The outcome of one job; a child that dies of it, or is silent for too long, is an outcome too."""
        self.answered += 1
        stdin, stdout = _pipes(self._process)
        with contextlib.suppress(BrokenPipeError):
            stdin.write(json.dumps(job | {"seconds": SECONDS}).encode() + b"\n")
            stdin.flush()
        if not select.select([stdout], [], [], 2 * SECONDS)[0]:
            return _nothing(job, "hung")
        line = stdout.readline()
        return json.loads(line) if line else _nothing(job, "died")

    def end(self) -> None:
        """Kill the child and its workers."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for pipe in _pipes(self._process):
            pipe.close()


def _pipes(process: subprocess.Popen[bytes]) -> tuple[IO[bytes], IO[bytes]]:
    if process.stdin is None or process.stdout is None:
        raise TypeError("the child was started without pipes")
    return process.stdin, process.stdout


def _nothing(job: Job, outcome: str) -> Outcome:
    return {"id": job["id"], "outcome": outcome, "phase": "unknown", "counts": {}, "epochs": [], "capped": False}


def drive(
    jobs: Sequence[Job], python: Path, folder: Path, *, children: int, tell: Callable[[int], None]
) -> dict[int, Outcome]:
    """The outcome of each job by its id; ``tell`` hears how many are done."""
    outcomes: dict[int, Outcome] = {}
    shares = [jobs[start::children] for start in range(children)]

    def work(number: int) -> None:
        own = folder / f"child{number}"
        own.mkdir(exist_ok=True)
        for outcome in _answers(shares[number], python, own):
            outcomes[outcome["id"]] = outcome
            tell(len(outcomes))

    with ThreadPoolExecutor(children) as pool:
        list(pool.map(work, range(children)))
    return outcomes


def _answers(jobs: Sequence[Job], python: Path, folder: Path) -> Iterator[Outcome]:
    child: Child | None = None
    try:
        for job in jobs:
            if child is None:
                child = Child(python, folder)
            outcome = child.answer(job)
            if outcome["outcome"] in ("hung", "died"):  # believed when it happens in a fresh child too
                child.end()
                child = Child(python, folder)
                outcome = child.answer(job)
            yield outcome
            if outcome["outcome"] in ("hung", "died") or child.answered == JOBS_OF_A_CHILD:
                child.end()
                child = None
    finally:
        if child is not None:
            child.end()

"""The thread that lints: one at a time, only the latest state, and only once the typing has paused."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

PAUSE = 0.15
"""Seconds without a change before a state is worked on: about the time between two keystrokes."""

Job = TypeVar("Job")


class Worker(Generic[Job]):
    """Does the latest of the jobs that it is given; those that a newer one overtakes are never begun.

    The thread ends with the process: an editor that leaves need not wait for a check.
    """

    def __init__(self, work: Callable[[Job], None], pause: float = PAUSE) -> None:
        self._work = work
        self._pause = pause
        self._latest: Job | None = None
        self._changed = threading.Condition()
        threading.Thread(target=self._run, name="metta-lint", daemon=True).start()

    def give(self, job: Job) -> None:
        """Have this done instead of what waits."""
        with self._changed:
            self._latest = job
            self._changed.notify()

    def _run(self) -> None:
        while True:
            self._work(self._next())

    def _next(self) -> Job:
        with self._changed:
            while self._latest is None:
                self._changed.wait()
            while self._changed.wait(self._pause):
                pass
            job, self._latest = self._latest, None
        return job

"""Progress on stderr: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

WIDTH = 30
TENTHS = 10


class Step(Protocol):
    """How far a run has come: what it does, and how much of it is done."""

    phase: str
    done: int
    total: int


def progress_line(stream: IO[str], label: str) -> Callable[[Step], None]:
    """A callback that shows steps on a stream."""
    return _bar(stream, label) if stream.isatty() else _lines(stream, label)


def _bar(stream: IO[str], label: str) -> Callable[[Step], None]:
    def show(step: Step) -> None:
        filled = WIDTH * step.done // max(step.total, 1)
        stream.write(f"\r\x1b[2K{label}: {step.phase:<8} [{'#' * filled:<{WIDTH}}] {step.done:,}/{step.total:,}")
        if step.done >= step.total:
            stream.write("\n")
        stream.flush()

    return show


def _lines(stream: IO[str], label: str) -> Callable[[Step], None]:
    last = ("", -1)

    def show(step: Step) -> None:
        nonlocal last
        tenth = TENTHS * step.done // max(step.total, 1)
        if (step.phase, tenth) == last or (tenth not in (0, 5, TENTHS) and step.phase == last[0]):
            return
        last = (step.phase, tenth)
        stream.write(f"{label}: {step.phase} {step.done:,}/{step.total:,}\n")
        stream.flush()

    return show

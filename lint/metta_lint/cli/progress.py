"""Progress on stderr: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from metta_lint.loops.engine import OnProgress, Progress

WIDTH = 30
TENTHS = 10


def progress_line(stream: IO[str], label: str) -> OnProgress:
    """A callback that shows steps on a stream."""
    return _bar(stream, label) if stream.isatty() else _lines(stream, label)


def _bar(stream: IO[str], label: str) -> OnProgress:
    def show(step: Progress) -> None:
        filled = WIDTH * step.done // max(step.total, 1)
        stream.write(f"\r\x1b[2K{label}: {step.phase:<8} [{'#' * filled:<{WIDTH}}] {step.done:,}/{step.total:,}")
        if step.done >= step.total:
            stream.write("\n")
        stream.flush()

    return show


def _lines(stream: IO[str], label: str) -> OnProgress:
    last = ("", -1)

    def show(step: Progress) -> None:
        nonlocal last
        tenth = TENTHS * step.done // max(step.total, 1)
        if (step.phase, tenth) == last or (tenth not in (0, 5, TENTHS) and step.phase == last[0]):
            return
        last = (step.phase, tenth)
        stream.write(f"{label}: {step.phase} {step.done:,}/{step.total:,}\n")
        stream.flush()

    return show

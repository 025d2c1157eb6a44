"""Progress on stderr: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from metta_lint.loops.engine import OnProgress, Progress

WIDTH = 30
TENTHS = 10


def progress_line(stream: IO[str], label: str) -> OnProgress:
    """A callback that shows steps on a stream: in a log at the start, in the middle and at the end of each phase."""
    last = ("", -1)

    def show(step: Progress) -> None:
        nonlocal last
        total = max(step.total, 1)
        if stream.isatty():
            bar = "#" * (WIDTH * step.done // total)
            stream.write(f"\r\x1b[2K{label}: {step.phase:<8} [{bar:<{WIDTH}}] {step.done:,}/{step.total:,}")
            stream.write("\n" if step.done >= step.total else "")
        else:
            now = (step.phase, TENTHS * step.done // total)
            if now == last or (now[1] not in (0, 5, TENTHS) and now[0] == last[0]):
                return
            last = now
            stream.write(f"{label}: {step.phase} {step.done:,}/{step.total:,}\n")
        stream.flush()

    return show

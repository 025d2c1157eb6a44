"""How much memory processes held, as far as the system says."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from typing import Any


def reset_peak_rss() -> None:
    """Forget what this process held before, where the system can: on Linux. Elsewhere a peak is of its whole life."""
    with contextlib.suppress(OSError):
        if sys.platform == "linux":
            Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def peak_rss(pid: int) -> int:
    """The most memory that a process held, in bytes; 0 where the system does not say it of others (not Linux).

    Linux's getrusage() will not do for a child: it starts from what its parent held.
    """
    if sys.platform == "linux":
        with contextlib.suppress(OSError, ValueError):
            status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8", errors="replace")
            (line,) = (line for line in status.splitlines() if line.startswith("VmHWM:"))
            return int(line.split()[1]) * 1024
    return _peak_rss_of_this_process() if pid == os.getpid() else 0


def _peak_rss_of_this_process() -> int:
    try:
        import resource  # noqa: PLC0415 - there is none on Windows
    except ImportError:
        return 0
    peak: Any = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(peak) * (1 if sys.platform == "darwin" else 1024)

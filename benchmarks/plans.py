"""CPU time of planning one config, after start-up: every entry of the corpus, its files read and parsed anew each time.

The bar is 5 ms. The best of the rounds counts, so that a busy machine does not.
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path
from statistics import median

from metta_lint import sources
from metta_lint.base.errors import InputError
from metta_lint.plans.run import Machine
from metta_lint.project.config import Config
from metta_lint.project.discovery import discover
from metta_lint.project.runs import plan_run

ROOT = Path(__file__).resolve().parents[1]
CORPUS = Path(os.environ.get("METTA_LINT_CORPUS", ROOT.parent / "shared" / "corpus"))
BAR = 0.005
MACHINE = Machine(cpus=32, gpus=1)


def seconds(entry: str, rounds: int) -> float | None:
    """The least CPU time that planning an entry took; None for one that cannot be read."""
    best = float("inf")
    for _ in range(rounds):
        sources.forget()
        start = time.process_time()
        try:
            plan_run(entry, Config(), machine=MACHINE)
        except InputError:
            return None
        best = min(best, time.process_time() - start)
    return best


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=20, help="the best of this many runs counts (default: 20)")
    rounds = max(parser.parse_args().rounds, 2)  # the first imports what the dialect needs
    entries = discover([str(CORPUS / "pufferlib-2025-07"), str(CORPUS / "metta-2025-07")]).entries
    if not entries:
        raise SystemExit(f"no corpus of real configs at {CORPUS}: METTA_LINT_CORPUS names another place")
    took = {entry: best for entry in entries if (best := seconds(entry, rounds)) is not None}
    slow = {entry: best for entry, best in took.items() if best > BAR}
    slowest = max(took, key=lambda entry: took[entry])
    print(f"{len(took)} entries, best of {rounds}: median {1000 * median(took.values()):.1f} ms of CPU")
    print(f"slowest {1000 * took[slowest]:.1f} ms: {slowest}")
    print(f"{'met' if not slow else 'not met':<8} every plan < {1000 * BAR:.0f} ms ({len(slow)} are slower)")


if __name__ == "__main__":
    main()

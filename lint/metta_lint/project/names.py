"""Names for runs that nobody has named: short ones first, each once."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from metta_lint.base.paths import slashed, tidy, without_suffix

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from metta_lint.plans.run import Run


def run_names(runs: Sequence[Run]) -> dict[str, str]:
    """A name for each run, by its entry: the first of its names that no other run has too.

    That is the trainer's (``metta``), the trainer's and the file's (``metta-train_job``), the same with more and more
    folders, and in the end a number. Names are of what a bare key of TOML takes.
    """
    names = {run.entry: tuple(dict.fromkeys(_names(run))) for run in runs}
    taken = Counter(name for those in names.values() for name in those)
    found: dict[str, str] = {}
    for entry, those in names.items():
        free = (name for name in those if taken[name] == 1)
        found[entry] = next(free, None) or _numbered(those[-1], {*found.values(), *taken})
    return found


def _names(run: Run) -> Iterator[str]:
    yield run.trainer
    file = tidy(without_suffix(slashed(run.file))).split("/")
    parts = [part for part in (*file, *run.entry.removeprefix(run.file).strip(":").split(":")) if part]
    for first in range(len(parts) - 1, -1, -1):
        name = re.sub(r"[^A-Za-z0-9_]+", "-", "-".join(parts[first:])).strip("-")
        yield f"{run.trainer}-{name}" if name else run.trainer


def _numbered(name: str, taken: set[str]) -> str:
    number = 2
    while f"{name}-{number}" in taken:
        number += 1
    return f"{name}-{number}"

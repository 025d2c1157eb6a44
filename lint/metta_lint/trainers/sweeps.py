"""Finds the sweeps of what is checked, whatever dialect they are written in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metta_lint.base.errors import InputError, LintError
from metta_lint.trainers.pufferlib.keys import is_default

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from metta_lint.plans.plan import Plan
    from metta_lint.plans.sweeps.sweep import Sweep
    from metta_lint.trainers.trees.tree import ConfigTree


def find_sweeps(files: Iterable[str], trees: Iterable[ConfigTree], plans: Iterable[Plan]) -> list[Sweep]:
    """The sweeps over these runs, of the default.ini among these files, and of these trees.

    A file that cannot be read has none: that is a finding of its own.
    """
    plans = list(plans)
    found = list(_of_inis(files, plans))
    for tree in trees:
        from metta_lint.trainers.metta.sweep import read_sweeps

        found += read_sweeps(tree, plans)
    return found


def _of_inis(files: Iterable[str], plans: Iterable[Plan]) -> Iterator[Sweep]:
    runs = [(plan.run.entry, plan) for plan in plans if plan.run.trainer == "pufferlib"]
    defaults = [(file, None) for file in files if is_default(file)]
    for path, base in (*defaults, *runs):
        from metta_lint.trainers.pufferlib.sweep import read_sweep

        try:
            sweep = read_sweep(path, base)
        except (InputError, LintError):
            continue
        if sweep is not None:
            yield sweep

"""Where an environment's YAML and the defaults of its ``make()`` tell different numbers of agents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metta_lint.base.errors import LintError
from metta_lint.trainers.pufferlib.config import has_code, read_run
from metta_lint.trainers.trainer import DefaultDrift

if TYPE_CHECKING:
    from collections.abc import Iterator

    from metta_lint.base.documents import Document

WRITTEN, ARGUMENT = "env.game.num_agents", "env.num_agents"
"""What the environment's YAML says, and the argument of ``make()`` that is written over it."""


def environment_drifts(document: Document) -> Iterator[DefaultDrift]:
    """The number of agents, where an INI leaves it to a default that its environment's YAML contradicts."""
    if not has_code(document):
        return
    try:
        run = read_run(document.path)
    except LintError:
        return  # which is a finding of its own
    if run.callee is None:
        return
    default, written = run.callee.defaults.get(ARGUMENT.removeprefix("env.")), run.settings.get(WRITTEN)
    argument = run.settings.get(ARGUMENT)
    if default is None or written is None or written.span is None or argument is None:
        return
    value, span = default
    if argument.span != span or not isinstance(written.value, int) or written.value == value:
        return
    consequence = f"no INI says num_agents, so {value} agents are trained"
    yield DefaultDrift("num_agents", written.value, written.span, value, span, "make()", consequence, changes_runs=True)

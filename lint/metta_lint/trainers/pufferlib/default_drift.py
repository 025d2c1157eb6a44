"""Finds environments whose YAML and whose ``make()`` have different numbers of agents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metta_lint.base.errors import LintError
from metta_lint.trainers.pufferlib.config import has_code, read_run
from metta_lint.trainers.trainer import DefaultDrift

if TYPE_CHECKING:
    from collections.abc import Iterator

    from metta_lint.base.documents import Document

WRITTEN, ARGUMENT = "env.game.num_agents", "env.num_agents"
"""The key of the environment's YAML, and the argument of ``make()`` that overrides it."""


def environment_drifts(document: Document) -> Iterator[DefaultDrift]:
    """The drift of ``num_agents``, where no INI sets it and the default of ``make()`` overrides the YAML's number."""
    if not has_code(document):
        return
    try:
        run = read_run(document.path)
    except LintError:
        return  # it is reported as a finding of its own
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

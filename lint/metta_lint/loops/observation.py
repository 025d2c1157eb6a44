"""Observations: what a trainer measured, under the names and units of a plan's quantities."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metta_lint.base.records import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class Crash(NamedTuple):
    """How a run ended early: the requirement that failed (a key of ``loops.REQUIREMENTS``, or '' for anything else),
    the exception's type name, and its text."""

    requirement: str
    exception: str
    message: str


class Observation(NamedTuple):
    """What was measured, by quantity name. Counts are exact; seconds and rates are this machine's.

    ``quantities`` hold what a plan predicts too; ``rates`` what can only be measured.
    """

    quantities: Mapping[str, object]
    rates: Mapping[str, float] = {}
    crash: Crash | None = None
    device: str = "cpu"
    environment: str = "embedded"
    seconds: float = 0.0

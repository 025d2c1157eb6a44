"""Engines run a loop and measure it. The linter asks this much of the reference trainer, and no more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeAlias

from metta_lint.base.records import NamedTuple
from metta_lint.loops import embedded

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from metta_lint.loops.loop import Loop


class RunOptions(NamedTuple):
    """How to run a loop, as opposed to what it is.

    - ``epochs``: how many rollouts with their updates; None: until total_timesteps.
    - ``seconds``: no epoch but the first begins after so long.
    - ``device``: auto is cuda, else mps, else cpu.
    - ``policy_size``: the policy's hidden size.
    - ``max_memory``: bytes; a run that needs more is not started.
    - ``backend``: the environment.
    """

    epochs: int | None = 1
    seconds: float | None = None
    device: str = "auto"
    policy_size: int = embedded.POLICY_SIZE
    max_memory: int | None = None
    backend: str = "embedded"


class Estimate(NamedTuple):
    """Memory in bytes and wall seconds that a run will take, and the bytes of its parts."""

    bytes: int = 0
    seconds: float = 0.0
    parts: Mapping[str, int] = {}


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


class Progress(NamedTuple):
    """How far a run has come: ``done`` of ``total`` agent steps of a ``rollout``, or minibatches of an ``update``."""

    phase: str
    done: int
    total: int
    epoch: int


OnProgress: TypeAlias = "Callable[[Progress], None]"


class Engine(Protocol):
    """A module, or another object, that runs loops."""

    def estimate(self, loop: Loop, options: RunOptions) -> Estimate:
        """What a run will take, roughly. Raises LintError where this engine cannot run the loop."""

    def run(self, loop: Loop, options: RunOptions, progress: OnProgress | None) -> Observation:
        """Run a loop and measure it; where the configured trainer would refuse or crash, the observation says so."""

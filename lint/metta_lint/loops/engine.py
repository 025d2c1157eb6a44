"""Engines run a loop and measure it. The linter asks this much of the reference trainer, and no more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeAlias

from metta_lint.base.records import NamedTuple
from metta_lint.loops import embedded

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from metta_lint.loops.loop import Loop


class RunOptions(NamedTuple):
    """How to run a loop.

    - ``epochs``: how many rollouts with their updates; None: until total_timesteps.
    - ``seconds``: after this time no other epoch starts; the first one always does.
    - ``device``: auto is cuda, else mps, else cpu.
    - ``policy_size``: the policy's hidden size.
    - ``max_memory``: in bytes; a run that needs more is not started.
    - ``backend``: the name of the environment.
    """

    epochs: int | None = 1
    seconds: float | None = None
    device: str = "auto"
    policy_size: int = embedded.POLICY_SIZE
    max_memory: int | None = None
    backend: str = "embedded"


class Estimate(NamedTuple):
    """The memory in bytes and the wall seconds that a run will take, and the bytes of each part of it."""

    bytes: int = 0
    seconds: float = 0.0
    parts: Mapping[str, int] = {}


class Crash(NamedTuple):
    """How a run ended early: the exception's type name and its text.

    ``requirement`` is the one that failed, a key of ``REQUIREMENTS``; '' for any other exception.
    """

    requirement: str
    exception: str
    message: str


class Observation(NamedTuple):
    """What a run measured. Counts are exact; seconds and rates depend on the machine.

    ``quantities`` have the names and units of a plan's quantities; ``rates`` can only be measured.
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
        """Roughly what a run will take. Raises LintError if this engine cannot run the loop."""

    def run(self, loop: Loop, options: RunOptions, progress: OnProgress | None) -> Observation:
        """Run a loop and measure it. If the trainer would refuse or crash, the observation has a ``crash``."""

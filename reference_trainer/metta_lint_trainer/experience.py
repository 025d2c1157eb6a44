"""The experience buffer: segments x horizon, written one column of one batch's rows at a time, and stamped.

Every stored agent step carries two stamps, written through the same row indexing as its data, so what became of it is
read back and counted: which steps still live, which were overwritten, which rows hold pieces of several segments.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from torch import Tensor

from metta_lint.loops.embedded import OBSERVATION_BYTES
from metta_lint_trainer.errors import TrainerRefusal

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from metta_lint.loops.loop import Loop


class BatchStep(NamedTuple):
    """One agent step of each agent of a batch, b = agents of the batch."""

    observations: Tensor  # uint8 [b, observation bytes]
    actions: Tensor  # int32 [b]
    logprobs: Tensor  # float32 [b]
    values: Tensor  # float32 [b]
    rewards: Tensor  # float32 [b], clamped where the trainer does that
    terminals: Tensor  # float32 [b], 0 or 1
    truncations: Tensor  # float32 [b], 0 or 1; stored by both trainers, read by neither


class Stamps(NamedTuple):
    """Where a stored step comes from; -1 in a cell that this rollout has not written."""

    step: Tensor  # int64: arrival * total_agents + agent
    segment: Tensor  # int64: one number for each agent's each horizon of steps


class Counts(NamedTuple):
    """What became of one rollout's agent steps, counted from the stamps."""

    collected: int
    dropped: int
    overwritten: int
    cells: int
    stitched_segments: int
    steps_of_agents: NDArray[np.int64]
    """[total_agents] steps of each agent that live in the buffer."""


class Experience:
    """The buffer and the rollout's state (PufferLib 3.0 pufferl.py evaluate(); Metta 2025-07 experience.py store()).

    Each agent has a row and a column. A batch arrives with one step for each of its agents, which fill one column of
    as many rows. When its rows are full it takes the next free ones. The rollout is over (``full``) at the first
    arrival with as many full rows as there are segments; ``begin`` starts the next one with all state reset.
    """

    def __init__(
        self,
        loop: Loop,
        total_agents: int,
        *,
        device: torch.device | str = "cpu",
        observation_bytes: int = OBSERVATION_BYTES,
    ) -> None:
        self.segments = loop.batch_size // loop.bptt_horizon
        self.horizon = loop.bptt_horizon
        self.total_agents = total_agents
        self._overwrites = loop.overrun == "overwrite"

        shape = (self.segments, self.horizon)
        self.data = BatchStep(
            observations=torch.zeros(*shape, observation_bytes, dtype=torch.uint8, device=device),
            actions=torch.zeros(shape, dtype=torch.int32, device=device),
            logprobs=torch.zeros(shape, device=device),
            values=torch.zeros(shape, device=device),
            rewards=torch.zeros(shape, device=device),
            terminals=torch.zeros(shape, device=device),
            truncations=torch.zeros(shape, device=device),
        )
        self.ratio = torch.ones(shape, device=device)
        self.stamps = Stamps(*(torch.full(shape, -1, dtype=torch.int64, device=device) for _ in Stamps._fields))
        self._agents = np.arange(total_agents)
        self._segments_begun = 0
        self.begin()

    @property
    def nbytes(self) -> int:
        """Bytes of the tensors that training needs; the stamps are not among them."""
        return sum(tensor.nbytes for tensor in (*self.data, self.ratio))

    @property
    def full(self) -> bool:
        return self._full_rows >= self.segments

    def begin(self) -> None:
        """Start a rollout: every agent at the first column of a row of its own."""
        self._rows = self._agents.copy()
        self._columns = np.zeros_like(self._agents)
        self._free = self.total_agents
        self._full_rows = 0
        self._arrivals = 0
        self._collected = 0
        self._landed = 0
        self._segment_of = self._new_segments(self.total_agents)
        for stamp in self.stamps:
            stamp.fill_(-1)

    def store(self, first_agent: int, step: BatchStep) -> None:
        """Store one step of the agents ``first_agent .. first_agent + b - 1``.

        Raises TrainerRefusal("rows-fit-buffer") where torch refuses to write rows past the buffer's end. A batch of one
        agent is broadcast into the empty slice instead: nothing is stored and nothing raised.
        """
        count = len(step.actions)
        agents = slice(first_agent, first_agent + count)
        column = int(self._columns[first_agent])
        steps = self._agents[agents] + self._arrivals * self.total_agents
        stamps = Stamps(torch.from_numpy(steps), torch.from_numpy(self._segment_of[agents]))
        self._write(self._target(agents), column, step, stamps)
        self._arrivals += 1
        self._collected += count

        self._columns[agents] += 1
        if column + 1 >= self.horizon:
            self._rows[agents] = self._free + np.arange(count)
            self._columns[agents] = 0
            self._segment_of[agents] = self._new_segments(count)
            self._free += count
            self._full_rows += count

    def count(self) -> Counts:
        """What became of the steps stored since ``begin``."""
        step, segment = (stamp.cpu() for stamp in self.stamps)
        lives = step >= 0
        living = np.unique(step[lives].numpy())
        mixed = lives & lives[:, :1] & (segment != segment[:, :1])
        return Counts(
            collected=self._collected,
            dropped=self._collected - self._landed,
            overwritten=self._landed - len(living),
            cells=int(lives.sum()),
            stitched_segments=int(mixed.any(dim=1).sum()),
            steps_of_agents=np.bincount(living % self.total_agents, minlength=self.total_agents),
        )

    def _target(self, agents: slice) -> slice | Tensor:
        rows = self._rows[agents]
        if self._overwrites:
            return torch.from_numpy(rows % self.segments)
        return slice(int(rows[0]), int(rows[-1]) + 1)

    def _write(self, rows: slice | Tensor, column: int, step: BatchStep, stamps: Stamps) -> None:
        try:
            for tensor, values in zip((*self.data, *self.stamps), (*step, *stamps), strict=True):
                tensor.select(1, column)[rows] = values.to(tensor.device)
        except RuntimeError as error:
            if isinstance(rows, slice) and rows.stop > self.segments:
                raise TrainerRefusal(
                    requirement="rows-fit-buffer", exception=type(error).__name__, message=str(error)
                ) from error
            raise
        self._landed += int((self.stamps.step.select(1, column)[rows].cpu() == stamps.step).sum())

    def _new_segments(self, count: int) -> NDArray[np.int64]:
        self._segments_begun += count
        return np.arange(self._segments_begun - count, self._segments_begun)

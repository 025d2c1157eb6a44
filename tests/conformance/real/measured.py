"""PuffeRL with its eyes open: what a run really collects, stores, and learns from."""

from __future__ import annotations

from typing import Any

import numpy as np
from environment import TinyEnv
from pufferlib import pufferl

LARGEST_EPOCHS = 6
"""A run that is not over by then is stopped: its totals stay unmeasured."""

MESSAGE_LENGTH = 400

Step = tuple[int, int]
"""An agent, and how many observations it has had, this one included."""


class RunOver(BaseException):
    """The training loop has ended: what follows is the final evaluation, which measures nothing more."""


class TookTooLong(BaseException):
    """The trainer did not come back in time."""


class Measurement:
    """What was seen of one run so far, and how far it has come."""

    def __init__(self) -> None:
        self.phase = "config"
        self.counts: dict[str, object] = {}
        self.epochs: list[dict[str, int]] = []
        self.capped = False

    def outcome(self, error: BaseException | None) -> dict[str, object]:
        """The record of a run that ended well, or with this error."""
        outcome: dict[str, object] = {
            "outcome": "trained" if error is None else "hung" if isinstance(error, TookTooLong) else "refused",
            "phase": self.phase,
            "counts": self.counts,
            "epochs": self.epochs,
            "capped": self.capped,
        }
        if error is not None:
            outcome |= {"exception": type(error).__name__, "message": str(error)[:MESSAGE_LENGTH]}
        return outcome


class MeasuredPuffeRL(pufferl.PuffeRL):  # type: ignore[misc]  # PufferLib is not typed
    """Counts arrivals, cells of the buffer, forward passes and optimizer steps; changes what agents see, nothing else.

    An observation is stamped with its agent and how many that agent had before. So the buffer says which steps it
    holds, and a minibatch which steps it trains.
    """

    measurement: Measurement

    def __init__(self, config: Any, vecenv: Any, policy: Any, logger: Any = None) -> None:
        self.measurement.phase = "trainer"
        super().__init__(config, vecenv, policy, logger)
        self.seen = np.zeros(self.total_agents, np.int64)
        self._recv, vecenv.recv = vecenv.recv, self._stamped_recv
        self._step, self.optimizer.step = self.optimizer.step, self._counted_step
        self.policy.register_forward_pre_hook(self._count_minibatch)
        self.measurement.counts |= {
            "segments": self.segments,
            "minibatch_segments": self.minibatch_segments,
            "minibatch_size": self.minibatch_size,
            "accumulate_minibatches": self.accumulate_minibatches,
            "batch_size": config["batch_size"],
            "bptt_horizon": config["bptt_horizon"],
            "scheduler_epochs": self.total_epochs,
            "lstm_layers": int(config["use_rnn"]),
        }
        self.measurement.phase = "loop"

    def evaluate(self) -> Any:
        """A rollout; the first that the training loop does not ask for ends the run."""
        measurement = self.measurement
        measurement.capped = len(measurement.epochs) >= LARGEST_EPOCHS
        if measurement.capped or not self.global_step < self.config["total_timesteps"]:
            raise RunOver
        measurement.phase = "later rollout" if measurement.epochs else "first rollout"
        before = self.global_step
        self.batches: list[tuple[int, ...]] = []
        self.received: set[Step] = set()
        self.written: set[Step] = set()
        self.last: set[Step] = set()
        stats = super().evaluate()
        self._note_last_write()
        self._count_rollout(int(self.global_step - before))
        return stats

    def train(self) -> Any:
        """An update."""
        measurement = self.measurement
        measurement.phase = "first update" if len(measurement.epochs) == 1 else "later update"
        self.optimizer_steps = self.minibatches = self.steps_trained = self.steps_stale = 0
        logs = super().train()
        measurement.epochs[-1] |= {
            "minibatches_per_epoch": self.minibatches,
            "optimizer_steps_per_epoch": self.optimizer_steps,
            "steps_trained_per_epoch": self.steps_trained,
            "steps_trained_stale": self.steps_stale,
            "weights_finite": all(bool(weights.isfinite().all()) for weights in self.uncompiled_policy.parameters()),
        }
        measurement.phase = "loop"
        return logs

    def save_checkpoint(self) -> Any:
        """A checkpoint, at the end of an update."""
        phase, self.measurement.phase = self.measurement.phase, "first checkpoint"
        path = super().save_checkpoint()
        self.measurement.phase = phase
        return path

    def _stamped_recv(self) -> tuple[Any, ...]:
        self._note_last_write()
        observations, *rest = self._recv()
        agents = np.asarray(rest[5])
        self.seen[agents] += 1
        stamps = np.stack([agents, self.seen[agents]], axis=1)
        self.batches.append(tuple(agents.tolist()))
        self.last = {(agent, count) for agent, count in stamps.tolist()}
        self.received |= self.last
        return stamps.astype(np.float32).reshape(observations.shape), *rest

    def _held(self) -> Any:
        """The stamps in the buffer, of every segment and tick."""
        return self.observations.cpu().numpy().astype(np.int64)

    def _note_last_write(self) -> None:
        """Of the arrival before this one, what the buffer really took."""
        if self.last:
            self.written |= self.last & _steps(self._held())

    def _count_rollout(self, collected: int) -> None:
        rows = self._held()
        whole = (rows[:, 1:, 0] == rows[:, :-1, 0]) & (rows[:, 1:, 1] == rows[:, :-1, 1] + 1)
        self.measurement.epochs.append(
            {
                "steps_collected_per_epoch": collected,
                "arrivals_per_epoch": len(self.batches),
                "rows_filled": int(self.full_rows),
                "steps_dropped_per_epoch": len(self.received - self.written),
                "steps_overwritten_per_epoch": len(self.written - _steps(rows)),
                "stitched_segments": int((~whole.all(axis=1)).sum()),
            }
        )
        counts = self.measurement.counts
        counts.setdefault("num_envs", TinyEnv.started.environments())
        counts.setdefault("num_workers", TinyEnv.started.workers())
        counts.setdefault("agents_per_batch", len(self.batches[0]))
        counts.setdefault("async_factor", len(set(self.batches)))

    def _count_minibatch(self, _: Any, arguments: tuple[Any, ...]) -> None:
        stamps = arguments[0].reshape(-1, 2).cpu().numpy().astype(np.int64).tolist()
        self.minibatches += 1
        self.steps_trained += len(stamps)
        self.steps_stale += sum((agent, count) not in self.written for agent, count in stamps)

    def _counted_step(self, *arguments: Any, **options: Any) -> Any:
        self.optimizer_steps += 1
        return self._step(*arguments, **options)


def _steps(stamps: Any) -> set[Step]:
    return {(agent, count) for agent, count in stamps.reshape(-1, 2).tolist()}

"""What happened in a run, counted and timed while it happened, under the names of a plan's quantities."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from metta_lint_trainer.memory import peak_rss

if TYPE_CHECKING:
    from metta_lint_trainer.experience import Counts, Experience
    from metta_lint_trainer.policy import Policy
    from metta_lint_trainer.rollout import Times
    from metta_lint_trainer.update import Trained
    from metta_lint_trainer.workers import Arrival, Workers

Intervals = NDArray[np.int64]
"""[n, 2] beginnings and ends, in ns of time.perf_counter_ns."""

SECOND = 1e9


class Epoch(NamedTuple):
    """One epoch's counts; ``trained`` is None where the run ended between rollout and update."""

    counts: Counts
    trained: Trained | None


class Measurements:
    """Everything that a run measures. Counts per epoch are the first epoch's; rates are over all of them."""

    def __init__(self) -> None:
        self.epochs = 0
        self.steps = 0
        self.optimizer_steps = 0
        self._first: Epoch | None = None
        self._known: dict[str, object] = {}
        self._environment_of = np.zeros(0, np.int64)
        self._pids: set[int] = set()
        self._batch_shapes: set[tuple[int, int]] = set()
        self._turns: list[Times] = []
        self._stepping: list[Intervals] = []
        self._stepping_ns = self._overlap_ns = 0.0
        self._wait_ns = self._forward_ns = self._rollout_ns = 0
        self._learn_seconds = 0.0
        self._running_returns = np.zeros(0)
        self._returns = _Mean()
        self._rewards = _Mean()
        self._sampled = _Mean()
        self._peak_rss = 0
        self._last_learning_rate: float | None = None

    def built(self, experience: Experience, policy: Policy, hyperparameters: dict[str, object]) -> None:
        """Note what was built before the first step."""
        self._environment_of = np.full(experience.total_agents, -1, np.int64)
        self._running_returns = np.zeros(experience.total_agents)
        self._known = {
            "segments": experience.ratio.shape[0],
            "bptt_horizon": experience.ratio.shape[1],
            "experience_bytes": experience.nbytes,
            "model_parameters": policy.parameter_count,
            **hyperparameters,
        }

    def turn(self, arrival: Arrival, times: Times) -> None:
        """Count one arrival of the rollout."""
        agents = slice(arrival.first_agent, arrival.first_agent + len(arrival.rewards))
        self._environment_of[agents] = arrival.environments
        self._pids.update(arrival.worker_pids.tolist())
        self._batch_shapes.add((len(np.unique(arrival.environments)), len(arrival.rewards)))
        self._turns.append(times)
        self._stepping.append(arrival.stepping)
        self.steps += len(arrival.rewards)

        self._rewards.add(arrival.rewards)
        self._running_returns[agents] += arrival.rewards
        ended = np.flatnonzero(arrival.terminals | arrival.truncations) + arrival.first_agent
        self._returns.add(self._running_returns[ended])
        self._running_returns[ended] = 0.0

    def rolled_out(self, experience: Experience) -> None:
        """Count a rollout that has ended, and let go of its turns."""
        if self._first is None:
            self._first = Epoch(experience.count(), None)
        self._note_times()

    def trained(self, trained: Trained, seconds: float) -> None:
        """Count an update."""
        if self._first is not None and self._first.trained is None:
            self._first = self._first._replace(trained=trained)
        self.epochs += 1
        self.optimizer_steps += trained.optimizer_steps
        self._learn_seconds += seconds
        self._last_learning_rate = trained.learning_rate
        self._sampled.add(np.array([trained.segments_sampled / trained.segments]))

    def ended(self, envs: Workers) -> None:
        """Note what is known when a run ends, well or not: batches in flight at once, and peak memory."""
        self._known["async_factor"] = envs.most_in_flight
        self._peak_rss = sum(peak_rss(pid) for pid in (os.getpid(), *envs.pids))

    def reached_the_end(self) -> None:
        """Note that the run reached total_timesteps, so its epochs and optimizer steps are all there are."""
        self._known |= {"epochs": self.epochs, "optimizer_steps_total": self.optimizer_steps}
        if self._last_learning_rate is not None:
            self._known["final_learning_rate"] = self._last_learning_rate

    def quantities(self) -> dict[str, object]:
        """What a plan predicts, as measured so far."""
        return {**self._vectorisation(), **self._rollout(), **self._update(), **self._known}

    def rates(self) -> dict[str, float]:
        """What only a run can tell: seconds and shares, of this machine. Waiting, forward and learning are totals."""
        rates = {
            "env_wait_seconds": self._wait_ns / SECOND,
            "forward_seconds": self._forward_ns / SECOND,
            "learn_seconds": self._learn_seconds,
            "peak_rss_bytes": float(self._peak_rss),
        }
        seconds = self._rollout_ns / SECOND + self._learn_seconds
        optional = {
            "steps_per_second": self.steps / seconds if seconds else None,
            "overlap_fraction": self._overlap_ns / self._stepping_ns if self._stepping_ns else None,
            "mean_reward": self._rewards.value,
            "mean_return": self._returns.value,
            "segment_coverage": self._sampled.value,
        }
        return rates | {name: rate for name, rate in optional.items() if rate is not None}

    def _vectorisation(self) -> dict[str, object]:
        seen = self._environment_of[self._environment_of >= 0]
        if not seen.size:
            return {}
        environments = len(np.unique(seen))
        found: dict[str, object] = {
            "num_envs": environments,
            "num_workers": len(self._pids),
            "agents_per_env": _whole(len(seen) / environments),
            "total_agents": len(seen),
        }
        if self._pids:
            found["envs_per_worker"] = _whole(environments / len(self._pids))
        if len(self._batch_shapes) == 1:
            ((found["envs_per_batch"], found["agents_per_batch"]),) = self._batch_shapes
        return found

    def _rollout(self) -> dict[str, object]:
        if self._first is None:
            return {}
        counts = self._first.counts
        environments = len(np.unique(self._environment_of[counts.steps_of_agents > 0]))
        agents = np.count_nonzero(counts.steps_of_agents)
        return {
            "buffer_steps": counts.cells,
            "steps_collected_per_epoch": counts.collected,
            "steps_overwritten_per_epoch": counts.overwritten,
            "steps_dropped_per_epoch": counts.dropped,
            "stitched_segments": counts.stitched_segments,
            "steps_per_env": counts.cells / environments,
            "ticks_per_env": counts.cells / agents,
        }

    def _update(self) -> dict[str, object]:
        if self._first is None or self._first.trained is None:
            return {}
        counts, trained = self._first.counts, self._first.trained
        segments, horizon = trained.minibatch_shape
        found: dict[str, object] = {
            "minibatches_per_epoch": trained.minibatches,
            "optimizer_steps_per_epoch": trained.optimizer_steps,
            "minibatches_without_step": trained.accumulated[-1],
            "steps_trained_per_epoch": trained.steps,
            "credited_ticks": trained.credited_ticks,
            "weights_finite": trained.weights_finite,
            "optimizer_steps_per_million_steps": 1e6 * trained.optimizer_steps / counts.collected,
        }
        if trained.minibatches:
            found |= {
                "minibatch_size": segments * horizon,
                "minibatch_segments": segments,
            }
        if trained.optimizer_steps:
            found["steps_per_optimizer_step"] = counts.collected / trained.optimizer_steps
            found["accumulate_minibatches"] = trained.accumulated[0]
        return found

    def _note_times(self) -> None:
        times = np.array(self._turns, np.int64)
        asked, arrived, acted, stored = times.T
        self._wait_ns += int((arrived - asked).sum())
        self._forward_ns += int((acted - arrived).sum())
        self._rollout_ns += int(stored[-1] - asked[0])
        busy = Busy(since(int(asked[0]), np.concatenate(self._stepping)))
        self._stepping_ns += busy.total
        self._overlap_ns += busy.within(np.stack([arrived, stored], axis=1))
        self._turns.clear()
        self._stepping.clear()


def since(start: int, intervals: Intervals) -> Intervals:
    """What lies of intervals after a moment: batches that the last rollout sent off were stepping before it."""
    later = intervals[intervals[:, 1] > start]
    return np.stack([np.maximum(later[:, 0], start), later[:, 1]], axis=1)


class Busy:
    """When at least one of several intervals was running."""

    def __init__(self, intervals: Intervals) -> None:
        ordered = intervals[np.argsort(intervals[:, 0])]
        ends = np.maximum.accumulate(ordered[:, 1])
        begins_anew = np.flatnonzero(ordered[1:, 0] > ends[:-1]) + 1
        begins = ordered[np.append(0, begins_anew), 0] if len(ordered) else ordered[:, 0]
        ends = np.append(ends[begins_anew - 1], ends[-1:])
        self._times = np.stack([begins, ends], axis=1).ravel()
        self._busy_until = np.repeat(np.cumsum(ends - begins), 2)
        self._busy_until[::2] -= ends - begins
        self.total = float((ends - begins).sum())

    def within(self, others: Intervals) -> float:
        """ns that lie within other intervals, which do not overlap among themselves."""
        if not len(self._times):
            return 0.0
        begins, ends = (np.interp(times, self._times, self._busy_until) for times in others.T)
        return float((ends - begins).sum())


class _Mean:
    """A running mean; None before there is anything to average."""

    def __init__(self) -> None:
        self._sum = 0.0
        self._count = 0

    def add(self, values: NDArray[Any]) -> None:
        self._sum += float(values.sum())
        self._count += values.size

    @property
    def value(self) -> float | None:
        return self._sum / self._count if self._count else None


def _whole(number: float) -> float:
    return int(number) if number.is_integer() else number

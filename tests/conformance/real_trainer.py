"""Runs the real PufferLib on configs and measures what it does. Runs in `.venv-conformance`, where nothing of ours is.

Reads jobs and writes outcomes, one JSON object a line. A job is a folder that holds `config/default.ini` and
`config/<name>.ini`; everything from the reading of those files to the last update is PufferLib's own
(`pufferlib.pufferl.train`). Nothing of it is edited: its module looks for configs beside `__file__`, which is pointed at the
job; the environment and policy stand where it imports them from; and it is measured through a subclass and through
wrapped methods.

    {"id": 7, "folder": "/tmp/x/7", "environment": "tiny", "arguments": ["--vec.num-envs", "4"], "cores": 4}
"""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import signal
import sys
import types
from multiprocessing.sharedctypes import RawArray

import gymnasium
import numpy as np
import psutil
import pufferlib
import pufferlib.models
import pufferlib.pufferl as pufferl

import torch

LARGEST_EPOCHS = 6
"""A run that is not over by then is stopped: its totals stay unmeasured."""

MESSAGE_LENGTH = 400


class RunOver(BaseException):
    """The training loop has ended: what follows is the final evaluation, which measures nothing more."""


class TookTooLong(BaseException):
    """The trainer did not come back in time."""


class Started:
    """The environments that one run really starts, in whatever process: each reset leaves its process's number here.

    Made anew for each run: a worker that is killed while it holds the lock takes it to its grave.
    """

    def __init__(self, slots: int = 4096) -> None:
        self.processes = RawArray("i", slots)
        self.count = multiprocessing.Value("i", 0)

    def add(self) -> None:
        with self.count.get_lock():
            self.processes[self.count.value] = os.getpid()
            self.count.value += 1

    def environments(self) -> int:
        return self.count.value

    def workers(self) -> int:
        return len(set(self.processes[: self.count.value]))


class TinyEnv(pufferlib.PufferEnv):
    """As little as PufferLib takes for an environment: it pays one agent or the other, and ends every 7 ticks."""

    started: Started

    def __init__(self, num_agents: int = 2, num_envs: int = 1, bonus: float = 0.0, buf=None, seed=0) -> None:
        self.num_agents = num_agents * num_envs
        self.bonus = bonus
        self.single_observation_space = gymnasium.spaces.Box(low=-1e9, high=1e9, shape=(2,), dtype=np.float32)
        self.single_action_space = gymnasium.spaces.Discrete(3)
        self.tick = 0
        super().__init__(buf)

    def reset(self, seed=None):
        TinyEnv.started.add()
        self.observations[:] = 0
        return self.observations, []

    def step(self, actions):
        self.tick += 1
        self.rewards[:] = (np.arange(self.num_agents) + self.tick) % 3 * 0.25 + self.bonus
        self.terminals[:] = self.tick % 7 == 0
        infos = [{"score": 1.0}] if self.tick % 7 == 0 else []
        return self.observations, self.rewards, self.terminals, self.truncations, infos

    def close(self) -> None:
        pass


class Measurement:
    """What was seen of one run so far, and how far it has come."""

    def __init__(self) -> None:
        self.phase = "config"
        self.counts: dict[str, object] = {}
        self.epochs: list[dict[str, int]] = []
        self.capped = False

    def outcome(self, error: BaseException | None) -> dict[str, object]:
        outcome: dict[str, object] = {
            "outcome": "trained" if error is None else "refused",
            "phase": self.phase,
            "counts": self.counts,
            "epochs": self.epochs,
            "capped": self.capped,
        }
        if isinstance(error, TookTooLong):
            return outcome | {"outcome": "hung"}
        if error is not None:
            outcome |= {"exception": type(error).__name__, "message": str(error)[:MESSAGE_LENGTH]}
        return outcome


class MeasuredPuffeRL(pufferl.PuffeRL):
    """PuffeRL with its eyes open: counts arrivals, cells of the buffer, forward passes and optimizer steps."""

    measurement: Measurement

    def __init__(self, config, vecenv, policy, logger=None) -> None:
        self.measurement.phase = "trainer"
        super().__init__(config, vecenv, policy, logger)
        self.arrived = np.zeros(max(1, self.total_agents), np.int64)
        self._recv, vecenv.recv = vecenv.recv, self._counted_recv
        self._step, self.optimizer.step = self.optimizer.step, self._counted_step
        self.policy.register_forward_pre_hook(self._count_minibatch)
        self.optimizer_steps = self.minibatches = self.steps_trained = 0
        counts = self.measurement.counts
        counts["segments"] = self.segments
        counts["minibatch_segments"] = self.minibatch_segments
        counts["minibatch_size"] = self.minibatch_size
        counts["accumulate_minibatches"] = self.accumulate_minibatches
        counts["batch_size"] = config["batch_size"]
        counts["bptt_horizon"] = config["bptt_horizon"]
        counts["scheduler_epochs"] = self.total_epochs
        counts["lstm_layers"] = int(config["use_rnn"])
        self.measurement.phase = "loop"

    def evaluate(self):
        measurement = self.measurement
        if not self.global_step < self.config["total_timesteps"]:
            raise RunOver
        if len(measurement.epochs) >= LARGEST_EPOCHS:
            measurement.capped = True
            raise RunOver
        measurement.phase = "first rollout" if not measurement.epochs else "later rollout"
        self.batches, self.before = [], self.global_step
        self.written, self.last = set(), set()
        stats = super().evaluate()
        self._note_last_write()
        self._count_rollout()
        return stats

    def train(self):
        measurement = self.measurement
        measurement.phase = "first update" if len(measurement.epochs) == 1 else "later update"
        self.optimizer_steps = self.minibatches = self.steps_trained = self.steps_stale = 0
        logs = super().train()
        measurement.epochs[-1] |= {
            "minibatches_per_epoch": self.minibatches,
            "optimizer_steps_per_epoch": self.optimizer_steps,
            "steps_trained_per_epoch": self.steps_trained,
            "steps_trained_stale": self.steps_stale,
        }
        measurement.phase = "loop"
        return logs

    def save_checkpoint(self):
        phase, self.measurement.phase = self.measurement.phase, "first checkpoint"
        path = super().save_checkpoint()
        self.measurement.phase = phase
        return path

    def _counted_recv(self):
        """An arrival, its observations stamped with who saw them and how many that agent had seen before."""
        self._note_last_write()
        observations, *rest = self._recv()
        agents = np.asarray(rest[5])
        stamped = np.stack([agents, self.arrived[agents] + 1], axis=1).astype(np.float32)
        self.arrived[agents] += 1
        self.batches.append(tuple(agents.tolist()))
        self.last = {(int(agent), int(count)) for agent, count in stamped}
        counts = self.measurement.counts
        if "num_envs" not in counts:
            counts["num_envs"], counts["num_workers"] = TinyEnv.started.environments(), TinyEnv.started.workers()
        return stamped.reshape(observations.shape), *rest

    def _cells(self) -> np.ndarray:
        return self.observations.reshape(-1, 2).cpu().numpy().astype(np.int64)

    def _note_last_write(self) -> None:
        """Of the arrival before this one, what the buffer really took."""
        if self.last:
            self.written |= self.last & set(map(tuple, self._cells().tolist()))

    def _count_rollout(self) -> None:
        horizon = self.config["bptt_horizon"]
        received = {(agent, count) for agent, count in self._received()}
        cells = self._cells()
        held = received & set(map(tuple, cells.tolist()))
        rows = cells.reshape(self.segments, horizon, 2)
        whole = (rows[:, 1:, 0] == rows[:, :-1, 0]) & (rows[:, 1:, 1] == rows[:, :-1, 1] + 1)
        self.measurement.epochs.append(
            {
                "steps_collected_per_epoch": self.global_step - self.before,
                "arrivals_per_epoch": len(self.batches),
                "rows_filled": self.full_rows,
                "steps_dropped_per_epoch": len(received - self.written),
                "steps_overwritten_per_epoch": len(self.written - held),
                "stitched_segments": int((~whole.all(axis=1)).sum()),
            }
        )
        counts = self.measurement.counts
        counts.setdefault("agents_per_batch", len(self.batches[0]))
        counts.setdefault("async_factor", len(set(self.batches)))

    def _received(self):
        first = self.arrived.copy()
        for batch in self.batches:
            for agent in batch:
                first[agent] -= 1
        for batch in self.batches:
            for agent in batch:
                first[agent] += 1
                yield agent, int(first[agent])

    def _count_minibatch(self, module, arguments) -> None:
        stamps = arguments[0].reshape(-1, 2).cpu().numpy().astype(np.int64)
        self.minibatches += 1
        self.steps_trained += len(stamps)
        self.steps_stale += sum(tuple(stamp) not in self.written for stamp in stamps.tolist())

    def _counted_step(self, *arguments, **options):
        self.optimizer_steps += 1
        return self._step(*arguments, **options)


def _step_of(phase: str, function, measurement: Measurement):
    """A function of PufferLib's that says where the run is while it runs."""

    def step(*arguments, **options):
        measurement.phase = phase
        return function(*arguments, **options)

    return step


LOAD_ENV, LOAD_POLICY, CORES = pufferl.load_env, pufferl.load_policy, psutil.cpu_count


def run(job: dict) -> dict[str, object]:
    """What PufferLib does with one job."""
    measurement = Measurement()
    TinyEnv.started = Started()
    torch.manual_seed(0)

    def vectorise(*arguments, **options):
        measurement.phase = "vectorisation"
        vecenv = LOAD_ENV(*arguments, **options)
        measurement.counts["total_agents"] = int(vecenv.num_agents)
        measurement.counts["agents_per_env"] = int(vecenv.driver_env.num_agents)
        return vecenv

    MeasuredPuffeRL.measurement = measurement
    pufferl.PuffeRL = MeasuredPuffeRL
    pufferl.load_env = vectorise
    pufferl.load_policy = _step_of("policy", LOAD_POLICY, measurement)
    pufferl.__file__ = os.path.join(job["folder"], "pufferl.py")
    psutil.cpu_count = lambda logical=True: CORES(logical) if logical else job["cores"]
    sys.argv = ["puffer", *job.get("arguments", ())]
    error: BaseException | None = None
    signal.setitimer(signal.ITIMER_REAL, job.get("seconds", 60))
    try:
        pufferl.train(job["environment"])
    except RunOver:
        pass
    except (Exception, SystemExit, TookTooLong) as raised:
        error = raised
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        _end_workers()
    return {"id": job["id"], **measurement.outcome(error)}


def _end_workers() -> None:
    for worker in multiprocessing.active_children():
        worker.kill()
        worker.join()


def _give_environment() -> None:
    """Put the environment and its policy where PufferLib imports an environment's code from."""
    module = types.ModuleType("pufferlib.environments.tiny")
    module.env_creator = lambda name: TinyEnv
    module.torch = types.SimpleNamespace(Policy=pufferlib.models.Default, Recurrent=pufferlib.models.LSTMWrapper)
    sys.modules["pufferlib.environments"] = types.ModuleType("pufferlib.environments")
    sys.modules["pufferlib.environments.tiny"] = module
    sys.modules["pufferlib.ocean"] = module


def _plain(value: object) -> object:
    """A number of numpy's or torch's as JSON has it, anything else by its text."""
    return value.item() if hasattr(value, "item") else str(value)


def _raise_late(signal_number, frame) -> None:
    raise TookTooLong


def main() -> None:
    """Answer jobs until there are no more."""
    answers = os.fdopen(os.dup(1), "w")
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    torch.set_num_threads(1)
    signal.signal(signal.SIGALRM, _raise_late)
    pufferl.Utilization.start = lambda self: None  # a thread that watches the host for the dashboard
    _give_environment()
    for line in sys.stdin:
        with contextlib.redirect_stdout(open(os.devnull, "w")):
            outcome = run(json.loads(line))
        print(json.dumps(outcome, default=_plain), file=answers, flush=True)


if __name__ == "__main__":
    main()

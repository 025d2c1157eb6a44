"""Environments in worker processes, over shared memory, served in strict turn. Nothing here imports torch.

As PufferLib 3.0's Multiprocessing with zero_copy and sync_traj: workers own contiguous environments, a batch is a
contiguous group of workers, and batches are served one after the other whatever worker is ready first. With two
batches one steps while the parent computes the other's actions.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from multiprocessing import connection
from multiprocessing.process import BaseProcess
from typing import TYPE_CHECKING, NamedTuple, Self

import numpy as np

from metta_lint_trainer.environment import VectorEnvironment
from metta_lint_trainer.errors import TrainerError
from metta_lint_trainer.shared import ArraySpec, Layout, SharedArrays

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.context import SpawnContext

    from numpy.typing import NDArray

MakeEnvironment = Callable[[range], VectorEnvironment]
"""Builds the environments with these ids; called in the worker, so it must be picklable."""

STEP, CLOSE, DONE = b"step", b"close", b"done"

JOIN_SECONDS = 5.0
"""How long workers get to end by themselves, and then again after they were told to terminate."""

ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""Variables that keep a worker's numpy from starting a thread for every core."""


class Arrival(NamedTuple):
    """What one batch of environments brings: a copy, so it may be kept. Arrays have one row for each agent.

    ``environments`` are the ids that the workers gave; ``worker_pids`` the processes that stepped; ``stepping`` int64
    [workers, 2] when each began and ended its step, in ns of time.perf_counter_ns, which all processes share.
    """

    first_agent: int
    observations: NDArray[np.uint8]
    rewards: NDArray[np.float32]
    terminals: NDArray[np.bool_]
    truncations: NDArray[np.bool_]
    environments: NDArray[np.int32]
    worker_pids: NDArray[np.int64]
    stepping: NDArray[np.int64]


class Workers:
    """The environments of a run, in processes: a context manager that leaves neither process nor memory behind.

    ``num_envs`` is a multiple of ``num_workers``, ``envs_per_batch`` of the environments of one worker, ``num_envs`` of
    ``envs_per_batch``. Raises TrainerError where a worker cannot be started, dies, or its environment raises.
    """

    def __init__(
        self,
        make: MakeEnvironment,
        *,
        num_envs: int,
        num_workers: int,
        envs_per_batch: int,
        agents_per_env: int,
        observation_bytes: int,
    ) -> None:
        self.total_agents = num_envs * agents_per_env
        self.agents_per_batch = envs_per_batch * agents_per_env
        self._workers_per_batch = num_workers * envs_per_batch // num_envs
        self._batches = num_envs // envs_per_batch
        self._turn = 0
        self._in_flight = 0
        self.most_in_flight = 0
        self._processes: list[BaseProcess] = []
        self._connections: list[Connection] = []

        layout = _layout(self.total_agents, num_workers, observation_bytes)
        self._shared = SharedArrays.create(layout)
        try:
            self._start(make, num_envs // num_workers, num_workers, agents_per_env, layout)
            self._count_in_flight(self._batches)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def pids(self) -> list[int]:
        """The process ids of the workers, in order."""
        return [process.pid for process in self._processes if process.pid is not None]

    def recv(self) -> Arrival:
        """The next batch in turn, as soon as all its workers have stepped."""
        batch = self._turn
        self._wait_for(self._workers_of(batch))
        self._in_flight -= 1
        return self._arrival(batch)

    def send(self, actions: NDArray[np.int32]) -> None:
        """Have the batch that was last received step with these actions [agents_per_batch], and go on to the next."""
        first = self._turn * self.agents_per_batch
        self._shared["actions"][first : first + self.agents_per_batch] = actions
        for worker in self._workers_of(self._turn):
            try:
                self._connections[worker].send_bytes(STEP)
            except OSError as error:
                raise self._died(worker) from error
        self._count_in_flight(1)
        self._turn = (self._turn + 1) % self._batches

    def close(self) -> None:
        """End all workers and destroy the shared memory. May be called again."""
        try:
            self._end_workers()
        finally:
            self._shared.close()

    def _start(
        self, make: MakeEnvironment, envs_per_worker: int, num_workers: int, agents_per_env: int, layout: Layout
    ) -> None:
        context = multiprocessing.get_context("spawn")
        with _one_thread_each(), _interrupts_held_back():
            for worker in range(num_workers):
                environments = range(worker * envs_per_worker, (worker + 1) * envs_per_worker)
                try:
                    self._start_one(context, worker, (make, environments, agents_per_env, self._shared.name, layout))
                except OSError as error:
                    raise TrainerError(f"worker {worker} of {num_workers} cannot be started: {error}") from error

    def _start_one(self, context: SpawnContext, worker: int, arguments: tuple[object, ...]) -> None:
        ours, theirs = context.Pipe()
        self._connections.append(ours)
        process = context.Process(
            target=work, args=(worker, *arguments, theirs), name=f"metta-lint worker {worker}", daemon=True
        )
        try:
            process.start()
        finally:
            theirs.close()
        self._processes.append(process)

    def _workers_of(self, batch: int) -> range:
        return range(batch * self._workers_per_batch, (batch + 1) * self._workers_per_batch)

    def _count_in_flight(self, more: int) -> None:
        self._in_flight += more
        self.most_in_flight = max(self.most_in_flight, self._in_flight)

    def _wait_for(self, workers: range) -> None:
        waiting = {self._connections[worker]: worker for worker in workers}
        sentinels = {process.sentinel: worker for worker, process in enumerate(self._processes)}
        while waiting:
            ready = connection.wait([*waiting, *sentinels])
            for each in ready:
                if isinstance(each, int):
                    raise self._died(sentinels[each])
                worker = waiting.pop(each)  # type: ignore[call-overload]  # typeshed: any object may be waited for
                self._hear(worker)

    def _hear(self, worker: int) -> None:
        """Take one message of a worker: it is done, or what its environment raised."""
        message = self._message(worker)
        if message is None:
            raise self._died(worker)
        if message != DONE:
            raise _raised(worker, message)

    def _message(self, worker: int) -> bytes | None:
        """The next message of a worker; None where it is gone."""
        try:
            return self._connections[worker].recv_bytes()
        except (EOFError, OSError):
            return None

    def _died(self, worker: int) -> TrainerError:
        """The one error for a worker that is gone: what its environment raised, if it could still say so."""
        channel, process = self._connections[worker], self._processes[worker]
        with contextlib.suppress(OSError):
            while channel.poll() and (message := self._message(worker)) is not None:
                if message != DONE:
                    return _raised(worker, message)
        process.join(JOIN_SECONDS)
        return TrainerError(f"worker {worker} (process {process.pid}) died: {_exit_reason(process.exitcode)}")

    def _arrival(self, batch: int) -> Arrival:
        first = batch * self.agents_per_batch
        agents = slice(first, first + self.agents_per_batch)
        workers = slice(batch * self._workers_per_batch, (batch + 1) * self._workers_per_batch)
        return Arrival(
            first,
            self._shared["observations"][agents].copy(),
            self._shared["rewards"][agents].copy(),
            self._shared["terminals"][agents].copy(),
            self._shared["truncations"][agents].copy(),
            self._shared["environments"][agents].copy(),
            self._shared["pids"][workers].copy(),
            self._shared["stepping"][workers].copy(),
        )

    def _end_workers(self) -> None:
        for channel in self._connections:
            with contextlib.suppress(OSError):
                channel.send_bytes(CLOSE)
            channel.close()
        for end in (None, BaseProcess.terminate, BaseProcess.kill):
            alive = [process for process in self._processes if process.exitcode is None]
            if end is not None:
                for process in alive:
                    end(process)
            deadline = time.monotonic() + JOIN_SECONDS
            for process in alive:
                process.join(max(0.0, deadline - time.monotonic()))
        for process in self._processes:
            if process.exitcode is not None:
                process.close()
        self._processes.clear()
        self._connections.clear()


def _layout(agents: int, workers: int, observation_bytes: int) -> Layout:
    return {
        "observations": ArraySpec((agents, observation_bytes), "u1"),
        "actions": ArraySpec((agents,), "i4"),
        "rewards": ArraySpec((agents,), "f4"),
        "terminals": ArraySpec((agents,), "?"),
        "truncations": ArraySpec((agents,), "?"),
        "environments": ArraySpec((agents,), "i4"),
        "pids": ArraySpec((workers,), "i8"),
        "stepping": ArraySpec((workers, 2), "i8"),
    }


@contextlib.contextmanager
def _one_thread_each() -> Iterator[None]:
    before = {name: os.environ.get(name) for name in ONE_THREAD}
    os.environ.update(dict.fromkeys(ONE_THREAD, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextlib.contextmanager
def _interrupts_held_back() -> Iterator[None]:
    """Block SIGINT here, so that processes born meanwhile never see it; this one does, a moment later."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _raised(worker: int, traceback_text: bytes) -> TrainerError:
    return TrainerError(f"the environment of worker {worker} raised:\n{traceback_text.decode(errors='replace')}")


def _exit_reason(code: int | None) -> str:
    if code is None:
        return "it closed its pipe and hangs"
    if code < 0:
        with contextlib.suppress(ValueError):
            return f"exit code {code} ({signal.Signals(-code).name})"
    return f"exit code {code}"


def work(
    worker: int,
    make: MakeEnvironment,
    environments: range,
    agents_per_env: int,
    shared_name: str,
    layout: Layout,
    parent: Connection,
) -> None:
    """A worker process, from start to end. Ctrl-C is the parent's to handle; a parent that is gone ends it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # where it could not be held back
    shared = SharedArrays.attach(shared_name, layout)
    failure = ""
    try:
        _serve(worker, make, environments, agents_per_env, shared, parent)
    except (EOFError, ConnectionError):
        pass
    except Exception:  # noqa: BLE001 - whatever an environment raises is reported to the parent
        failure = traceback.format_exc()
    shared.close()
    if failure:
        with contextlib.suppress(OSError):
            parent.send_bytes(failure.encode())
        sys.exit(1)


def _serve(
    worker: int,
    make: MakeEnvironment,
    environments: range,
    agents_per_env: int,
    shared: SharedArrays,
    parent: Connection,
) -> None:
    agents = slice(environments.start * agents_per_env, environments.stop * agents_per_env)
    observations, actions, rewards, terminals, truncations = (
        shared[name][agents] for name in ("observations", "actions", "rewards", "terminals", "truncations")
    )
    stepping = shared["stepping"]
    shared["environments"][agents] = np.repeat(environments, agents_per_env)
    shared["pids"][worker] = os.getpid()

    environment = make(environments)
    environment.reset(observations)
    while True:
        parent.send_bytes(DONE)
        if parent.recv_bytes() == CLOSE:
            return
        stepping[worker, 0] = time.perf_counter_ns()
        environment.step(actions, observations, rewards, terminals, truncations)
        stepping[worker, 1] = time.perf_counter_ns()

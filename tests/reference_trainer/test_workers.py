"""Worker processes: strict turn, one clear error whatever goes wrong, and nothing left behind."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from metta_lint.loops.embedded import OBSERVATION_BYTES
from metta_lint_trainer import workers as module
from metta_lint_trainer.environment import Arena
from metta_lint_trainer.errors import TrainerError
from metta_lint_trainer.shared import ArraySpec, SharedArrays, block_size
from metta_lint_trainer.workers import Arrival, Workers

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from metta_lint.loops.loop import Loop

    MakeLoop = Callable[..., Loop]

pytestmark = pytest.mark.usefixtures("nothing_left")

NO_ACTIONS = np.zeros(4, np.int32)


def start(make: Any, *, num_workers: int = 4, envs_per_batch: int = 2, agents_per_env: int = 2) -> Workers:
    """Four environments of two agents; a batch of two of them is four agents."""
    return Workers(
        make,
        num_envs=4,
        num_workers=num_workers,
        envs_per_batch=envs_per_batch,
        agents_per_env=agents_per_env,
        observation_bytes=OBSERVATION_BYTES,
    )


def turn(envs: Workers, times: int, actions: NDArray[np.int32] = NO_ACTIONS) -> None:
    """Receive and send some times."""
    for _ in range(times):
        envs.recv()
        envs.send(actions)


@pytest.fixture
def odd(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The module of misbehaving environments, importable here and in workers."""
    monkeypatch.syspath_prepend(Path(__file__).parent)
    return import_module("odd_environments")


def test_batches_come_in_strict_turn_and_say_what_they_are(odd: Any) -> None:
    with start(odd.Quiet) as envs:
        arrivals: list[Arrival] = []
        for _ in range(6):
            arrivals.append(envs.recv())
            envs.send(NO_ACTIONS)
        assert [arrival.first_agent for arrival in arrivals] == [0, 4, 0, 4, 0, 4]
        assert [arrival.observations[0, 0] for arrival in arrivals] == [0, 0, 1, 1, 2, 2]
        assert arrivals[0].environments.tolist() == [0, 0, 1, 1]
        assert arrivals[1].environments.tolist() == [2, 2, 3, 3]
        assert [*arrivals[0].worker_pids, *arrivals[1].worker_pids] == envs.pids
        assert len(set(envs.pids)) == 4
        assert envs.most_in_flight == 2


def test_actions_reach_the_agents_that_they_are_for(odd: Any) -> None:
    with start(odd.Quiet, num_workers=2) as envs:
        envs.recv()
        envs.send(np.array([1, 2, 3, 4], np.int32))
        envs.recv()
        envs.send(np.array([5, 6, 7, 8], np.int32))
        assert envs.recv().observations[:, 1].tolist() == [1, 2, 3, 4]
        envs.send(NO_ACTIONS)
        assert envs.recv().observations[:, 1].tolist() == [5, 6, 7, 8]


def test_one_batch_of_all_environments_is_never_in_flight_twice(odd: Any) -> None:
    with start(odd.Quiet, envs_per_batch=4) as envs:
        for tick in range(3):
            assert (envs.recv().observations[:, 0] == tick).all()
            envs.send(np.zeros(8, np.int32))
        assert envs.most_in_flight == 1


def test_steps_are_timed_on_one_clock(odd: Any) -> None:
    with start(odd.Quiet) as envs:
        envs.recv()
        before = time.perf_counter_ns()
        envs.send(NO_ACTIONS)
        envs.recv()
        envs.send(NO_ACTIONS)
        began, ended = envs.recv().stepping.T
        assert (before < began).all()
        assert (began <= ended).all()
        assert (ended < time.perf_counter_ns()).all()


def test_real_environments_step_in_workers_as_they_do_here(pufferlib: MakeLoop) -> None:
    config = pufferlib().environment
    here = Arena(config, range(4), seed=3)
    observations = np.zeros((8, OBSERVATION_BYTES), np.uint8)
    here.reset(observations)
    with start(partial(Arena, config, seed=3), num_workers=2, envs_per_batch=4) as envs:
        generator = np.random.default_rng(0)
        for _ in range(20):
            assert (envs.recv().observations == observations).all()
            actions = generator.integers(0, 5, 8, np.int32)
            envs.send(actions)
            here.step(actions, observations, np.zeros(8), np.zeros(8, np.bool_), np.zeros(8, np.bool_))


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
def test_a_killed_worker_is_one_error_that_names_it(odd: Any) -> None:
    with start(odd.Quiet) as envs:
        os.kill(envs.pids[3], signal.SIGKILL)
        with pytest.raises(TrainerError, match=r"worker 3 .* died: exit code -9 \(SIGKILL\)"):
            turn(envs, 5)


def test_a_raising_environment_is_one_error_with_its_traceback(odd: Any) -> None:
    with start(odd.Raises) as envs, pytest.raises(TrainerError, match=r"(?s)worker [01] raised.*the altar is on fire"):
        turn(envs, 5)


def test_an_environment_that_cannot_be_built_is_one_error() -> None:
    with start(partial(int, "five")) as envs, pytest.raises(TrainerError, match=r"(?s)Traceback.*TypeError"):
        envs.recv()


def test_an_action_that_there_is_not_is_one_error(pufferlib: MakeLoop) -> None:
    with (
        start(partial(Arena, pufferlib().environment, seed=0)) as envs,
        pytest.raises(TrainerError, match="IndexError"),
    ):
        turn(envs, 3, NO_ACTIONS + 99)


def test_a_hanging_worker_is_ended_by_force(odd: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "JOIN_SECONDS", 0.2)
    with start(odd.Hangs) as envs:
        envs.recv()
        envs.send(NO_ACTIONS)
        pids = envs.pids
    if sys.platform != "win32":
        for pid in pids:
            with pytest.raises(ProcessLookupError):
                os.kill(pid, 0)


def test_an_interrupt_while_workers_start_leaves_nothing(odd: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(self: Workers, *_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Workers, "_count_in_flight", interrupted)
    with pytest.raises(KeyboardInterrupt):
        start(odd.Quiet)


def test_closing_twice_is_harmless(odd: Any) -> None:
    envs = start(odd.Quiet)
    envs.close()
    envs.close()


def test_workers_import_no_torch() -> None:
    code = "import sys, metta_lint_trainer; early = {*sys.modules}; import metta_lint_trainer.workers\n"
    code += "sys.exit('torch' in sys.modules or 'numpy' in early)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0


@pytest.mark.skipif(sys.platform == "win32", reason="no limit of file sizes to run into")
def test_shared_memory_that_the_system_denies_is_one_error() -> None:
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2**16, before[1]))
    try:
        with pytest.raises(TrainerError, match=r"no room for 1.0 MiB of shared memory .*--shm-size"):
            SharedArrays.create({"large": ArraySpec((2**20,), "u1")})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.skipif(not hasattr(os, "posix_fallocate"), reason="pages are taken elsewhere than here")
def test_shared_memory_that_is_full_is_one_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(TrainerError, match=r"no room for .* \(No space left on device\)"):
        SharedArrays.create({"large": ArraySpec((2**20,), "u1")})


def test_arrays_of_a_block_do_not_overlap() -> None:
    layout = {"odd": ArraySpec((3,), "u1"), "even": ArraySpec((2, 2), "i8"), "none": ArraySpec((0,), "f4")}
    shared = SharedArrays.create(layout)
    shared["odd"][:] = 255
    assert (shared["even"] == 0).all()
    shared["even"][:] = -1
    assert shared["odd"].tolist() == [255, 255, 255]
    assert block_size(layout) == 128
    shared.close()

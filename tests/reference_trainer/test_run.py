"""Whole runs, small: what is measured, how they are refused, and that nothing is left however they end."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import torch

from metta_lint.loops.embedded import MODEL_PARAMETERS, OBSERVATION_BYTES, STORED_BYTES
from metta_lint.loops.engine import Progress, RunOptions
from metta_lint.plans.formula import formula
from metta_lint.verification.verify import load_trainer
from metta_lint_trainer import run as trainer
from metta_lint_trainer.errors import TrainerError
from metta_lint_trainer.run import estimate, pick_device, run

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from metta_lint.loops.engine import Engine
    from metta_lint.loops.loop import Loop

    MakeLoop = Callable[..., Loop]

pytestmark = pytest.mark.usefixtures("nothing_left")

CPU: dict[str, Any] = {"device": "cpu", "policy_size": 8}


def options(**changes: Any) -> RunOptions:
    return RunOptions(**CPU | changes)


def part_of(quantities: Mapping[str, object], expected: Mapping[str, object]) -> dict[str, object]:
    return {name: quantities.get(name) for name in expected}


def test_a_pufferlib_run_is_measured(pufferlib: MakeLoop) -> None:
    observation = run(pufferlib(), options(epochs=2))
    assert observation.crash is None
    expected = {
        "num_envs": 4,
        "num_workers": 2,
        "envs_per_worker": 2,
        "envs_per_batch": 2,
        "agents_per_env": 2,
        "total_agents": 8,
        "agents_per_batch": 4,
        "async_factor": 2,
        "buffer_steps": 64,
        "minibatch_size": 32,
        "bptt_horizon": 4,
        "segments": 16,
        "minibatch_segments": 8,
        "minibatches_per_epoch": 2,
        "accumulate_minibatches": 1,
        "minibatches_without_step": 0,
        "optimizer_steps_per_epoch": 2,
        "steps_collected_per_epoch": 64,
        "steps_trained_per_epoch": 64,
        "steps_overwritten_per_epoch": 0,
        "steps_dropped_per_epoch": 0,
        "stitched_segments": 0,
        "steps_per_env": 16.0,
        "ticks_per_env": 8.0,
        "steps_per_optimizer_step": 32.0,
        "optimizer_steps_per_million_steps": 31_250.0,
        "experience_bytes": 64 * (OBSERVATION_BYTES + STORED_BYTES),
        "model_parameters": formula(MODEL_PARAMETERS).evaluate({"policy_size": 8, "lstm_layers": 1}.__getitem__),
        "optimizer": "muon",
        "reward_heart": 1.0,
        "reward_clamp": 1.0,
    }
    assert part_of(observation.quantities, expected) == expected
    assert "epochs" not in observation.quantities


def test_a_metta_run_overwrites_and_stitches(metta: MakeLoop) -> None:
    observation = run(metta(batch_size=48, minibatch_size=16, update_epochs=2), options())
    expected = {
        "segments": 12,
        "steps_collected_per_epoch": 60,
        "steps_overwritten_per_epoch": 12,
        "stitched_segments": 4,
        "minibatches_per_epoch": 6,
        "optimizer_steps_per_epoch": 6,
        "steps_per_optimizer_step": 10.0,
        "lstm_layers": 2,
        "reward_clamp": "off",
    }
    assert part_of(observation.quantities, expected) == expected


def test_rates_are_all_there(pufferlib: MakeLoop) -> None:
    observation = run(pufferlib(max_steps=5), options(epochs=2))
    assert observation.rates.keys() == {
        "env_wait_seconds",
        "forward_seconds",
        "learn_seconds",
        "overlap_fraction",
        "steps_per_second",
        "peak_rss_bytes",
        "mean_reward",
        "mean_return",
        "segment_coverage",
    }
    assert all(rate >= 0.0 for name, rate in observation.rates.items() if not name.startswith("mean"))
    assert observation.rates["overlap_fraction"] <= 1.0
    assert 0.5 <= observation.rates["segment_coverage"] <= 1.0
    assert observation.device == "cpu"
    assert observation.environment == "embedded"


def test_one_batch_of_all_environments_never_overlaps(pufferlib: MakeLoop) -> None:
    observation = run(pufferlib(envs_per_batch=4), options(epochs=2))
    assert observation.quantities["async_factor"] == 1
    assert observation.rates["overlap_fraction"] == 0.0


def test_a_run_to_its_end_counts_its_epochs(pufferlib: MakeLoop) -> None:
    observation = run(pufferlib(total_timesteps=64 * 3 - 1), options(epochs=None))
    assert part_of(observation.quantities, {"epochs": 3, "optimizer_steps_total": 6}) == {
        "epochs": 3,
        "optimizer_steps_total": 6,
    }
    assert run(pufferlib(total_timesteps=64), options()).quantities["epochs"] == 1


def test_steps_that_are_overwritten_count_towards_the_end(metta: MakeLoop) -> None:
    """60 steps an epoch, not 48: three epochs reach 180, where four would have been expected."""
    loop = metta(batch_size=48, minibatch_size=16, total_timesteps=180)
    assert run(loop, options(epochs=None)).quantities["epochs"] == 3


def test_the_steps_of_every_rank_count_towards_the_end(metta: MakeLoop) -> None:
    alone, of_two = (run(metta(ranks_counted=ranks), options(epochs=None)).quantities["epochs"] for ranks in (1, 2))
    assert alone is not None
    assert of_two == -(-alone // 2)


def test_no_epoch_begins_after_the_time_is_up(pufferlib: MakeLoop) -> None:
    observation = run(pufferlib(), options(epochs=None, seconds=0.0))
    assert observation.quantities["steps_collected_per_epoch"] == 64
    assert "epochs" not in observation.quantities


def test_a_refused_run_says_so_and_starts_nothing(pufferlib: MakeLoop) -> None:
    observation = run(pufferlib(minibatch_size=30, requirements=("horizon-divides-minibatch",)), options())
    assert observation.crash is not None
    assert observation.crash.requirement == "horizon-divides-minibatch"
    assert observation.quantities == {}


def test_an_overrun_crashes_with_torchs_own_words(pufferlib: MakeLoop) -> None:
    observation = run(pufferlib(batch_size=40, minibatch_size=8, max_minibatch_size=8), options())
    assert observation.crash is not None
    assert observation.crash.requirement == "rows-fit-buffer"
    assert observation.crash.exception == "RuntimeError"
    assert "The expanded size of the tensor (2) must match the existing size (4)" in observation.crash.message
    expected = {"num_envs": 4, "async_factor": 2, "agents_per_batch": 4, "gamma": 0.99}
    assert part_of(observation.quantities, expected) == expected
    assert "steps_collected_per_epoch" not in observation.quantities


def test_too_few_timesteps_crash_after_the_rollout(pufferlib: MakeLoop) -> None:
    observation = run(pufferlib(total_timesteps=63), options())
    assert observation.crash is not None
    assert (observation.crash.requirement, observation.crash.exception) == ("timesteps-fill-batch", "ZeroDivisionError")
    assert observation.quantities["steps_collected_per_epoch"] == 64
    assert "optimizer_steps_per_epoch" not in observation.quantities


def test_progress_goes_through_both_phases(pufferlib: MakeLoop) -> None:
    seen: list[Progress] = []
    run(pufferlib(), options(epochs=2), seen.append)
    assert all(step.done <= step.total for step in seen)
    ends = [(step.phase, step.epoch, step.total) for step in seen if step.done == step.total]
    assert ends == [("rollout", 0, 64), ("update", 0, 2), ("rollout", 1, 64), ("update", 1, 2)]


def test_the_same_seed_collects_the_same(pufferlib: MakeLoop) -> None:
    rewards = [run(pufferlib(seed=seed), options(epochs=2)).rates["mean_reward"] for seed in (1, 1)]
    assert rewards[0] == rewards[1]


def test_a_run_without_a_seed_draws_one(pufferlib: MakeLoop, monkeypatch: pytest.MonkeyPatch) -> None:
    requirements = tuple(name for name in pufferlib().requirements if name != "integer-workers")
    drawn = [3, 7]
    monkeypatch.setattr("secrets.randbits", lambda _bits: drawn.pop())
    for seed in (7, 3):
        without, given = (run(pufferlib(seed=it, requirements=requirements), options(epochs=2)) for it in (None, seed))
        assert without.crash is given.crash is None
        assert without.rates["mean_reward"] == given.rates["mean_reward"]
    assert drawn == []


def test_a_policy_without_memory_runs(pufferlib: MakeLoop) -> None:
    assert run(pufferlib(lstm_layers=0), options()).quantities["lstm_layers"] == 0


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
def test_a_killed_worker_ends_the_run_in_one_error(pufferlib: MakeLoop) -> None:
    def kill_one(_: Progress) -> None:
        process, *_others = multiprocessing.active_children()
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)

    with pytest.raises(TrainerError, match=r"worker [01] \(process \d+\) died: exit code -9 \(SIGKILL\)"):
        run(pufferlib(), options(epochs=None), kill_one)


def test_whatever_is_raised_nothing_is_left(pufferlib: MakeLoop) -> None:
    def interrupt(_: Progress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(pufferlib(), options(), interrupt)


ENDLESS = """
    if __name__ == "__main__":  # all of it: workers run this file once more
        import sys
        sys.path.insert(0, {folder!r})
        from conftest import PUFFERLIB
        from metta_lint.loops.engine import RunOptions
        from metta_lint_trainer.run import run
        run(PUFFERLIB._replace(total_timesteps=10**12), RunOptions(epochs=None, device="cpu", policy_size=8),
            lambda step: print(step.phase, flush=True))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_ctrl_c_ends_a_run_and_all_that_it_started(tmp_path: Path) -> None:
    """SIGINT to the whole process group, as a terminal sends it."""
    script = tmp_path / "endless.py"
    script.write_text(textwrap.dedent(ENDLESS.format(folder=str(Path(__file__).parent))))
    with subprocess.Popen(
        [sys.executable, script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "rollout\n"
            children = children_of(process.pid)
            blocks = {line.split()[-1] for line in maps_of(process.pid) if "/dev/shm/" in line}  # noqa: S108
            assert len(children) >= 2
            assert blocks
            os.killpg(process.pid, signal.SIGINT)
            _, stderr = process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == -signal.SIGINT
    assert stderr.count("Traceback") == 1
    assert stderr.rstrip().endswith("KeyboardInterrupt")
    assert "resource_tracker" not in stderr
    assert not any(Path(block).exists() for block in blocks)
    assert all(is_gone(pid) for pid in children)


def children_of(parent: int) -> list[int]:
    folders = [folder for folder in Path("/proc").iterdir() if folder.name.isdigit()]
    return [int(folder.name) for folder in folders if parent_of(folder) == parent]


def parent_of(folder: Path) -> int | None:
    try:
        return int((folder / "stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return None


def maps_of(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/maps").read_text().splitlines()


def is_gone(pid: int) -> bool:
    """Whether a process has ended; the resource tracker may take a moment to see that it is not needed."""
    for _ in range(100):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


def test_an_estimate_grows_with_what_it_is_of(pufferlib: MakeLoop) -> None:
    small = estimate(pufferlib(), options())
    assert small.bytes == sum(small.parts.values()) > 0
    assert small.seconds > 0
    assert estimate(pufferlib(batch_size=64 * 1024), options()).bytes > small.bytes
    assert estimate(pufferlib(num_workers=4), options()).parts["workers"] > small.parts["workers"]
    assert estimate(pufferlib(), options(policy_size=512)).parts["policy"] > small.parts["policy"]
    assert estimate(pufferlib(), options(epochs=1000)).seconds > small.seconds
    assert estimate(pufferlib(total_timesteps=64 * 1000), options(epochs=None)).seconds == pytest.approx(
        estimate(pufferlib(), options(epochs=1000)).seconds
    )


def test_a_run_that_will_be_refused_takes_nothing(pufferlib: MakeLoop) -> None:
    assert estimate(pufferlib(batch_size=64.0), options()).bytes == 0


def test_a_run_that_needs_too_much_memory_is_not_started(pufferlib: MakeLoop) -> None:
    with pytest.raises(TrainerError, match=r"needs about [\d,]+ MiB, more than the 1 MiB .*experience"):
        run(pufferlib(), options(max_memory=2**20))
    assert run(pufferlib(), options(max_memory=2**40)).crash is None


def test_what_this_trainer_cannot_run_is_said_before_it_starts(pufferlib: MakeLoop) -> None:
    with pytest.raises(TrainerError, match="'atari' is not available"):
        run(pufferlib(), options(backend="atari"))
    for envs_per_batch in (3, 8):
        wrapping = pufferlib(num_workers=4, envs_per_batch=envs_per_batch, zero_copy=False, requirements=())
        with pytest.raises(TrainerError, match=f"4 environments of 4 workers in batches of {envs_per_batch}"):
            run(wrapping, options())
        with pytest.raises(TrainerError, match="equal groups of whole workers"):
            estimate(wrapping, options())
    with pytest.raises(TrainerError, match="'abacus'"):
        run(pufferlib(), options(device="abacus"))


@pytest.mark.parametrize(("envs_per_batch", "requirement"), [(3, "batches-in-turn"), (8, "batch-fits-envs")])
def test_batches_that_do_not_come_in_turn_end_the_first_rollout(
    pufferlib: MakeLoop, envs_per_batch: int, requirement: str
) -> None:
    loop = pufferlib(num_workers=4, envs_per_batch=envs_per_batch, zero_copy=False, requirements=(requirement,))
    crash = run(loop, options()).crash
    assert crash is not None
    assert crash.requirement == requirement


def test_auto_picks_a_device_that_works() -> None:
    device = pick_device("auto")
    assert torch.zeros(1, device=device).device.type == device.type


def test_the_module_offers_what_the_linter_asks_for() -> None:
    engine: Engine = trainer  # mypy holds the one against the other
    assert engine is load_trainer()


@pytest.mark.gpu
@pytest.mark.parametrize("kind", ["pufferlib", "metta"])
def test_a_gpu_measures_the_same_counts(request: pytest.FixtureRequest, kind: str) -> None:
    loop = request.getfixturevalue(kind)(batch_size=128, max_steps=5)
    device = pick_device("auto")
    assert device.type != "cpu"
    there, here = run(loop, options(device=str(device))), run(loop, options())
    assert there.crash is None
    assert there.quantities == here.quantities
    assert there.device == str(device)

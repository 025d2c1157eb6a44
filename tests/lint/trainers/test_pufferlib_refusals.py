"""PufferLib's refusals: which comes first, with which exception and when, at which line; and what it does silently.

The expectations are what pufferlib-core 3.0.23 did when it was run with these values.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from metta_lint.api.testing import write_pufferlib
from metta_lint.base.errors import InputError
from metta_lint.check.linter import check
from metta_lint.plans.plan import HANGS
from metta_lint.plans.run import Machine
from metta_lint.project.config import Config
from metta_lint.project.runs import plan_run
from metta_lint.trainers.pufferlib.claims import one_look
from metta_lint.trainers.pufferlib.config import read_run

if TYPE_CHECKING:
    from metta_lint.plans.plan import Plan, Refusal
    from metta_lint.rules.finding import Finding

SERIAL = {"vec.backend": "Serial"}
NO_COPY = {"vec.zero_copy": False}
MUON = {"train.optimizer": "muon"}
ALONE = {"vec.backend": "PufferEnv", "vec.num_envs": 1, "base.rnn_name": None, "train.minibatch_size": 8}
INFINITE = "1e400"


def plan_of(folder: Path, changes: dict[str, object], machine: Machine | None = None) -> Plan:
    return plan_run(write_pufferlib(folder, changes), Config(), machine=machine)


def first(folder: Path, changes: dict[str, object]) -> Refusal:
    return plan_of(folder, changes).refusals[0]


def without(folder: Path, key: str, changes: dict[str, object] | None = None) -> str:
    """A config that lacks a key, in its default.ini too."""
    entry = write_pufferlib(folder, changes or {})
    section, _, name = key.partition(".")
    for path in (Path(entry), Path(entry).with_name("default.ini")):
        blocks = path.read_text().split("[")
        for number, block in enumerate(blocks):
            if block.startswith(f"{section}]"):
                blocks[number] = "\n".join(line for line in block.split("\n") if not line.startswith(f"{name} ="))
        path.write_text("[".join(blocks))
    return entry


@pytest.mark.parametrize(
    ("changes", "requirement", "exception", "when"),
    [
        ({"vec.num_envs": "auto"}, "numeric-envs", "TypeError", "start"),
        ({"vec.num_envs": 0.0}, "positive-envs", "APIUsageError", "start"),
        ({"vec.num_envs": 4.5}, "whole-envs", "APIUsageError", "start"),
        ({"vec.num_envs": 4.0}, "integer-envs", "TypeError", "start"),
        ({"vec.num_workers": 0}, "some-worker", "ZeroDivisionError", "start"),
        ({"vec.num_workers": None}, "numeric-workers", "TypeError", "start"),
        ({"vec.num_workers": -2}, "integer-workers", "ValueError", "start"),
        ({"vec.num_workers": True, "vec.batch_size": 4}, "integer-workers", "TypeError", "start"),
        ({"vec.batch_size": 0}, "some-inference-batch", "ZeroDivisionError", "start"),
        ({"vec.batch_size": 2.0}, "integer-inference-batch", "TypeError", "start"),
        ({**SERIAL, "vec.batch_size": 8}, "serial-batch-fits-envs", "IndexError", "start"),
        ({**SERIAL, "vec.batch_size": 0}, "serial-batch-fits-envs", "IndexError", "start"),
        ({**SERIAL, "vec.batch_size": None}, "serial-batch-given", "TypeError", "start"),
        ({**NO_COPY, "vec.batch_size": 8}, "batch-fits-envs", "IndexError", "first rollout"),
        (
            {**NO_COPY, "vec.num_envs": 6, "vec.num_workers": 6, "vec.batch_size": 4},
            "batches-in-turn",
            "KeyError",
            "first rollout",
        ),
        ({"vec.threads": 4}, "known-vec-keys", "APIUsageError", "start"),
        ({"vec.backend": "Threads"}, "known-backend", "APIUsageError", "start"),
        ({"vec.backend": "PufferEnv"}, "native-alone", "APIUsageError", "start"),
        ({"vec.backend": "PufferEnv", "vec.num_envs": 1}, "native-without-rnn", "AttributeError", "start"),
        ({"train.torch_deterministic": "true"}, "boolean-flags", "RuntimeError", "start"),
        ({"train.device": "gpu"}, "known-device", "RuntimeError", "start"),
        ({"train.seed": None}, "numeric-seed", "TypeError", "start"),
        ({"train.bptt_horizon": 4.0}, "sized-buffer", "TypeError", "start"),
        ({"train.bptt_horizon": -4}, "sized-buffer", "RuntimeError", "start"),
        ({"train.max_minibatch_size": 0}, "max-minibatch-divides-minibatch", "ZeroDivisionError", "start"),
        ({"train.precision": "fp32"}, "known-precision", "AttributeError", "start"),
        ({"train.precision": "float16"}, "known-precision", "APIUsageError", "start"),
        ({"train.adam_beta1": 0}, "optimizer-bounds", "ValueError", "start"),
        ({"train.learning_rate": "fast"}, "numeric-optimizer", "TypeError", "start"),
        ({"train.minibatch_size": 16.0}, "integer-minibatch", "TypeError", "first update"),
        ({"train.gamma": None}, "numeric-advantages", "RuntimeError", "first update"),
        ({"train.max_grad_norm": "steep"}, "numeric-gradient-norm", "ValueError", "first update"),
        ({"train.checkpoint_interval": 0}, "checkpoint-interval", "ZeroDivisionError", "first update"),
        ({"env.num_agents": 0.0}, "positive-agents", "APIUsageError", "start"),
        ({"env.game.num_agents": 256}, "agents-fit-environment", "RuntimeError", "start"),
        ({"base.vec": "multiprocessing"}, "sections-hold-keys", "AttributeError", "start"),
        ({"base.wandb": True}, "options-once", "ArgumentError", "start"),
        ({"train.batch-size": 32}, "options-once", "ArgumentError", "start"),
        ({"train.env": "mine"}, "train-keys-once", "TypeError", "start"),
        ({"base.policy_name": 1}, "code-is-named", "TypeError", "start"),
        ({"train.data_dir": 5}, "text-for-data-dir", "TypeError", "first checkpoint"),
        ({"vec.num_envs": INFINITE}, "whole-envs", "OverflowError", "start"),
        ({"vec.batch_size": INFINITE}, "worker-envs-divide-batch", "APIUsageError", "start"),
        ({**SERIAL, "vec.batch_size": INFINITE}, "worker-envs-divide-batch", "APIUsageError", "start"),
        ({"train.bptt_horizon": "-1e400"}, "agents-fit-segments", "APIUsageError", "start"),
        ({"train.minibatch_size": INFINITE}, "max-minibatch-divides-minibatch", "APIUsageError", "start"),
        ({"train.max_minibatch_size": "-1e400"}, "max-minibatch-divides-minibatch", "APIUsageError", "start"),
        ({"train.minibatch_size": "-1e400"}, "horizon-divides-minibatch", "APIUsageError", "start"),
        ({"train.update_epochs": INFINITE}, "numeric-update-epochs", "OverflowError", "start"),
        ({"train.total_timesteps": INFINITE}, "finite-timesteps", "OverflowError", "first update"),
        ({**MUON, "train.learning_rate": None}, "numeric-step", "TypeError", "first update"),
        ({**MUON, "train.adam_beta1": "'0.9'"}, "numeric-step", "TypeError", "first update"),
        ({**MUON, "train.adam_beta1": None}, "numeric-step", "ValueError", "first update"),
        ({**SERIAL, "env.seed": 1}, "environment-keys-once", "TypeError", "start"),
        ({"env.seed": 1}, "environment-keys-once", HANGS, "first rollout"),
        ({"env.buf": None}, "environment-keys-once", HANGS, "first rollout"),
        ({"env.buf": 1}, "environment-keys-once", "TypeError", "start"),
        ({"vec.env_args": 0}, "known-vec-keys", "APIUsageError", "start"),
        ({**ALONE, "vec.env_args": 5}, "known-vec-keys", "TypeError", "start"),
        ({"vec.env_kwargs": "{}", "vec.num_envs": 0}, "known-vec-keys", "TypeError", "start"),
    ],
)
def test_the_first_refusal(
    tmp_path: Path, changes: dict[str, object], requirement: str, exception: str, when: str
) -> None:
    refusal = first(tmp_path, changes)
    assert (refusal.requirement, refusal.exception, refusal.when) == (requirement, exception, when)


@pytest.mark.parametrize(
    ("changes", "requirement"),
    [
        ({"vec.num_workers": 3, "vec.batch_size": 0}, "workers-divide-envs"),
        ({"vec.threads": 4, "vec.num_workers": 3}, "workers-divide-envs"),
        ({"vec.threads": 4, "train.optimizer": "sgd"}, "known-vec-keys"),
        ({"base.vec": "serial", "vec.num_envs": 0}, "sections-hold-keys"),
        ({"train.precision": "fp32", "train.batch_size": 48}, "known-precision"),
        ({"train.gamma": None, "train.batch_size": 48}, "rows-fit-buffer"),
        ({"train.gamma": None, "train.total_timesteps": 16}, "timesteps-fill-batch"),
        ({"train.update_epochs": None, "train.minibatch_size": 0}, "numeric-update-epochs"),
        ({"train.update_epochs": INFINITE, "train.minibatch_size": 0}, "positive-minibatch"),
        ({"env.seed": 1, "train.optimizer": "sgd"}, "known-optimizer"),
        ({**SERIAL, "env.seed": 1, "train.optimizer": "sgd"}, "environment-keys-once"),
        ({"train.prio_alpha": None, "train.total_timesteps": 16}, "numeric-priorities"),
        ({**NO_COPY, "vec.batch_size": 8, "train.optimizer": "sgd"}, "known-optimizer"),
    ],
)
def test_of_two_faults_the_one_that_the_trainer_comes_to_first(
    tmp_path: Path, changes: dict[str, object], requirement: str
) -> None:
    assert first(tmp_path, changes).requirement == requirement


@pytest.mark.parametrize(
    "changes",
    [
        {**SERIAL, "vec.num_workers": 2.0},
        {"vec.batch_size": None},
        {"vec.env_args": []},
        {"vec.env_args": [1]},
        {**MUON, "train.adam_beta2": None, "train.adam_eps": "'small'"},
        {**ALONE, "env.seed": 1, "vec.env_args": 0},
        {"train.max_minibatch_size": INFINITE},
        {"train.checkpoint_interval": INFINITE},
        {"train.max_grad_norm": "'0.5'"},
        {"train.update_epochs": 1.5},
        {"train.optimizer": "muon", "train.adam_beta1": 1.5},
        {"train.total_timesteps": 0, "train.gamma": None},
        {"vec.num_workers": 4, "vec.overwork": True},
        {"vec.sync_traj": False},
    ],
)
def test_what_the_trainer_takes_is_not_refused(tmp_path: Path, changes: dict[str, object]) -> None:
    assert plan_of(tmp_path, changes, Machine(cpus=2)).refusals == ()


def test_more_workers_than_cpus_are_refused_where_the_machine_is_known(tmp_path: Path) -> None:
    entry = write_pufferlib(tmp_path, {"vec.num_workers": 4})
    assert plan_run(entry, Config()).refusals == ()
    (refusal,) = plan_run(entry, Config(), machine=Machine(cpus=2)).refusals
    assert (refusal.requirement, refusal.at) == ("workers-fit-cores", ("requested_workers",))


@pytest.mark.parametrize(
    ("key", "when"),
    [("seed", "start"), ("precision", "start"), ("gamma", "first update"), ("data_dir", "first checkpoint")],
)
def test_a_missing_key_is_a_key_error_when_it_is_read(tmp_path: Path, key: str, when: str) -> None:
    plan = plan_run(without(tmp_path, f"train.{key}"), Config())
    refusal = plan.refusals[0]
    assert (refusal.requirement, refusal.exception, refusal.when) == ("keys-given", "KeyError", when)
    assert refusal.span is not None
    assert refusal.message.startswith(f"'{key}'")


@pytest.mark.parametrize("backend", ["Serial", "Multiprocessing"])
def test_all_environments_are_one_batch_where_nothing_says_how_many(tmp_path: Path, backend: str) -> None:
    plan = plan_run(without(tmp_path, "vec.batch_size", {"vec.backend": backend}), Config())
    assert (plan.refusals, plan.value("envs_per_batch"), plan.value("async_factor")) == ((), 4, 1)


def test_there_is_one_environment_where_nothing_says_how_many(tmp_path: Path) -> None:
    refusal = plan_run(without(tmp_path, "vec.num_envs", {"vec.num_workers": 2}), Config()).refusals[0]
    assert (refusal.requirement, refusal.message) == (
        "workers-divide-envs",
        "num_envs = 1 must be divisible by num_workers = 2",
    )


def test_there_is_a_worker_for_each_environment_where_nothing_says_how_many(tmp_path: Path) -> None:
    assert plan_run(without(tmp_path, "vec.num_workers"), Config()).value("num_workers") == 4


@pytest.mark.parametrize("backend", ["Serial", "Multiprocessing"])
def test_half_a_batch_is_not_worked_out_without_workers(tmp_path: Path, backend: str) -> None:
    entry = without(tmp_path, "vec.num_workers", {"vec.backend": backend, "vec.batch_size": "auto"})
    refusal = plan_run(entry, Config()).refusals[0]
    assert (refusal.requirement, refusal.exception) == ("numeric-inference-batch", "TypeError")


def test_a_trainer_that_waits_for_ever_is_said_to_hang(tmp_path: Path) -> None:
    write_pufferlib(tmp_path, {"env.seed": 1})
    (finding,) = (f for f in check([tmp_path.as_posix()], Config()).findings if f.code == "ML401")
    assert "hangs in the first rollout: every worker dies" in finding.message


def test_keys_that_only_compile_needs_may_be_missing(tmp_path: Path) -> None:
    assert plan_run(without(tmp_path, "train.compile_mode"), Config()).refusals == ()


def test_an_update_that_fails_comes_after_a_rollout(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, {"train.gamma": None})
    assert plan.value("steps_collected_per_epoch") == 32
    assert plan.value("optimizer_steps_per_epoch") is None


def test_an_environment_that_vectorises_itself_is_one(tmp_path: Path) -> None:
    changes = {"vec.backend": "PufferEnv", "vec.num_envs": 1, "base.rnn_name": None, "train.minibatch_size": 8}
    plan = plan_of(tmp_path, changes)
    assert plan.refusals == ()
    names = ("num_envs", "num_workers", "async_factor", "total_agents", "agents_per_batch", "batch_size")
    assert [plan.value(name) for name in names] == [1, 1, 1, 2, 2, 8]


def test_batches_out_of_turn_are_not_counted(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, {"vec.sync_traj": False})
    assert "sync_traj" in (plan.quantities["async_factor"].unknown_because or "")
    assert plan.value("steps_collected_per_epoch") is None


def test_a_section_that_nothing_reads_is_named_with_the_one_that_was_meant(tmp_path: Path) -> None:
    entry = Path(write_pufferlib(tmp_path, {}))
    entry.write_text(entry.read_text() + "\n[trian]\ngamma = 0.5\n")
    (ignored,) = plan_run(entry.as_posix(), Config()).ignored
    assert (ignored.key, ignored.nearest) == ("[trian]", "[train]")
    assert ignored.span is not None
    (finding,) = (f for f in check([tmp_path.as_posix()], Config()).findings if f.code == "ML501")
    assert "[trian]" in finding.message


def test_two_inis_of_one_name_are_a_finding_and_the_rest_is_linted(tmp_path: Path) -> None:
    entry = Path(write_pufferlib(tmp_path, {}))
    base = entry.read_text()
    entry.write_text(base.replace("env_name = metta", "env_name = one two"))
    entry.with_name("other.ini").write_text(base.replace("env_name = metta", "env_name = two three"))
    entry.with_name("third.ini").write_text(
        base.replace("env_name = metta", "env_name = four") + "\n[train]\nanneal_lr = true\n"
    )
    report = check([tmp_path.as_posix()], Config())
    assert [Path(f.span.path).name for f in report.findings if f.code == "ML001"] == ["metta.ini", "other.ini"]
    assert [(Path(f.span.path).name, f.code) for f in report.findings if f.code == "ML407"] == [("third.ini", "ML407")]


CASES = {
    "P02": {
        "bsuite.ini:7",
        "butterfly.ini:2",
        "classic_control.ini:7",
        "classic_control_continuous.ini:7",
        "dm_control.ini:2",
        "dm_lab.ini:2",
        "griddly.ini:2",
        "minerl.ini:2",
        "stable_retro.ini:2",
    },
    "P03": {"open_spiel.ini:7"},
    "P04": {"kinetix.ini:17", "nmmo.ini:9"},
    "P05": {"ocean/oldgrid.ini:4"},
    "P12": {"ocean/boids.ini:6"},
}


@pytest.mark.parametrize("case", CASES)
def test_labelled_cases_are_refused_at_their_lines(corpus: Path, case: str) -> None:
    report = check([str(corpus / "cases" / case)], Config())
    assert {_place(finding) for finding in report.findings if finding.code == "ML401"} == CASES[case]


def _place(finding: Finding) -> str:
    return f"{finding.span.path.partition('/config/')[2]}:{finding.span.line}"


def test_a_look_is_that_of_one_thread(tree: Path) -> None:
    def claimed() -> str:
        try:
            read_run("pufferlib/config/metta.ini")
        except InputError as error:
            return error.message
        return ""

    with one_look(), ThreadPoolExecutor() as threads:
        assert not claimed()
        Path("pufferlib/config/other.ini").write_text("[base]\nenv_name = metta\n", encoding="utf-8")
        assert not claimed()
        assert "two INIs claim" in threads.submit(claimed).result()

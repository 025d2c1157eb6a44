"""PufferLib 2.0, 3 and 4.0: told apart by their files, planned each by its own rules, and overruled by name."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metta_lint import cli
from metta_lint.base.errors import InputError, LintError
from metta_lint.check.linter import check
from metta_lint.plans.formula import float32
from metta_lint.plans.run import Run, Setting
from metta_lint.project.config import Config, load_config
from metta_lint.project.runs import plan_run
from metta_lint.trainers.dialects import parse_choice
from metta_lint.trainers.pufferlib.dialect import derive

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from metta_lint.plans.plan import Plan

DEFAULT_2 = """
[base]
package = None
env_name = None
vec = multiprocessing
policy_name = Policy
rnn_name = None
[env]
[train]
seed = 1
total_timesteps = 10_000
learning_rate = 2.5e-4
anneal_lr = True
gamma = 0.99
gae_lambda = 0.95
update_epochs = 4
norm_adv = True
clip_coef = 0.1
clip_vloss = True
vf_coef = 0.5
vf_clip_coef = 0.1
max_grad_norm = 0.5
ent_coef = 0.01
target_kl = None
num_envs = 8
num_workers = 4
env_batch_size = None
zero_copy = True
batch_size = 1024
minibatch_size = 512
bptt_horizon = 16
"""
DEFAULT_3 = """
[base]
package = None
env_name = None
[vec]
backend = Multiprocessing
num_envs = 8
num_workers = 4
batch_size = auto
zero_copy = True
[train]
total_timesteps = 10_000
batch_size = auto
bptt_horizon = 16
minibatch_size = 64
max_minibatch_size = 64
update_epochs = 1
optimizer = muon
precision = float32
"""
DEFAULT_4 = """
[base]
env_name = None
seed = 73
[vec]
total_agents = 4096
num_buffers = 2
num_threads = 16
[env]
[policy]
hidden_size = 128
[train]
gpus = 1
total_timesteps = 10_000_000
learning_rate = 0.015
anneal_lr = 1
gamma = 0.995
gae_lambda = 0.90
replay_ratio = 1.0
clip_coef = 0.2
vf_coef = 2.0
vf_clip_coef = 0.2
max_grad_norm = 1.5
ent_coef = 0.001
beta1 = 0.95
beta2 = 0.999
eps = 1e-12
minibatch_size = 8192
horizon = 64
vtrace_rho_clip = 1.0
vtrace_c_clip = 1.0
prio_alpha = 0.8
prio_beta0 = 0.2
"""
DEFAULTS = {"2": DEFAULT_2, "3": DEFAULT_3, "4": DEFAULT_4}
FOLDERS = {"2": "config", "3": "pufferlib/config", "4": "config"}


def tree(folder: Path, version: str, entry: str = "", **sections: str) -> str:
    """A tree of one version: its default.ini, and an entry with what is given of each section."""
    return written(folder / FOLDERS[version], DEFAULTS[version], entry, **sections)


def written(config: Path, default: str | None, entry: str = "", **sections: str) -> str:
    config.mkdir(parents=True, exist_ok=True)
    if default is not None:
        (config / "default.ini").write_text(default, encoding="utf-8")
    lines = ["[base]", "package = arena", "env_name = arena", entry]
    for section, text in sections.items():
        lines += [f"[{section}]", text]
    (config / "arena.ini").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return (config / "arena.ini").as_posix()


def plan(entry: str, *overrides: str, trainers: tuple[str, ...] = ()) -> Plan:
    return plan_run(entry, Config(trainers=tuple(map(parse_choice, trainers))), overrides)


class TestTellingThemApart:
    @pytest.mark.parametrize("version", DEFAULTS)
    def test_the_keys_of_default_ini_tell(self, tmp_path: Path, version: str) -> None:
        run = plan(tree(tmp_path, version)).run
        assert (run.trainer, run.version, run.dialect) == ("pufferlib", version, f"pufferlib@{version}")

    @pytest.mark.parametrize(
        ("version", "keys"),
        [("2", "[train] num_envs"), ("3", "[vec] backend"), ("4", "[vec] total_agents")],
    )
    def test_a_note_says_which_and_why(self, tmp_path: Path, version: str, keys: str) -> None:
        (note,) = plan(tree(tmp_path, version)).run.notes
        assert note.startswith(f"planned as PufferLib {version}: ")
        assert f"default.ini has {keys}" in note

    def test_the_months_before_three_have_its_keys_in_the_folder_of_two(self, tmp_path: Path) -> None:
        assert plan(written(tmp_path / "config", DEFAULT_3)).run.version == "3"

    def test_keys_of_the_entry_do_not_speak_against_default_ini(self, tmp_path: Path) -> None:
        entry = tree(tmp_path, "3", train="num_envs = 8\nenv_batch_size = 4\nhorizon = 8\nreplay_ratio = 2.0")
        planned = plan(entry)
        assert planned.run.version == "3"
        assert {ignored.key for ignored in planned.ignored} >= {"train.num_envs", "train.horizon"}

    def test_a_default_ini_that_says_nothing_is_told_by_where_it_lies(self, tmp_path: Path) -> None:
        silent = "[base]\nenv_name = None\n"
        train = "num_envs = 8\nnum_workers = 8"
        (note,) = plan(written(tmp_path / "pufferlib" / "config", silent, train=train)).run.notes
        assert note.endswith("lies in pufferlib/config")
        assert plan(written(tmp_path / "config", silent, train=train)).run.version == "2"

    @pytest.mark.parametrize(
        ("sections", "version"),
        [
            ({"train": "num_envs = 8\nenv_batch_size = 4"}, "2"),
            ({"vec": "num_envs = 8"}, "3"),
            ({"vec": "total_agents = 64", "train": "horizon = 16"}, "4"),
            ({"train": "target_kl = 0.1\nhorizon = 16"}, "3"),
            ({}, "3"),
        ],
    )
    def test_without_a_default_ini_the_entrys_own_keys_tell_else_it_is_three(
        self, tmp_path: Path, sections: Mapping[str, str], version: str
    ) -> None:
        assert plan(written(tmp_path, None, **sections)).run.version == version

    def test_what_runs_of_a_tree_share_is_said_once(self, tmp_path: Path) -> None:
        entry = tree(tmp_path, "4")
        (tmp_path / "config" / "other.ini").write_text("[base]\nenv_name = other\n", encoding="utf-8")
        notes = [note for note in check([str(tmp_path)], Config()).notes if "planned as" in note]
        assert notes == [note for note in notes if note.startswith(f"{entry} and 1 more: planned as PufferLib 4")]


class TestNamingOne:
    def test_a_version_that_is_named_is_taken(self, tmp_path: Path) -> None:
        planned = plan(tree(tmp_path, "3"), trainers=("pufferlib@2",))
        assert planned.run.version == "2"
        assert planned.run.notes == ("planned as PufferLib 2: as asked",)

    def test_the_last_that_is_named_wins(self, tmp_path: Path) -> None:
        assert plan(tree(tmp_path, "2"), trainers=("pufferlib@3", "pufferlib@4.0")).run.version == "4"

    def test_a_trainer_without_a_version_leaves_it_to_the_files(self, tmp_path: Path) -> None:
        assert plan(tree(tmp_path, "2"), trainers=("pufferlib",)).run.version == "2"

    @pytest.mark.parametrize("text", ["puffer", "pufferlib@5", "pufferlib@", "metta@1", ""])
    def test_what_there_is_not_is_refused(self, text: str) -> None:
        with pytest.raises(LintError):
            parse_choice(text)

    def test_on_the_command_line(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        entry = tree(tmp_path, "3")
        cli.run_command(["plan", entry, "--trainer", "pufferlib@4", "--output-format", "json"])
        data = json.loads(capsys.readouterr().out)
        assert (data["trainer"], data["version"]) == ("pufferlib", "4")
        assert data["notes"] == ["planned as PufferLib 4: as asked"]

    def test_a_trainer_that_none_of_the_runs_is_of_is_a_mistake(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert cli.run_command(["plan", tree(tmp_path, "3"), "--trainer", "metta"]) == 2
        assert "no run named here is metta's" in capsys.readouterr().err

    def test_a_comparison_names_both(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        left, right = tree(tmp_path / "left", "2"), tree(tmp_path / "right", "4")
        cli.run_command(["compare", left, right])
        assert "(left, pufferlib@2) against" in capsys.readouterr().out
        cli.run_command(["compare", left, right, "--output-format", "json"])
        assert json.loads(capsys.readouterr().out)["trainers"] == {"left": "pufferlib@2", "right": "pufferlib@4"}

    def test_a_declared_run_names_one_and_the_command_line_comes_after(self, tmp_path: Path) -> None:
        tree(tmp_path, "3")
        config = declared(tmp_path, 'trainer = "pufferlib@2"')
        assert plan_run("puffer", config).run.version == "2"
        asked = config._replace(trainers=(parse_choice("pufferlib@4"),))
        assert plan_run("puffer", asked).run.version == "4"

    @pytest.mark.parametrize("wrong", ['"pufferlib@9"', '"metta"', "2"])
    def test_a_mistake_in_a_declared_run_has_its_line(self, tmp_path: Path, wrong: str) -> None:
        tree(tmp_path, "3")
        with pytest.raises(InputError) as error:
            declared(tmp_path, f"trainer = {wrong}")
        assert error.value.span is not None
        assert error.value.span.line == 3


def declared(folder: Path, line: str) -> Config:
    path = folder / "metta-lint.toml"
    path.write_text(f'[runs.puffer]\nentry = "pufferlib/config/arena.ini"\n{line}\n', encoding="utf-8")
    return load_config(str(path))


def refused(planned: Plan) -> str | None:
    return planned.refusals[0].requirement if planned.refusals else None


class TestTwo:
    def test_the_arithmetic_of_a_flat_batch(self, tmp_path: Path) -> None:
        planned = plan(tree(tmp_path, "2", env="num_agents = 3", train="env_batch_size = 4"))
        expected = {
            "num_envs": 8,
            "num_workers": 4,
            "envs_per_batch": 4,
            "async_factor": 2,
            "total_agents": 24,
            "agents_per_batch": 12,
            "arrivals_per_epoch": 86,
            "steps_collected_per_epoch": 1032,
            "steps_dropped_per_epoch": 8,
        }
        assert {name: planned.value(name) for name in expected} == expected
        assert not planned.refusals

    def test_minibatches_are_steps_of_the_optimizer_in_every_update_epoch(self, tmp_path: Path) -> None:
        planned = plan(tree(tmp_path, "2", env="num_agents = 4"))
        assert not planned.refusals
        assert planned.value("optimizer_steps_per_epoch") == 8
        assert planned.value("epochs") == 10
        assert planned.value("optimizer") == "adam"

    def test_a_kl_stop_makes_the_steps_unknown(self, tmp_path: Path) -> None:
        planned = plan(tree(tmp_path, "2", env="num_agents = 4", train="target_kl = 0.02"))
        assert planned.value("optimizer_steps_per_epoch") is None
        assert planned.value("target_kl") == 0.02

    @pytest.mark.parametrize(
        ("train", "requirement"),
        [
            ("num_envs = 0", "positive-envs"),
            ("num_workers = 3", "workers-divide-envs"),
            ("num_workers = 0", "positive-sizes"),
            ("env_batch_size = 3", "worker-envs-divide-batch"),
            ("env_batch_size = 6", "batches-divide-envs"),
            ("env_batch_size = 6\nzero_copy = False", None),
            ("minibatch_size = 300", "minibatch-divides-batch"),
            ("minibatch_size = 2048", "minibatch-divides-batch"),
            ("minibatch_size = 8", "horizon-divides-minibatch"),
            ("minibatch_size = None", None),
            ("batch_size = 1e3", "integer-sizes"),
            ("update_epochs = 0.5", "integer-clocks"),
            ("total_timesteps = ten", "integer-clocks"),
        ],
    )
    def test_what_it_insists_on(self, tmp_path: Path, train: str, requirement: str | None) -> None:
        assert refused(plan(tree(tmp_path, "2", env="num_agents = 4", train=train))) == requirement

    def test_a_vectorisation_that_there_is_not(self, tmp_path: Path) -> None:
        assert refused(plan(tree(tmp_path, "2", "vec = threads"))) == "known-backend"

    def test_a_native_environment_is_alone_and_needs_no_workers(self, tmp_path: Path) -> None:
        planned = plan(tree(tmp_path, "2", "vec = native", train="num_envs = 1"))
        assert not planned.refusals
        assert (planned.value("num_workers"), planned.value("envs_per_batch")) == (1, 1)

    def test_several_environments_are_not_planned_as_native(self, tmp_path: Path) -> None:
        planned = plan(tree(tmp_path, "2", "vec = native", train="num_workers = 3"))
        assert refused(planned) == "workers-divide-envs"
        assert "planned for --vec multiprocessing" in planned.run.notes[-1]

    def test_serial_runs_as_many_as_a_batch_has(self, tmp_path: Path) -> None:
        planned = plan(tree(tmp_path, "2", "vec = serial", env="num_agents = 4", train="env_batch_size = 4"))
        assert (planned.value("num_envs"), planned.value("num_workers")) == (4, 1)

    def test_nothing_stands_in_for_it(self, tmp_path: Path) -> None:
        planned = plan(tree(tmp_path, "2"))
        assert planned.loop is None
        assert "PufferLib 3 and Metta" in (planned.loop_unknown_because or "")

    def test_its_own_keys_are_read_and_others_are_not(self, tmp_path: Path) -> None:
        entry = tree(tmp_path, "2", vec="num_envs = 4", train="target_kl = 0.1\nvf_ceof = 0.4\nreplay_ratio = 1.0")
        ignored = {ignored.key: ignored.nearest for ignored in plan(entry).ignored}
        assert ignored == {
            "vec.num_envs": "train.num_envs",
            "train.vf_ceof": "train.vf_coef",
            "train.replay_ratio": "train.update_epochs",
        }

    def test_what_its_default_ini_has_is_read(self, tmp_path: Path) -> None:
        entry = written(tmp_path / "config", DEFAULT_2 + "num_minibatches = 2\n", train="num_minibatches = 4")
        assert plan(entry).ignored == ()


class TestFour:
    def test_a_batch_is_its_agents_times_its_horizon(self, tmp_path: Path) -> None:
        planned = plan(tree(tmp_path, "4"))
        expected = {
            "total_agents": 4096,
            "num_workers": 16,
            "agents_per_batch": 2048,
            "async_factor": 2,
            "batch_size": 262_144,
            "segments": 4096,
            "minibatch_segments": 128,
            "minibatches_per_epoch": 32,
            "steps_collected_per_epoch": 262_144,
            "steps_overwritten_per_epoch": 0,
            "epochs": 38,
            "optimizer_steps_total": 1216,
            "adam_beta1": 0.95,
            "optimizer": "muon",
        }
        assert not planned.refusals
        assert {name: planned.value(name) for name in expected} == expected

    def test_gpus_share_the_timesteps(self, tmp_path: Path) -> None:
        assert plan(tree(tmp_path, "4", train="gpus = 4")).value("epochs") == 9

    def test_agents_that_no_buffer_steps_are_counted(self, tmp_path: Path) -> None:
        planned = plan(tree(tmp_path, "4", vec="num_buffers = 5"))
        assert (planned.value("agents_per_batch"), planned.value("agents_without_buffer")) == (819, 1)

    def test_a_training_shorter_than_a_batch_trains_nothing(self, tmp_path: Path) -> None:
        planned = plan(tree(tmp_path, "4", train="total_timesteps = 100_000"))
        assert not planned.refusals
        assert planned.value("epochs") == 0

    @pytest.mark.parametrize(
        ("section", "line", "requirement"),
        [
            ("train", "horizon = 48", "horizon-divides-minibatch"),
            ("train", "horizon = 0", "positive-sizes"),
            ("train", "minibatch_size = 524288", "minibatch-fits-batch"),
            ("train", "minibatch_size = big", "integer-sizes"),
            ("train", "replay_ratio = much", "numeric-clocks"),
            ("vec", "num_buffers = 0", "positive-sizes"),
            ("vec", "total_agents = 64", "minibatch-fits-batch"),
            ("train", "replay_ratio = 0.25", None),
        ],
    )
    def test_what_it_insists_on(self, tmp_path: Path, section: str, line: str, requirement: str | None) -> None:
        assert refused(plan(tree(tmp_path, "4", **{section: line}))) == requirement

    def test_the_agents_of_an_environment_are_its_codes_own(self, tmp_path: Path) -> None:
        planned = plan(tree(tmp_path, "4", env="num_agents = 2"))
        assert planned.quantities["agents_per_env"].unknown_because is not None
        assert planned.value("num_envs") is None

    def test_keys_of_three_are_dead(self, tmp_path: Path) -> None:
        """As in config/chess.ini of PufferLib 052f0f53, which keeps five of them."""
        train = "adam_beta1 = 0.96\nupdate_epochs = 1\nbatch_size = auto\ntorch_deterministic = 1\nvf_ceof = 1"
        ignored = {ignored.key: ignored.nearest for ignored in plan(tree(tmp_path, "4", train=train)).ignored}
        assert ignored == {
            "train.adam_beta1": "train.beta1",
            "train.update_epochs": "train.replay_ratio",
            "train.batch_size": None,
            "train.torch_deterministic": None,
            "train.vf_ceof": "train.vf_coef",
        }


def derived(version: str, settings: Mapping[str, object]) -> Plan:
    return derive(Run("pufferlib", "generated", {k: Setting(k, v) for k, v in settings.items()}, version=version))


@given(
    agents=st.integers(1, 12),
    horizon=st.integers(1, 12),
    rows=st.integers(1, 40),
)
def test_two_mixes_the_rows_that_a_boundary_between_agents_cuts(agents: int, horizon: int, rows: int) -> None:
    batch = rows * horizon
    planned = derived(
        "2",
        {
            "base.vec": "serial",
            "env.num_agents": agents,
            "train.num_envs": 1,
            "train.num_workers": 1,
            "train.env_batch_size": 1,
            "train.batch_size": batch,
            "train.minibatch_size": batch,
            "train.bptt_horizon": horizon,
            "train.update_epochs": 1,
            "train.total_timesteps": batch,
        },
    )
    stored = sorted((step % agents, step // agents) for step in range(batch))
    cut = [stored[row * horizon : (row + 1) * horizon] for row in range(rows)]
    mixed = sum(len({agent for agent, _ in row}) > 1 for row in cut)
    assert planned.value("steps_collected_per_epoch") == -(-batch // agents) * agents
    assert planned.value("mixed_segments") == (mixed if batch % agents == 0 else None)


@given(
    agents=st.integers(1, 5000),
    horizon=st.integers(1, 256),
    minibatch=st.integers(1, 64),
    ratio=st.floats(0.0, 4.0),
    epochs=st.integers(0, 1000),
    gpus=st.integers(1, 8),
)
def test_four_never_trains_past_its_timesteps(
    agents: int, horizon: int, minibatch: int, ratio: float, epochs: int, gpus: int
) -> None:
    planned = derived(
        "4",
        {
            "vec.total_agents": agents,
            "vec.num_buffers": 1,
            "vec.num_threads": 1,
            "train.gpus": gpus,
            "train.horizon": horizon,
            "train.minibatch_size": horizon * min(minibatch, agents),
            "train.replay_ratio": ratio,
            "train.total_timesteps": agents * horizon * epochs * gpus + gpus - 1,
        },
    )
    assert not planned.refusals
    assert planned.value("epochs") == epochs
    minibatches = planned.number("minibatches_per_epoch")
    assert minibatches is not None
    exact = ratio * agents / min(minibatch, agents)
    assert exact - 1 - 1e-3 <= minibatches <= exact + 1e-3


@given(st.floats(min_value=-(2.0**99), max_value=2.0**99, width=32))
def test_single_precision_keeps_its_own_numbers(number: float) -> None:
    assert float32(number) == number


class TestRealTrees:
    @pytest.mark.parametrize(
        ("case", "code", "places"),
        [
            (
                "P17",
                "ML501",
                {("trash_pickup.ini", 30, "train.vf_coef"), ("trash_pickup.ini", 32, "train.vf_clip_coef")},
            ),
            ("P18", "ML501", {("connect4.ini", 23, "train.ent_coef"), ("trash_pickup.ini", 33, "train.vf_coef")}),
            ("P19", "ML401", {("bsuite.ini", 7, "num_workers = 8")}),
        ],
    )
    def test_what_is_wrong_with_them_is_found_at_its_line_and_nothing_else_is(
        self, corpus: Path, case: str, code: str, places: set[tuple[str, int, str]]
    ) -> None:
        found = check([str(corpus / "cases" / case)], Config()).findings
        expected = {(name, line): word for name, line, word in places}
        assert {(f.span.path.rpartition("/")[2], f.span.line) for f in found} == set(expected)
        for finding in found:
            assert finding.code == code
            assert expected[finding.span.path.rpartition("/")[2], finding.span.line] in finding.message

    @pytest.mark.parametrize(
        ("case", "version"), [("P17", "2"), ("P18", "2"), ("P19", "2"), ("P21", "2"), ("P22", "3")]
    )
    def test_their_versions(self, corpus: Path, case: str, version: str) -> None:
        plans = check([str(corpus / "cases" / case)], Config()).plans
        assert plans
        assert {planned.run.version for planned in plans} == {version}

    def test_the_default_of_the_months_before_three(self, corpus: Path) -> None:
        """P20 holds a default.ini alone, at the top, with the keys of 3."""
        assert plan((corpus / "cases" / "P20" / "config" / "default.ini").as_posix()).run.version == "3"

    def test_the_tree_of_july_2025_is_three(self, corpus: Path) -> None:
        plans = check([str(corpus / "pufferlib-2025-07")], Config()).plans
        assert {planned.run.version for planned in plans} == {"3"}

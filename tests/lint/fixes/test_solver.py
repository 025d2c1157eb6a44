"""The solver: the nearest settings with which a run is clean, as the plan of the edited files then says."""

from __future__ import annotations

import json
from math import log2
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import jsonschema
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from metta_lint.api.testing import write_metta, write_pufferlib
from metta_lint.check.linter import check
from metta_lint.cli import run_command
from metta_lint.fixes.problems import problems_of
from metta_lint.fixes.solver import solve
from metta_lint.fixes.solver.answers import answer, with_solved
from metta_lint.fixes.solver.candidates import candidates, divisors
from metta_lint.plans.run import Machine, Setting
from metta_lint.project.config import Config
from metta_lint.project.runs import plan_run
from metta_lint.sources.text import FileText
from metta_lint.trainers.dialects import trainer_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from metta_lint.plans.plan import Plan
    from metta_lint.sources.edit import Edit

    Drawn = tuple[Callable[[Path, dict[str, object]], str], dict[str, object]]

ROOT = Path(__file__).parents[3]
MACHINE = Machine(cpus=32, gpus=1)
SMALL = st.integers(1, 32)


def planned(entry: Path | str, *overrides: str) -> Plan:
    return plan_run(str(entry), Config(), overrides, MACHINE, with_problems=True)


def best(plan: Plan, **wants: object) -> dict[str, object]:
    """The nearest proposal's settings."""
    proposals = solve(plan, wants)
    return dict(proposals[0].changes) if proposals else {}


def apply(edits: tuple[Edit, ...]) -> None:
    for path in {edit.span.path for edit in edits}:
        data = Path(path).read_bytes()
        Path(path).write_bytes(FileText(path, data.decode()).edited(edit for edit in edits if edit.span.path == path))


def with_setting(plan: Plan, key: str, value: object) -> Plan:
    changed = {**plan.run.settings, key: Setting(key, value)}
    return trainer_for(plan.run.entry).derive(plan.run._replace(settings=changed), None)


# -- what people run on ------------------------------------------------------------------------------------------------


def test_three_agents_on_mettas_defaults_need_a_minibatch_that_divides_the_clean_batch() -> None:
    plan = planned(ROOT / "examples/configs/train_job.yaml")
    assert problems_of(plan).keys() == {"steps_overwritten_per_epoch", "stitched_segments"}
    alone = with_setting(plan, "trainer.batch_size", 522_240)
    assert alone.refusals[0].requirement == "minibatch-divides-batch"
    assert best(plan) == {"trainer.batch_size": 522_240, "trainer.minibatch_size": 16_320}
    assert best(alone) == {"trainer.minibatch_size": 16_320}
    assert problems_of(solve(plan)[0].plan) == {}


def test_the_real_job_of_24_agents_needs_a_batch_that_its_agents_fill(corpus: Path) -> None:
    plan = planned(corpus / "metta-2025-07/configs/train_job.yaml")
    assert problems_of(plan)["steps_overwritten_per_epoch"] == "steps_overwritten_per_epoch = 454,912"
    (proposal,) = solve(plan)
    assert proposal.changes == {"trainer.batch_size": 491_520}
    assert proposal.plan.value("steps_collected_per_epoch") == 491_520
    assert proposal.plan.value("steps_overwritten_per_epoch") == 0


@pytest.mark.parametrize(
    ("overrides", "changes"),
    [
        (["train.batch_size=262000"], {"train.batch_size": 262_144}),
        (["train.batch_size=131072"], {"train.batch_size": 262_144}),
        (["train.minibatch_size=30000"], {"train.minibatch_size": 32_768}),
        (["vec.num_envs=60"], {"vec.num_envs": 64}),
        (["vec.num_workers=48"], {"vec.num_workers": 32}),
        (["vec.batch_size=24"], {"vec.batch_size": 32}),
        (["train.max_minibatch_size=20000"], {"train.max_minibatch_size": 16_384}),
    ],
)
def test_pufferlibs_refusals_have_the_nearest_sizes_that_it_takes(
    corpus: Path, overrides: list[str], changes: dict[str, object]
) -> None:
    plan = planned(corpus / "pufferlib-2025-07/pufferlib/config/metta.ini", *overrides)
    assert plan.refusals
    assert best(plan) == changes


def test_every_real_run_that_can_be_solved_is_clean_in_its_edited_files(corpus: Path) -> None:
    entries = sorted((corpus / "pufferlib-2025-07/pufferlib/config").glob("*.ini"))
    solved = 0
    for entry in entries:
        if entry.name == "default.ini":
            continue
        plan = planned(entry)
        answered = answer(plan, {})
        for solution in answered.proposals:
            assert problems_of(solution.proposal.plan) == {}
            assert solution.edits
            solved += 1
    assert solved


def test_what_no_size_has_a_part_in_has_no_proposal(tmp_path: Path) -> None:
    assert solve(planned(write_pufferlib(tmp_path, {"train.optimizer": "sgd"}))) == []
    assert solve(planned(write_pufferlib(tmp_path, {"train.optimizer": "sgd", "train.batch_size": 48}))) == []


def test_a_clean_run_has_no_proposal(tmp_path: Path) -> None:
    assert solve(planned(write_pufferlib(tmp_path, {}))) == []
    assert solve(planned(write_metta(tmp_path, {}))) == []


def test_a_wanted_number_of_environments_is_solved_for_where_it_is_derived(tmp_path: Path) -> None:
    plan = planned(write_metta(tmp_path, {"trainer.batch_size": 64}))
    assert plan.value("num_envs") == 4
    assert best(plan, num_envs=8) == {"trainer.forward_pass_minibatch_target_size": 8}
    (proposal,) = solve(plan, {"num_envs": 8})[:1]
    assert proposal.plan.value("num_envs") == 8


# -- laws --------------------------------------------------------------------------------------------------------------

PUFFERLIB_SIZES = st.fixed_dictionaries(
    {
        "train.total_timesteps": st.just(100_000),
        "vec.num_envs": SMALL,
        "vec.num_workers": SMALL,
        "train.minibatch_size": SMALL,
        "train.bptt_horizon": SMALL,
    },
    optional={
        "train.batch_size": st.integers(1, 96),
        "train.max_minibatch_size": SMALL,
        "vec.batch_size": SMALL,
        "train.update_epochs": st.integers(1, 3),
        "env.game.num_agents": st.integers(1, 6),
    },
)
METTA_SIZES = st.fixed_dictionaries(
    {
        "trainer.total_timesteps": st.just(100_000),
        "trainer.batch_size": st.integers(1, 96),
        "trainer.minibatch_size": SMALL,
        "trainer.bptt_horizon": st.integers(1, 12),
        "trainer.forward_pass_minibatch_target_size": SMALL,
    },
    optional={
        "trainer.num_workers": st.integers(1, 8),
        "trainer.async_factor": st.integers(1, 4),
        "trainer.update_epochs": st.integers(1, 3),
        "env.game.num_agents": st.integers(1, 6),
    },
)
RUNS = st.one_of(st.tuples(st.just(write_pufferlib), PUFFERLIB_SIZES), st.tuples(st.just(write_metta), METTA_SIZES))


@settings(max_examples=12, phases=[Phase.explicit, Phase.generate])
@given(RUNS)
def test_every_proposal_is_clean_once_its_edits_are_made(drawn: Drawn) -> None:
    write, changes = drawn
    with TemporaryDirectory() as folder:
        entry = write(Path(folder), changes)
        for number, solution in enumerate(answer(planned(entry), {}).proposals):
            write(Path(folder), changes)
            assert solution.edits, solution.not_written
            apply(solution.edits)
            after = planned(entry)
            assert problems_of(after) == {}, number
            assert all(after.run.value(key) == value for key, value in solution.proposal.changes.items())


@settings(max_examples=8, phases=[Phase.explicit, Phase.generate])
@given(RUNS)
def test_no_value_of_one_setting_on_a_small_grid_is_clean_and_nearer(drawn: Drawn) -> None:
    write, changes = drawn
    with TemporaryDirectory() as folder:
        plan = planned(write(Path(folder), changes))
    if not problems_of(plan):
        return
    proposals = solve(plan)
    nearest = proposals[0].distance if proposals else 1.0
    for key in trainer_for(plan.run.entry).solvable.sizes:
        now = plan.run.value(key)
        if type(now) is not int:
            continue
        for value in range(max(1, now - 12), now + 13):
            if abs(log2(value / now)) < nearest - 1e-9:
                assert problems_of(with_setting(plan, key, value)), (key, value, nearest)


@given(st.integers(1, 10**9))
def test_divisors_divide_and_are_all_there_are_of_a_smooth_number(number: int) -> None:
    found = divisors(number)
    assert all(number % divisor == 0 for divisor in found)
    assert list(found) == sorted(set(found))
    assert {1, number} <= set(found)
    assert all(number % small != 0 or small in found for small in range(1, 200))


@given(st.integers(1, 10**6), st.lists(st.integers(0, 10**9), max_size=6))
def test_candidates_are_other_positive_numbers_nearest_first(value: int, beside: list[int]) -> None:
    found = candidates(value, beside)
    assert value not in found
    assert min(found) > 0
    assert [abs(log2(each / value)) for each in found] == sorted(abs(log2(each / value)) for each in found)


# -- findings, and the command -----------------------------------------------------------------------------------------


def test_findings_of_sizes_get_the_nearest_settings_as_help_and_unsafe_fix(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_metta(Path(), {"trainer.batch_size": 48, "trainer.total_timesteps": 640})
    report = check(["."], Config(), (), MACHINE)
    (finding,) = [f for f in with_solved(report.findings, report.plans) if f.code == "ML402"]
    assert finding.help == "the nearest clean settings: trainer.batch_size = 64 (now 48)"
    assert finding.fix is not None
    assert finding.fix.is_safe is False
    assert finding.fix.message == "set trainer.batch_size to 64"
    apply(finding.fix.edits)
    assert [f.code for f in check(["."], Config(), (), MACHINE).findings] == []


def test_solve_prints_what_each_proposal_changes(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["solve", str(ROOT / "examples/configs/train_job.yaml")]) == 0
    out = capsys.readouterr().out
    assert "1. trainer.batch_size = 522240 (now 524288), trainer.minibatch_size = 16320 (now 16384)" in out
    assert "steps_overwritten_per_epoch          516,112        0" in out


def test_solve_json_is_what_its_schema_says(capsys: pytest.CaptureFixture[str]) -> None:
    entry = str(ROOT / "examples/configs/train_job.yaml")
    assert run_command(["solve", entry, "--want", "num_envs=64", "--output-format", "json"]) in (0, 1)
    data = json.loads(capsys.readouterr().out)
    jsonschema.validate(data, json.loads((ROOT / "docs/schema/solve.json").read_text(encoding="utf-8")))
    assert data["wants"] == {"num_envs": 64}
    assert data["clean"] is False


def test_a_wanted_setting_is_changed_and_the_rest_solved_around_it(capsys: pytest.CaptureFixture[str]) -> None:
    entry = str(ROOT / "examples/configs/train_job.yaml")
    assert run_command(["solve", entry, "--want", "batch_size=522240", "--output-format", "json"]) == 0
    first = json.loads(capsys.readouterr().out)["proposals"][0]
    assert [(each["key"], each["after"]) for each in first["settings"]] == [
        ("trainer.batch_size", 522_240),
        ("trainer.minibatch_size", 16_320),
    ]


def test_solve_says_that_a_clean_run_needs_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    entry = write_pufferlib(tmp_path, {})
    assert run_command(["solve", entry]) == 0
    assert "nothing to solve" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("want", "message"),
    [
        ("num_env=4", "no quantity of pufferlib is called 'num_env'; did you mean num_envs?"),
        ("num_envs", "--want num_envs: expected quantity=value"),
        ("num_envs=[4]", "--want num_envs=[4]: expected one number or one word"),
        ("num_env={[]: 1}", "no quantity of pufferlib is called 'num_env'"),
    ],
)
def test_a_want_that_is_none_is_a_usage_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], want: str, message: str
) -> None:
    assert run_command(["solve", write_pufferlib(tmp_path, {}), "--want", want]) == 2
    assert message in capsys.readouterr().err


def test_what_cannot_be_solved_has_exit_code_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["solve", write_pufferlib(tmp_path, {"train.optimizer": "sgd"})]) == 1
    assert "no change of one or two sizes makes it clean" in capsys.readouterr().out


def test_a_finding_of_several_runs_is_mended_in_all_of_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    entry = Path(write_metta(Path(), {"trainer.batch_size": 48, "trainer.total_timesteps": 640}))
    other = entry.with_name("other_job.yaml")
    other.write_bytes(entry.read_bytes())
    shared = Path("configs/trainer/trainer.yaml").read_bytes()
    assert run_command(["check", "--fix", "--unsafe-fixes", "--select", "ML402"]) == 0
    assert all(path.read_text(encoding="utf-8").endswith("  batch_size: 64\n") for path in (entry, other))
    assert Path("configs/trainer/trainer.yaml").read_bytes() == shared


def test_a_run_of_which_not_all_is_known_is_not_called_clean(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    entry = write_metta(tmp_path, {"trainer.num_workers": None})
    assert run_command(["solve", entry, "--output-format", "json"]) == 1
    data = json.loads(capsys.readouterr().out)
    jsonschema.validate(data, json.loads((ROOT / "docs/schema/solve.json").read_text(encoding="utf-8")))
    assert data["clean"] is None
    assert data["unknown_because"][0].startswith("the machine's CPU cores are not known: say --cpus")
    assert run_command(["solve", entry]) == 1
    assert "wastes nothing cannot be known\n  unknown: the machine's CPU cores" in capsys.readouterr().out
    assert run_command(["solve", entry, "--cpus", "4", "--gpus", "1", "--output-format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["clean"] is not None

"""Sweeps: read from both dialects, over the best run that there is, and walked to their corners."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from metta_lint.api.testing import measure, write_metta, write_pufferlib
from metta_lint.check.linter import check
from metta_lint.plans.pair import Pair
from metta_lint.plans.sweeps.corners import refused_corners, wasteful_corners
from metta_lint.project.config import Config, Selector
from metta_lint.project.discovery import discover
from metta_lint.project.runs import plan_run
from metta_lint.trainers.dialects import sweeps_by_file

if TYPE_CHECKING:
    from pathlib import Path

    from metta_lint.plans.plan import Plan
    from metta_lint.plans.sweeps.sweep import Sweep

SWEEP = "[sweep]\nmethod = Protein\nmetric = score\ngoal = maximize\ndownsample = 10\n"
RANGE = "[sweep.train.{}]\ndistribution = {}\nmin = {}\nmax = {}\nmean = {}\nscale = auto\n"
YAML = "parameters:\n  trainer:\n"
FIELD = "    {}: {{distribution: {}, min: {}, max: {}, mean: {}, scale: auto}}\n"


def sweeps_of(folder: Path) -> list[Sweep]:
    found = discover([folder.as_posix()])
    plans = [plan_run(entry, Config()) for entry in found.entries]
    return [sweep for _, find in sweeps_by_file(found.files, found.trees, plans) for sweep in find()]


def puffer(folder: Path, *ranges: str, **changes: object) -> Sweep:
    """The sweep of the tiny PufferLib pair with these ranges in its default.ini."""
    entry = write_pufferlib(folder, {key.replace("__", "."): value for key, value in changes.items()})
    default = folder / "pufferlib" / "config" / "default.ini"
    default.write_text(default.read_text(encoding="utf-8") + SWEEP + "".join(ranges), encoding="utf-8")
    return next(sweep for sweep in sweeps_of(folder) if sweep.path == entry)


def metta(folder: Path, *fields: str, chosen: bool = True, **changes: object) -> Sweep:
    """The sweep of the tiny Metta tree with these parameters."""
    entry = folder / write_metta(folder, {key.replace("__", "."): value for key, value in changes.items()})
    if chosen:
        text = entry.read_text(encoding="utf-8").replace("- trainer: trainer\n", "- trainer: trainer\n- sweep: full\n")
        entry.write_text(text, encoding="utf-8")
    path = folder / "configs" / "sweep" / "full.yaml"
    path.parent.mkdir()
    path.write_text(YAML + "".join(fields), encoding="utf-8")
    (sweep,) = sweeps_of(folder)
    return sweep


def measured(plan: Plan) -> dict[str, object]:
    """What the reference trainer measures of a run."""
    return {row.quantity: row.left[1] for row in measure(Pair(plan, plan, "a corner"), []).rows}


# -- reading -----------------------------------------------------------------------------------------------------------


def test_an_ini_takes_the_fields_that_it_leaves_out_from_its_default(tmp_path: Path) -> None:
    puffer(tmp_path, RANGE.format("gamma", "logit_normal", 0.8, 0.99, 0.9))
    entry = tmp_path / "pufferlib" / "config" / "metta.ini"
    entry.write_text(
        entry.read_text(encoding="utf-8") + "[sweep.train.gamma]\nmax = 0.999 # higher\n", encoding="utf-8"
    )
    default, own = sweeps_of(tmp_path)
    gamma = own.parameters["train.gamma"]
    assert (gamma.value("max"), gamma.value("min"), gamma.value("distribution")) == (0.999, 0.8, "logit_normal")
    assert gamma.place("max").path == gamma.span.path == entry.as_posix()
    assert gamma.place("min").path == default.path
    assert default.parameters["train.gamma"].value("max") == 0.99


def test_a_sweep_of_yaml_has_the_keys_of_its_trainer(tmp_path: Path) -> None:
    sweep = metta(tmp_path, "    optimizer:\n      learning_rate: {distribution: log_normal, min: 1e-5}\n")
    rate = sweep.parameters["trainer.optimizer.learning_rate"]
    assert rate.value("min") == 1e-5
    assert rate.missing == ("max", "mean", "scale")
    assert (sweep.based_on, sweep.chosen) == ("configs/train_job.yaml", True)


def test_a_sweep_that_no_run_asks_for_goes_over_the_trainer_of_its_tree(tmp_path: Path) -> None:
    sweep = metta(tmp_path, FIELD.format("batch_size", "uniform_pow2", 32, 64, 32), chosen=False)
    assert (sweep.based_on, sweep.chosen) == ("configs/trainer/trainer.yaml", False)


def test_inis_without_a_sweep_have_none(tmp_path: Path) -> None:
    write_pufferlib(tmp_path, {})
    assert sweeps_of(tmp_path) == []


def test_a_sweep_beside_an_unreadable_file_is_still_read(tmp_path: Path) -> None:
    sweep = metta(tmp_path, FIELD.format("batch_size", "uniform_pow2", 32, 64, 32))
    (tmp_path / "configs" / "sweep" / "broken.yaml").write_text("parameters: [\n", encoding="utf-8")
    (again,) = sweeps_of(tmp_path)
    assert again.parameters == sweep.parameters


def test_a_fault_of_the_default_is_reported_once(tmp_path: Path) -> None:
    puffer(tmp_path, RANGE.format("gamma", "uniform", 0.8, 0.9, 0.95))
    (finding,) = check([tmp_path.as_posix()], Config(selectors=(Selector("ML604"),))).findings
    assert finding.span.path.endswith("default.ini")
    assert len(finding.others) == 1


def test_a_key_beside_sections_of_parameters_stops_the_search(tmp_path: Path) -> None:
    sweep = puffer(tmp_path, RANGE.format("gamma", "uniform", 0.8, 0.9, 0.85), "[sweep.train]\nclip_coef = 0.1\n")
    (stop,) = sweep.stops
    assert stop.message.startswith("[sweep.train] clip_coef = 0.1: AssertionError")
    assert list(sweep.parameters) == ["train.gamma"]


@pytest.mark.parametrize(
    "value", ["[1]", "{}", "inf", "nan", "1" + "0" * 400, "1e308", "'text'", "None", "-0.0", "%%s"]
)
@pytest.mark.parametrize("field", range(5))
def test_no_field_is_too_odd_to_be_linted(value: str, field: int, tmp_path: Path) -> None:
    fields = ["log_normal", "1", "9", "3"]
    fields.insert(field, value)
    text = RANGE.format("batch_size", *fields[:4])
    assert puffer(tmp_path, text if field < 4 else text.replace("auto", value)).parameters
    assert check([tmp_path.as_posix()], Config(selectors=(Selector("ML6"),))).exit_code in (0, 1)


# -- corners -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ranges", "requirement", "values", "counts"),
    [
        (
            [RANGE.format("minibatch_size", "uniform_pow2", 8, 64, 16)],
            "minibatch-fits-batch",
            {"train.minibatch_size": 64},
            (1, 4),
        ),
        (
            [
                RANGE.format("minibatch_size", "uniform_pow2", 4, 16, 16),
                RANGE.format("bptt_horizon", "uniform_pow2", 2, 8, 4),
            ],
            "horizon-divides-minibatch",
            {"train.minibatch_size": 4, "train.bptt_horizon": 8},
            (1, 9),
        ),
        (
            [RANGE.format("total_timesteps", "log_normal", 8, 512, 64)],
            "timesteps-fill-batch",
            {"train.total_timesteps": 8.0},
            (11, 33),
        ),
        (
            [RANGE.format("minibatch_size", "uniform_pow2", 8, 16, 64)],
            "minibatch-fits-batch",
            {"train.minibatch_size": 64},
            (1, 1),
        ),
        (
            [RANGE.format("minibatch_size", "int_uniform", 8, 32, 16)],  # what divides at both ends does not between
            "horizon-divides-minibatch",
            {"train.minibatch_size": 31},
            (18, 25),
        ),
    ],
)
def test_the_reference_trainer_refuses_the_corners_of_a_pufferlib_sweep(
    ranges: list[str], requirement: str, values: dict[str, float], counts: tuple[int, int], tmp_path: Path
) -> None:
    (corner,) = refused_corners(puffer(tmp_path, *ranges))
    assert corner.refusal is not None
    assert corner.refusal.requirement == requirement
    assert corner.values == pytest.approx(values)
    assert (corner.lost, corner.tried) == counts
    assert measured(corner.plan)["crash"] == requirement


def test_workers_between_the_ends_of_their_range_must_divide_the_environments(tmp_path: Path) -> None:
    workers = RANGE.format("num_workers", "int_uniform", 2, 4, 2).replace("sweep.train", "sweep.vec")
    (corner,) = refused_corners(puffer(tmp_path, workers))
    assert corner.values == {"vec.num_workers": 3}
    assert measured(corner.plan)["crash"] == "workers-divide-envs"


@pytest.mark.parametrize(
    ("field", "requirement"),
    [
        (FIELD.format("bptt_horizon", "uniform_pow2", 2, 8, 4), "agents-fit-segments"),
        (FIELD.format("minibatch_size", "int_uniform", 12, 20, 16), "minibatch-divides-batch"),
        (FIELD.format("total_timesteps", "log_normal", 32, 512, 100), "integer-clocks"),
    ],
)
def test_the_reference_trainer_refuses_the_corners_of_a_metta_sweep(
    field: str, requirement: str, tmp_path: Path
) -> None:
    corner = next(refused_corners(metta(tmp_path, field)))
    assert corner.refusal is not None
    assert measured(corner.plan)["crash"] == corner.refusal.requirement == requirement


def test_the_reference_trainer_overwrites_what_a_wasteful_corner_says(tmp_path: Path) -> None:
    sweep = metta(tmp_path, FIELD.format("batch_size", "int_uniform", 32, 96, 64), trainer__minibatch_size=4)
    (corner,) = wasteful_corners(sweep)
    seen = measured(corner.plan)
    overwritten, collected = (seen[f"steps_{name}_per_epoch"] for name in ("overwritten", "collected"))
    assert corner.share == overwritten / collected > 0


def test_a_sweep_inside_what_the_trainer_takes_has_no_corners(tmp_path: Path) -> None:
    ranges = [
        RANGE.format("minibatch_size", "uniform_pow2", 8, 32, 16),
        RANGE.format("total_timesteps", "log_normal", 48, 512, 64),
    ]
    sweep = puffer(tmp_path, *ranges)
    assert not list(refused_corners(sweep))
    assert not list(wasteful_corners(sweep))


def test_what_the_run_itself_is_refused_for_is_not_said_of_its_sweep(tmp_path: Path) -> None:
    gamma = RANGE.format("total_timesteps", "log_normal", 48, 512, 64)
    assert not list(refused_corners(puffer(tmp_path, gamma, vec__num_workers=3)))


def test_a_guessed_run_that_refuses_the_whole_sweep_is_not_held_against_it(tmp_path: Path) -> None:
    field = FIELD.format("batch_size", "uniform_pow2", 4, 8, 4)
    assert not list(refused_corners(metta(tmp_path / "guess", field, chosen=False)))
    assert list(refused_corners(metta(tmp_path / "chosen", field)))


@pytest.mark.parametrize(("horizon", "refused"), [(16, 0), (128, 1)])
def test_where_no_file_says_the_agents_all_counts_must_be_refused(horizon: int, refused: int, tmp_path: Path) -> None:
    trainer = {
        "num_workers": "null",
        "batch_size": 524288,
        "minibatch_size": 16384,
        "bptt_horizon": 64,
        "update_epochs": 1,
        "total_timesteps": 10**10,
        "forward_pass_minibatch_target_size": 4096,
        "async_factor": 2,
    }
    files = {
        "trainer/trainer.yaml": "".join(f"{key}: {value}\n" for key, value in trainer.items()),
        "sweep/full.yaml": YAML + FIELD.format("bptt_horizon", "uniform_pow2", 1, horizon, 16),
    }
    for name, text in files.items():
        path = tmp_path / "configs" / name
        path.parent.mkdir(parents=True)
        path.write_text(text, encoding="utf-8")
    (sweep,) = sweeps_of(tmp_path)
    corners = list(refused_corners(sweep))
    assert len(corners) == refused
    assert all(not corner.plan.refusals for corner in corners)

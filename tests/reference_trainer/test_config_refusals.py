"""What ends before there is a loop is not run, and a verification says so; the other side is run all the same."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from metta_lint.api import Case
from metta_lint.api.testing import measure, write_pair
from metta_lint.base.wording import show
from metta_lint.plans.waste import waste_of
from metta_lint.reports.style import Style
from metta_lint.reports.verification import estimate_text, verification_data, verification_text
from metta_lint.verification.verify import Row, judge_rows
from metta_lint_rules.wasted_rollout import WastedRollout

if TYPE_CHECKING:
    from pathlib import Path


def test_a_config_that_is_refused_is_not_exercised(tmp_path: Path) -> None:
    result = measure(write_pair(tmp_path, Case(left={"base.vec": "multiprocessing"})), [])
    crash = next(row for row in result.rows if row.quantity == "crash")
    assert (crash.left, crash.right) == (("sections-hold-keys", None), ("none", "none"))
    assert (crash.verdict, crash.why) == ("not exercised", "left: the reference trainer is given a loop, not a config")
    assert result.exit_code == 0
    assert next(row for row in result.rows if row.quantity == "num_envs").right == (4, 4)


def test_reports_of_it_name_what_stopped_the_trainer(tmp_path: Path) -> None:
    result = measure(write_pair(tmp_path, Case(left={"vec.threads": 8})), [])
    assert "is not run" in estimate_text(result, Style())
    assert "Invalid argument: threads" in estimate_text(result, Style())
    assert "not exercised" in verification_text(result, Style())
    data = verification_data(result)
    assert json.loads(json.dumps(data, default=str))["device"] == "cpu"
    assert data["runs"]["left"]["estimate"] == {"bytes": 0, "seconds": 0.0}


def test_a_verdict_is_colored_and_a_reason_that_ends_like_one_is_not(tmp_path: Path) -> None:
    result = measure(write_pair(tmp_path, Case(left={"vec.threads": 8})), [])
    judged = Row("num_envs", (4, 4), (4, 4), "confirmed")
    other = Row("crash", ("none", None), ("none", "none"), "not exercised", "left: refuted")
    text = verification_text(result._replace(rows=[judged, other]), Style(colored=True))
    first, second = (line for line in text.splitlines() if line.startswith(("num_envs", "crash")))
    assert first.endswith(Style(colored=True).paint("good", "confirmed"))
    assert second.endswith("not exercised: left: refuted")


def test_the_rate_that_a_run_ends_with_is_measured(tmp_path: Path) -> None:
    result = measure(write_pair(tmp_path, Case(left={"train.anneal_lr": True})), [])
    row = next(row for row in result.rows if row.quantity == "final_learning_rate")
    predicted, measured = row.left
    assert row.verdict == "confirmed"
    assert predicted == measured == 0.0005


def test_serial_takes_no_seed_and_trains(tmp_path: Path) -> None:
    result = measure(write_pair(tmp_path, Case(left={"train.seed": None, "vec.backend": "Serial"})), [])
    assert {row.verdict for row in result.rows} == {"confirmed"}


def test_steps_that_are_dropped_are_hours_lost(tmp_path: Path) -> None:
    """Of 30 steps that four single agents collect in an epoch, 6 have no row: 20%."""
    _, drops = WastedRollout.drifts
    result = measure(write_pair(tmp_path, drops), [])
    seen = result.observations["left"]
    waste = waste_of(seen.quantities.get)
    assert waste is not None
    assert (waste.dropped, waste.share) == (6, 0.2)
    text = verification_text(result, Style())
    assert "6 (20.0%)" in text
    *_, hours, _, _ = text.splitlines()
    assert hours.startswith("hours lost")
    assert f" {show(round(waste.hours(seen.rates['steps_per_second']), 1))} " in hours


def test_what_is_measured_and_not_predicted_is_not_confirmed(tmp_path: Path) -> None:
    pair = write_pair(tmp_path, Case())
    result = measure(pair, [])
    quantities = {**pair.left.quantities}
    del quantities["segments"]
    unsure = pair._replace(left=pair.left._replace(quantities=quantities))
    rows = {row.quantity: row for row in judge_rows(unsure, *result.observations.values())}
    row = rows["segments"]
    assert (row.left, row.right) == ((None, 8), (8, 8))
    assert (row.verdict, row.why) == ("not predicted", "left: the plan does not say it")


def test_a_refused_update_has_a_rollout_behind_it(tmp_path: Path) -> None:
    refused = {"trainer.lr_scheduler.enabled": True, "trainer.total_timesteps": 8}
    result = measure(write_pair(tmp_path, Case(right=refused)), [])
    rows = {row.quantity: row for row in result.rows}
    assert rows["crash"].right == ("timesteps-fill-batch", "timesteps-fill-batch")
    assert rows["steps_collected_per_epoch"].right == (32, 32)
    assert {row.verdict for row in result.rows} == {"confirmed"}

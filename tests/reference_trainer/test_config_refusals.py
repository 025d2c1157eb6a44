"""What ends before there is a loop is not run, and a verification says so; the other side is run all the same."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from metta_lint.api import Case
from metta_lint.api.testing import measure, write_pair
from metta_lint.reports.style import Style
from metta_lint.reports.verification import estimate_text, verification_data, verification_text

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


def test_the_rate_that_a_run_ends_with_is_measured(tmp_path: Path) -> None:
    result = measure(write_pair(tmp_path, Case(left={"train.anneal_lr": True})), [])
    row = next(row for row in result.rows if row.quantity == "final_learning_rate")
    predicted, measured = row.left
    assert row.verdict == "confirmed"
    assert predicted == measured == 0.0005

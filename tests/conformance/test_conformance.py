"""The conformance suite's own parts, and, where the real trainer is installed, a small run of it."""

from __future__ import annotations

import sys
from configparser import ConfigParser
from typing import TYPE_CHECKING, Any

import pytest

from conformance import drive
from conformance.__main__ import PYTHON, main
from conformance.causes import CAUSES
from conformance.conditions import CONDITIONS, WHEN
from conformance.configs import DEFAULT, FAMILIES, Config, generate
from conformance.judge import Verdict, judge, measure
from conformance.planned import Planned, plan
from conformance.report import Report
from metta_lint.plans.plan import HANGS, Refusal

if TYPE_CHECKING:
    from pathlib import Path

EPOCH = {
    "steps_collected_per_epoch": 48,
    "steps_dropped_per_epoch": 0,
    "minibatches_per_epoch": 3,
    "optimizer_steps_per_epoch": 3,
    "steps_trained_stale": 0,
}
TRAINED: dict[str, Any] = {
    "outcome": "trained",
    "phase": "loop",
    "counts": {"num_envs": 4, "num_workers": 2, "agents_per_env": 3, "agents_per_batch": 6},
    "epochs": [EPOCH, EPOCH],
    "capped": False,
}
REFUSED: dict[str, Any] = {
    "outcome": "refused",
    "phase": "vectorisation",
    "exception": "APIUsageError",
    "message": "num_envs must be divisible by num_workers",
    "counts": {},
    "epochs": [],
    "capped": False,
}
REFUSAL = Refusal("workers-divide-envs", "APIUsageError", "5 environments, 2 workers", ("vec.num_envs",))
CONFIG = Config(0, "layouts", {"vec.num_envs": "4"})


def planned(*refusals: Refusal, error: str | None = None, **quantities: object) -> Planned:
    return Planned(quantities, {}, refusals, error)


def test_a_seed_draws_the_same_configs_again() -> None:
    assert list(generate(3, 120)) == list(generate(3, 120))
    assert list(generate(3, 120)) != list(generate(4, 120))


def test_every_family_is_drawn() -> None:
    drawn = {config.family for config in generate(1, sum(FAMILIES.values()))}
    assert drawn == {family.__name__ for family in FAMILIES}


def test_files_say_what_the_config_says(tmp_path: Path) -> None:
    settings = {"base.env_name": "tiny", "vec.num_envs": "8", "train.gamma": None}
    entry = Config(0, "layouts", settings).write(tmp_path)
    parser = ConfigParser()
    assert len(parser.read([entry.parent / "default.ini", entry])) == 2
    assert parser["vec"]["num_envs"] == "8"
    assert parser["train"]["bptt_horizon"] == DEFAULT["train.bptt_horizon"]
    assert "gamma" not in parser["train"]


def test_every_drawn_config_has_a_plan_or_an_error_and_every_refusal_its_words(tmp_path: Path) -> None:
    for config in generate(2, 150):
        answer = plan(config, config.write(tmp_path / str(config.number)))
        assert answer.quantities or answer.error
        for refusal in answer.refusals:
            assert refusal.requirement in CONDITIONS
            assert refusal.when in WHEN


def test_measured_counts_take_the_names_of_the_plan() -> None:
    measured = measure(TRAINED)
    assert measured["envs_per_batch"] == 2
    assert measured["envs_per_worker"] == 2
    assert measured["epochs"] == 2
    assert measured["optimizer_steps_total"] == 6
    assert "steps_trained_stale" not in measured


def test_epochs_that_differ_are_no_number() -> None:
    outcome = TRAINED | {"epochs": [EPOCH, EPOCH | {"optimizer_steps_per_epoch": 4}]}
    assert measure(outcome)["optimizer_steps_per_epoch"] == [3, 4]


def test_totals_of_a_run_that_was_stopped_are_not_measured() -> None:
    assert "epochs" not in measure(TRAINED | {"capped": True})


@pytest.mark.parametrize(
    ("answer", "outcome", "kind"),
    [
        (planned(num_envs=4, epochs=2), TRAINED, "trained"),
        (planned(num_envs=5), TRAINED, "wrong"),
        (planned(num_envs=4), TRAINED | {"epochs": [EPOCH | {"steps_trained_stale": 1}]}, "wrong"),
        (planned(num_envs=4), REFUSED, "wrong"),
        (planned(REFUSAL), REFUSED, "refused"),
        (planned(REFUSAL), TRAINED, "wrong"),
        (planned(REFUSAL), REFUSED | {"exception": "TypeError"}, "wrong"),
        (planned(REFUSAL), REFUSED | {"phase": "first update"}, "wrong"),
        (planned(REFUSAL), REFUSED | {"message": "zero_copy: num_envs must be divisible by batch_size"}, "wrong"),
        (planned(REFUSAL), REFUSED | {"outcome": "hung"}, "wrong"),
        (planned(error="two sections"), REFUSED | {"phase": "config", "exception": "DuplicateSectionError"}, "refused"),
        (planned(error="two sections"), REFUSED, "wrong"),
        (planned(), REFUSED | {"message": "No module named 'ray'", "exception": "ModuleNotFoundError"}, "explained"),
    ],
)
def test_verdict(answer: Planned, outcome: dict[str, Any], kind: str) -> None:
    verdict = judge(CONFIG, answer, outcome)
    assert verdict.kind == kind
    assert (verdict.detail == "") == (kind in ("trained", "refused"))


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("unsupported operand type(s) for /: 'int' and 'str'", "refused"),
        ("unsupported operand type(s) for /: 'int' and 'NoneType'", "wrong"),
        ("unsupported operand type(s) for //: 'int' and 'str'", "wrong"),
    ],
)
def test_a_type_error_names_the_operation_and_the_type_of_its_key(message: str, kind: str) -> None:
    said = "vec.num_workers = 'x' is a str; it must be a number"
    refusal = Refusal("numeric-workers", "TypeError", said, ("vec.num_workers",))
    assert judge(CONFIG, planned(refusal), REFUSED | {"exception": "TypeError", "message": message}).kind == kind


def test_a_hang_is_foreseen_as_one_and_is_no_exception() -> None:
    refusal = Refusal("environment-keys-once", HANGS, "waits", ("env.seed",), "first rollout")
    assert judge(CONFIG, planned(refusal), REFUSED | {"outcome": "hung"}).kind == "refused"
    assert judge(CONFIG, planned(refusal), REFUSED).kind == "wrong"


def test_weights_that_are_no_numbers_are_for_the_plan_to_foresee() -> None:
    epochs = [EPOCH | {"weights_finite": False}]
    assert measure(TRAINED | {"epochs": epochs})["weights_finite"] is False
    assert "weights_finite" not in measure(TRAINED | {"epochs": [EPOCH | {"weights_finite": True}]})


def test_a_number_that_only_the_trainer_has_is_listed_with_the_reason() -> None:
    answer = Planned({"num_envs": 4}, {"epochs": "nobody says"}, ())
    verdict = judge(CONFIG, answer, TRAINED)
    assert verdict.unknown["epochs"] == "nobody says"
    assert verdict.compared == ("num_envs",)


def test_report_counts_lists_and_explains() -> None:
    verdicts = [
        Verdict(CONFIG, "trained", compared=("num_envs",), unknown={"epochs": "nobody says"}),
        Verdict(CONFIG, "refused", "workers-divide-envs"),
        Verdict(CONFIG, "explained", CAUSES[0].name, "it differs"),
        Verdict(CONFIG, "wrong", "", "num_envs: planned 4, measured 5"),
    ]
    report = Report({"torch": "2.9.0"}, 1, verdicts)
    assert report.summary().startswith("4 configs: 1 trained")
    text = report.text()
    assert CAUSES[0].explanation in text
    assert "num_envs: planned 4, measured 5" in text
    assert "| nobody says | 1 |" in text


INTERPRETER = """#!{python}
import json, os, sys, time
for line in sys.stdin:
    job = json.loads(line)
    if job["id"] == 1:
        os._exit(3)
    if job["id"] == 2:
        time.sleep(60)
    print(json.dumps({{"id": job["id"], "outcome": "trained", "phase": "loop"}}), flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="children are process groups")
def test_a_child_that_dies_or_is_silent_is_an_outcome_and_the_others_are_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drive, "SECONDS", 1)
    interpreter = tmp_path / "python"
    interpreter.write_text(INTERPRETER.format(python=sys.executable), encoding="utf-8")
    interpreter.chmod(0o700)
    told: list[int] = []
    jobs = [{"id": number} for number in range(6)]
    outcomes = drive.drive(jobs, interpreter, tmp_path, children=2, tell=told.append)
    found = {number: outcome["outcome"] for number, outcome in outcomes.items()}
    assert found == {0: "trained", 1: "died", 2: "hung", 3: "trained", 4: "trained", 5: "trained"}
    assert sorted(told) == [1, 2, 3, 4, 5, 6]


@pytest.mark.conformance
@pytest.mark.skipif(not PYTHON.is_file(), reason="the real trainer is not installed (make conformance)")
def test_the_plan_is_right_about_configs_that_the_real_trainer_runs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--configs", "60", "--seed", "11"]) == 0, capsys.readouterr().err

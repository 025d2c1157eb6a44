"""Real config trees: found, paired, linted; and each kind of finding is the one that was checked by hand."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from metta_lint.check.linter import check
from metta_lint.plans.comparison import compare
from metta_lint.plans.run import Machine
from metta_lint.project.config import Config

if TYPE_CHECKING:
    from pathlib import Path

    from metta_lint.check.report import Report
    from metta_lint.rules.finding import Finding

MACHINE = Machine(cpus=32, gpus=1)


@pytest.fixture(scope="module")
def report(corpus: Path) -> Report:
    folders = [str(corpus / "pufferlib-2025-07"), str(corpus / "metta-2025-07")]
    return check(folders, Config(), machine=MACHINE)


def of(report: Report, code: str) -> list[Finding]:
    return [finding for finding in report.findings if finding.code == code]


def test_it_finds_the_one_pair_and_says_why(report: Report) -> None:
    (pair,) = report.pairs
    assert pair.left.run.entry.endswith("pufferlib/config/metta.ini")
    assert pair.right.run.entry.endswith("configs/train_job.yaml")
    assert pair.reason.startswith("both train 'metta'")
    assert any(note.startswith("pair: ") for note in report.notes)


def test_nothing_in_it_is_unreadable(report: Report) -> None:
    assert report.exit_code == 1
    assert not of(report, "ML001")


def test_the_agent_counts_name_both_lines_and_what_follows(report: Report) -> None:
    (finding,) = of(report, "ML101")
    assert (finding.span.path.endswith("environments/metta/metta.yaml"), finding.span.line) == (True, 24)
    (related,) = finding.related
    assert (related.span.path.endswith("arena/basic.yaml"), related.span.line) == (True, 13)
    for words in ("64 agents", "against 24", "4,096 agents in all against 7,680"):
        assert words in finding.message


def test_the_waste_is_given_in_steps_percent_and_hours(report: Report) -> None:
    (finding,) = of(report, "ML402")
    for words in ("454,912 of 979,200", "46.5%", "3,840 of 8,192 segments", "12.9 h lost per 1e9 steps"):
        assert words in finding.message
    assert finding.span.path.endswith("trainer/trainer.yaml")


def test_hours_follow_the_given_speed(corpus: Path) -> None:
    machine = MACHINE._replace(steps_per_second=100_000.0)
    found = check([str(corpus / "metta-2025-07")], Config(), machine=machine)
    (finding,) = of(found, "ML402")
    assert "at 100,000 steps/s that is 1.3 h lost per 1e9 steps" in finding.message


def test_a_refusal_is_at_the_line_that_the_run_itself_wrote(report: Report) -> None:
    """crafter.ini and open_spiel.ini set a batch smaller than the minibatch that they inherit."""
    places = {(finding.span.path.rpartition("/")[2], finding.span.line) for finding in of(report, "ML401")}
    assert {("crafter.ini", 10), ("open_spiel.ini", 7), ("kinetix.ini", 17), ("oldgrid.ini", 4)} <= places
    assert len(places) == len(of(report, "ML401")) == 14
    assert not any(name == "default.ini" for name, _ in places)


def test_dead_keys_are_those_of_version_two_and_a_few_more(report: Report) -> None:
    keys = Counter(finding.quantity for finding in of(report, "ML501"))
    assert keys == {
        "train.num_envs": 16,
        "train.env_batch_size": 13,
        "train.num_workers": 11,
        "train.zero_copy": 7,
        "base.max_suggestion_cost": 2,
        "train.use_e3b": 1,
        "train.e3b_coef": 1,
        "train.name": 1,
        "train.project": 1,
        "vec.seed": 1,
    }


def test_the_comparison_has_every_row_that_people_ask_for(report: Report) -> None:
    rows = {row.quantity: (row.left, row.right) for row in compare(report.pairs[0])}
    assert rows["num_envs"] == (64, 320)
    assert rows["envs_per_batch"] == (32, 160)
    assert rows["num_workers"] == (16, 16)
    assert rows["agents_per_env"] == (64, 24)
    assert rows["batch_size"] == (262_144, 524_288)
    assert rows["minibatch_size"] == (32_768, 16_384)
    assert rows["bptt_horizon"] == (64, 64)
    assert rows["total_agents"] == (4_096, 7_680)
    assert rows["segments"] == (4_096, 8_192)
    assert rows["minibatch_segments"] == (512, 256)
    assert rows["minibatches_per_epoch"] == (8, 32)
    assert rows["update_epochs"] == (1, 1)
    assert rows["optimizer_steps_per_epoch"] == (8, 32)
    assert rows["steps_per_optimizer_step"] == (32_768, 30_600)
    assert rows["epochs"] == (1_145, 10_213)
    assert rows["steps_overwritten_per_epoch"] == (0, 454_912)
    assert rows["optimizer"] == ("muon", "adam")
    assert rows["reward_ore"] == (0.17088483842567775, 0.1)
    assert "reward_blueprint" not in rows, "Metta's inventory has no blueprint, so its reward is never paid"


def test_every_labelled_centre_outside_its_range_is_found(corpus: Path) -> None:
    report = check([str(corpus / "cases" / "M12")], Config())
    lines = [(finding.span.path.rpartition("/")[2], finding.span.line) for finding in of(report, "ML701")]
    assert sorted(lines) == [
        ("backchain1.yaml", 41),
        *(("terrain_from_numpy.yaml", line) for line in (45, 46, 47, 48, 49, 71)),
        *(("varied_terrain.yaml", line) for line in (47, 48, 49, 50)),
    ]

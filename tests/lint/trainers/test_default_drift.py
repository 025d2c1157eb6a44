"""Defaults that stand in two places, on the labelled case and beside code."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from metta_lint.check.linter import check
from metta_lint.project.config import Config, Selector
from metta_lint.sources import read
from metta_lint.trainers.dialects import default_drifts
from metta_lint.trainers.metta.defaults import DEFAULTS

if TYPE_CHECKING:
    from pathlib import Path


def test_the_labelled_trainer_yaml_differs_in_five_keys(corpus: Path) -> None:
    document = read((corpus / "cases/M02/configs/trainer/trainer.yaml").as_posix())
    drifts = {drift.key: (drift.value, drift.default, drift.span.line) for drift in default_drifts(document)}
    assert drifts == {
        "checkpoint.checkpoint_interval": (50, 60, 16),
        "checkpoint.wandb_checkpoint_interval": (50, 300, 17),
        "simulation.evaluate_interval": (200, 300, 20),
        "total_timesteps": (10_000_000_000, 50_000_000_000, 25),
        "optimizer.learning_rate": (0.000457, 0.0004573146765703167, 32),
    }


def test_a_block_whose_loss_is_refused_says_so(corpus: Path) -> None:
    document = read((corpus / "cases/M02/configs/trainer/trainer.yaml").as_posix())
    consequences = {drift.key: drift.consequence for drift in default_drifts(document)}
    for key in ("checkpoint.checkpoint_interval", "checkpoint.wandb_checkpoint_interval"):
        assert "evaluate_interval must be at least as large as wandb_checkpoint_interval" in consequences[key]
    assert not consequences["simulation.evaluate_interval"]
    assert not consequences["total_timesteps"]


def test_the_code_in_the_tree_comes_before_the_table(corpus: Path, tmp_path: Path) -> None:
    trainer = tmp_path / "configs/trainer/trainer.yaml"
    trainer.parent.mkdir(parents=True)
    shutil.copyfile(corpus / "cases/M02/configs/trainer/trainer.yaml", trainer)
    code = tmp_path / "metta/rl/trainer_config.py"
    code.parent.mkdir(parents=True)
    fields = [key.removeprefix("trainer.") for key in DEFAULTS if key.count(".") == 1]
    written = [f"    {name}: int = {DEFAULTS[f'trainer.{name}'].value!r}\n" for name in fields if name != "num_workers"]
    code.write_text("class TrainerConfig(Base):\n" + "".join(written))
    findings = check([tmp_path.as_posix()], Config(selectors=(Selector("ML502"),))).findings
    assert [finding.message.split(" is ")[0] for finding in findings] == ["total_timesteps"]
    assert [related.span.path.rpartition("/")[2] for related in findings[0].related] == ["trainer_config.py"]


@pytest.mark.parametrize("path", ["configs/trainer/other.yaml", "configs/env/trainer.yaml"])
def test_a_yaml_that_says_other_things_is_left_alone(path: str, tmp_path: Path) -> None:
    file = tmp_path / path
    file.parent.mkdir(parents=True)
    file.write_text("checkpoint:\n  checkpoint_interval: 50\nbatch_size: 524288\ntotal_timesteps: 1\n")
    assert list(default_drifts(read(file.as_posix()))) == []


@pytest.mark.parametrize(("key", "default"), DEFAULTS.items())
def test_the_table_obeys_its_own_bounds(key: str, default: object) -> None:
    entry = DEFAULTS[key]
    for value in (entry.value, *entry.moved):
        if isinstance(value, int | float) and not isinstance(value, bool):
            assert entry.above is None or value > entry.above
            assert entry.at_least is None or value >= entry.at_least
            assert entry.at_most is None or value <= entry.at_most
        if entry.choices and value is not None:
            assert value in entry.choices

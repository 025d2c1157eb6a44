"""Declared differences: in force while they are what was declared, and findings of their own when they are not."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from metta_lint.api.testing import write_metta, write_pufferlib
from metta_lint.check.linter import check
from metta_lint.project.config import load_config

if TYPE_CHECKING:
    from metta_lint.check.report import Report

RUNS = """
[runs.puffer]
entry = "pufferlib/config/metta.ini"
[runs.native]
entry = "configs/train_job.yaml"
[[pairs]]
left = "puffer"
right = "native"
[[pairs.differs]]
"""
FIRST = RUNS.count("\n") + 1
"""The line of the first key of the declared difference."""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pair that differs in gamma alone, 0.5 against 0.99, in the current folder."""
    monkeypatch.chdir(tmp_path)
    write_pufferlib(Path(), {"train.gamma": 0.5})
    write_metta(Path(), {})


def checked(declared: str) -> Report:
    Path("metta-lint.toml").write_text(RUNS + declared, encoding="utf-8")
    return check([], load_config("metta-lint.toml"))


def found(report: Report) -> list[tuple[str, int]]:
    return [(finding.code, finding.span.line) for finding in report.findings if finding.code != "ML301"]


def is_explained(report: Report) -> bool:
    return not any(finding.code == "ML301" for finding in report.findings)


pytestmark = pytest.mark.usefixtures("folder")


def test_with_a_reason_it_explains_the_finding() -> None:
    report = checked('quantity = "gamma"\nreason = "shorter episodes"')
    assert (report.findings, report.exit_code) == ([], 0)


@pytest.mark.parametrize(
    ("declared", "line"), [('quantity = "gamma"', FIRST), ('quantity = "gamma"\nreason = " \t"', FIRST + 1)]
)
def test_without_one_it_is_in_force_and_asked_for_it(declared: str, line: int) -> None:
    report = checked(declared)
    assert is_explained(report)
    assert found(report) == [("ML901", line)]


@pytest.mark.parametrize("values", ["left = 0.5\nright = 0.99", "left = 0.5", "right = 0.99"])
def test_the_values_that_were_declared(values: str) -> None:
    assert checked(f'quantity = "gamma"\nreason = "why"\n{values}').findings == []


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ("left = 0.6\nright = 0.99", "the left (puffer) has 0.5, not 0.6"),
        ("right = 1", "the right (native) has 0.99, not 1"),
        ('left = "0.5"', "the left (puffer) has 0.5, not '0.5'"),
    ],
)
def test_other_values_bring_the_finding_back_and_say_which_changed(values: str, said: str) -> None:
    report = checked(f'quantity = "gamma"\nreason = "why"\n{values}')
    assert not is_explained(report)
    assert found(report) == [("ML902", FIRST)]
    assert any(said in finding.message for finding in report.findings)


def test_a_difference_that_is_none() -> None:
    write_pufferlib(Path(), {})
    report = checked('quantity = "gamma"\nreason = "why"\nleft = 0.5')
    assert found(report) == [("ML902", FIRST)]
    assert "both sides have 0.99" in report.findings[0].message


def test_a_quantity_that_there_is_not() -> None:
    report = checked('quantity = "gama"\nreason = "why"')
    assert found(report) == [("ML001", FIRST)]
    assert "did you mean gamma?" in next(f.message for f in report.findings if f.code == "ML001")
    assert (report.exit_code, is_explained(report)) == (2, False)


def test_what_is_unknown_is_a_note() -> None:
    write_metta(Path(), {"trainer.ppo.gamma": "???"})
    report = checked('quantity = "gamma"\nreason = "why"')
    assert found(report) == []
    assert any(note.startswith("declared difference not judged: gamma of native is unknown") for note in report.notes)

"""Mutated configs and bombs: whatever a file holds, `check` ends in findings or in one clear error."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import bombs
import mutations
import pytest

import fuzz
from metta_lint.cli import run_command

if TYPE_CHECKING:
    from pathlib import Path

SAMPLE = 300


def test_a_number_makes_always_the_same_mutant() -> None:
    assert mutations.mutant(Random("0-1")) == mutations.mutant(Random("0-1"))
    assert (
        len({mutations.mutant(Random(f"0-{n}")).files[mutations.mutant(Random(f"0-{n}")).mutated] for n in range(50)})
        > 40
    )


@pytest.mark.parametrize("tree", range(len(mutations.trees())))
def test_the_trees_are_sound_before_they_are_mutated(
    tree: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fuzz.write(mutations.trees()[tree], tmp_path)
    monkeypatch.chdir(tmp_path)
    assert run_command(["check", "."]) in (0, 1)
    assert "ML001" not in capsys.readouterr().out


@pytest.mark.parametrize("share", range(3))
def test_mutants_end_in_findings_or_one_error(share: int) -> None:
    for number in range(share * SAMPLE // 3, (share + 1) * SAMPLE // 3):
        made = mutations.mutant(Random(f"suite-{number}"))
        outcome = fuzz.check_tree(made.how, fuzz.new_folder(made.files))
        assert outcome.exit_code in (0, 1, 2), outcome
        assert "Traceback" not in outcome.problem, outcome
        assert "crashed" not in outcome.problem, outcome


@pytest.mark.parametrize("name", [name for name in bombs.BOMBS if "100 MB" not in name])
def test_a_bomb_ends_in_findings_or_one_error(name: str) -> None:
    outcome = fuzz.check_tree(name, fuzz.new_folder(bombs.BOMBS[name].files()))
    assert outcome.exit_code in (0, 1, 2), outcome
    assert "Traceback" not in outcome.problem, outcome
    assert "crashed" not in outcome.problem, outcome

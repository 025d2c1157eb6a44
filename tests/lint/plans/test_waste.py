"""Wasted steps: their number and share, and where they cannot be known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from metta_lint.plans.comparison import compare
from metta_lint.plans.pair import Pair
from metta_lint.plans.waste import Waste, waste_of
from metta_lint.project.config import Config
from metta_lint.project.runs import plan_run

if TYPE_CHECKING:
    from pathlib import Path

NUMBERS = {"steps_collected_per_epoch": 64, "steps_overwritten_per_epoch": 16, "steps_dropped_per_epoch": 4}


def test_overwritten_and_dropped_steps_are_wasted() -> None:
    waste = waste_of(NUMBERS.get)
    assert waste == Waste(64, 16, 4)
    assert waste.share == 20 / 64


@pytest.mark.parametrize("collected", [None, 0])
def test_without_collected_steps_there_is_no_share(collected: int | None) -> None:
    assert waste_of({**NUMBERS, "steps_collected_per_epoch": collected}.get) is None


def test_a_share_of_an_unknown_number_is_unknown(tree: Path) -> None:
    known = plan_run("configs/train_job.yaml", Config())
    collected = known.quantities["steps_collected_per_epoch"]._replace(value=None)
    unknown = known._replace(quantities={**known.quantities, "steps_collected_per_epoch": collected})
    rows = {row.quantity: row for row in compare(Pair(known, unknown))}
    assert rows["steps_overwritten_per_epoch"].note.endswith(" and unknown of what is collected")

"""The real pair at full size: what both configs plan is what a run of both measures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from metta_lint.loops.engine import RunOptions
from metta_lint.plans.pair import Pair
from metta_lint.project.config import Config
from metta_lint.project.runs import plan_run
from metta_lint.rules.engine import Subjects, run_rules
from metta_lint.rules.registry import load_rules
from metta_lint.verification.verify import WHOLE_RUN, backend, load_trainer, verify

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.slow
def test_every_count_of_the_real_pair_is_measured_as_planned(corpus: Path) -> None:
    left = plan_run(str(corpus / "pufferlib-2025-07/pufferlib/config/metta.ini"), Config(), backend=backend())
    right = plan_run(
        str(corpus / "metta-2025-07/configs/train_job.yaml"),
        Config(),
        ("trainer.num_workers=16",),
        backend=backend(),
    )
    pair = Pair(left, right)
    trainer = load_trainer()
    options = RunOptions(device="cpu", max_memory=4 << 30)
    result = verify(pair, run_rules(load_rules(), Subjects([left, right], [pair])), trainer, options, lambda _: None)

    assert result.exit_code == 0, [row for row in result.rows if row.verdict == "refuted"]
    rows = {row.quantity: row for row in result.rows}
    assert rows["steps_collected_per_epoch"].left == (262_144, 262_144)
    assert rows["steps_collected_per_epoch"].right == (979_200, 979_200)
    assert rows["steps_overwritten_per_epoch"].right == (454_912, 454_912)
    assert rows["stitched_segments"].right == (3_840, 3_840)
    assert rows["optimizer_steps_per_epoch"].left == (8, 8)
    assert rows["optimizer_steps_per_epoch"].right == (32, 32)
    not_exercised = {row.quantity for row in result.rows if row.verdict == "not exercised"}
    assert {name for name in not_exercised if not name.startswith("reward_cap_")} == set(WHOLE_RUN)
    judged = {claim.claim.quantity: claim.verdict for claim in result.claims}
    # The embedded environment has neither armor nor lasers.
    unmeasured = {*WHOLE_RUN, "reward_armor", "reward_laser"} - {"final_learning_rate"}  # no finding claims that
    assert {name for name, verdict in judged.items() if verdict == "not exercised"} == unmeasured
    assert "refuted" not in judged.values()
    assert all(observation.rates["peak_rss_bytes"] < 4 << 30 for observation in result.observations.values())

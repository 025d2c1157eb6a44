"""A run at a fraction of the size measures what the full one would."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from metta_lint.__main__ import main
from metta_lint.base.errors import LintError
from metta_lint.verification.scale import parse_scale

EXAMPLES = Path(__file__).parents[3] / "examples"


def test_a_sixteenth_of_the_example_pair_confirms_every_count(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(EXAMPLES)
    arguments = ["verify", "--run", "--scale", "1/16", "--policy-size", "16", "--quiet", "--output-format", "json"]
    assert main(arguments) == 0
    data = json.loads(capsys.readouterr().out)
    rows = {row["quantity"]: row for row in data["rows"]}
    assert rows["steps_overwritten_per_epoch"]["right"] == {"predicted": 516_112, "measured": 516_112}
    assert rows["stitched_segments"]["right"] == {"predicted": 4_080, "measured": 4_080}
    assert rows["optimizer_steps_per_million_steps"]["verdict"] == "confirmed"
    assert rows["epochs"]["verdict"] == "not exercised"
    assert data["scale"] == 16


def test_what_would_change_a_remainder_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(EXAMPLES)
    assert main(["verify", "--scale", "1/3"]) == 2
    assert "--scale 1/3: num_envs = 64 is not a multiple of 3" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["2", "1/0", "1/x", "0.5", "-1/2", ""])
def test_a_scale_is_one_over_a_whole_number(text: str) -> None:
    with pytest.raises(LintError, match="expected 1/N"):
        parse_scale(text)

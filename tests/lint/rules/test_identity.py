"""A finding's identity: what a baseline, --since, merging and fixes know it by, never the words of its message."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from metta_lint.api.testing import examples, load_rules, write_pufferlib
from metta_lint.base.documents import Span
from metta_lint.check.gather import Request, gather
from metta_lint.check.linter import check
from metta_lint.plans.run import Machine
from metta_lint.project.config import Config
from metta_lint.rules.engine import merged, run_rules
from metta_lint.rules.finding import Finding
from metta_lint.sources.key_paths import keyed_at

if TYPE_CHECKING:
    from collections.abc import Iterable

ROOT = Path(__file__).parents[3]
MACHINES = (Machine(), Machine(cpus=32, gpus=1))


def found_in(*folders: Path, machine: Machine = MACHINES[1]) -> list[Finding]:
    """All that rules find, for each run and pair."""
    asked = [folder.as_posix() for folder in folders]
    return run_rules(load_rules(), gather(Request(asked=asked, is_named=True, machine=machine)).subjects)


def assert_told_apart(findings: Iterable[Finding]) -> None:
    """Whether findings that say different things are different, and merging keeps one for each text at a place."""
    texts = defaultdict(set)
    findings = list(findings)
    for finding in findings:
        texts[finding.identity].add(re.sub(r"(\.\w+):\d+(?::\d+)?", r"\1", finding.message))
    assert {identity: said for identity, said in texts.items() if len(said) > 1} == {}
    assert len(merged(findings)) == len({(finding.code, finding.span, finding.message) for finding in findings})


@pytest.mark.parametrize("machine", MACHINES, ids=["any machine", "32 cores"])
def test_in_the_real_trees_no_two_findings_are_the_same_by_accident(corpus: Path, machine: Machine) -> None:
    findings = found_in(corpus / "pufferlib-2025-07", corpus / "metta-2025-07", machine=machine)
    assert len(findings) > 100
    assert_told_apart(findings)


def test_in_the_labelled_cases_no_two_findings_are_the_same_by_accident(corpus: Path) -> None:
    for case in sorted(path for path in (corpus / "cases").iterdir() if path.is_dir()):
        assert_told_apart(found_in(case))
    assert_told_apart(found_in(ROOT / "examples"))


def test_in_the_cases_of_rules_no_two_findings_are_the_same_by_accident(tmp_path: Path) -> None:
    for example in examples(load_rules()):
        if example.drifts:
            assert_told_apart(example.findings_on_disk(tmp_path / str(example)))


@pytest.mark.parametrize(
    ("place", "path", "values"),
    [
        ((1, 1, 1, 5), "game", ()),
        ((2, 11, 2, 12), "game.agents", (4,)),
        ((3, 11, 3, 14), "game.items", ("ore",)),
        ((5, 15, 5, 16), "game.rooms[].width", (7,)),
        ((5, 7, 5, 12), "game.rooms[].width", ()),
        ((3, 16, 3, 18), "game.items", ("heart",)),
        ((9, 1, 9, 1), "", ()),
    ],
)
def test_what_stands_at_a_place_is_named_by_its_keys(
    tmp_path: Path, place: tuple[int, int, int, int], path: str, values: tuple[object, ...]
) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("game:\n  agents: 4\n  items: [ore, heart]\n  rooms:\n    - width:  7\n", encoding="utf-8")
    assert keyed_at(Span(file.as_posix(), *place))[:2] == (path, values)


def test_numbers_that_are_the_same_have_one_text() -> None:
    def identity(value: object) -> object:
        return Finding("X1", "x", "error", "", Span("a.ini", 1, 1, 1, 2), quantity="q", values=(value,)).identity

    assert identity(64) == identity(64.0)
    assert identity(0.1) != identity(0.10000001)
    assert identity("a\x1b[2J") == identity("a\\x1b[2J")


def test_a_refusal_with_another_number_is_another_finding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``total_agents = 8 > segments = 2``: the horizon decides the segments and is not at fault."""
    monkeypatch.chdir(tmp_path)
    seen = set()
    for horizon in (16, 32):
        write_pufferlib(Path(), {"train.batch_size": 64, "train.bptt_horizon": horizon, "train.minibatch_size": 64})
        report = check(["."], Config())
        seen |= {finding.identity for finding in report.findings if finding.code == "ML401"}
    assert len(seen) == 2

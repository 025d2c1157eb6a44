"""The corpus's labelled cases: found, rightly silent, or out of reach with a reason; and the page says so."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import labelled_cases
import pytest

if TYPE_CHECKING:
    from pathlib import Path

BAR = 42


@pytest.fixture(scope="module")
def judged(corpus: Path) -> list[labelled_cases.Outcome]:
    return labelled_cases.outcomes(corpus)


def test_every_case_is_as_it_is_said_to_be(judged: list[labelled_cases.Outcome]) -> None:
    assert [outcome for outcome in judged if outcome.outcome == "wrong"] == []


def test_enough_are_as_labelled(judged: list[labelled_cases.Outcome]) -> None:
    counts = Counter(outcome.outcome for outcome in judged)
    assert counts["found"] + counts["found with its code"] + counts["silent"] >= BAR
    assert counts["silent"] == 3


def test_every_miss_has_a_reason(judged: list[labelled_cases.Outcome]) -> None:
    assert all(outcome.why for outcome in judged if outcome.outcome == "out of reach")


def test_the_page_is_what_the_command_writes(judged: list[labelled_cases.Outcome]) -> None:
    assert labelled_cases.PAGE.read_text(encoding="utf-8") == labelled_cases.page(judged)


@pytest.mark.parametrize(
    ("label", "answer", "found", "outcome"),
    [
        ("bad", {"finds": ["ML1 a.ini:3"]}, {"ML1 a.ini:3", "ML2 a.ini:4"}, "found"),
        ("bad", {"finds": ["ML1 a.ini:3"]}, {"ML1 a.ini:4"}, "wrong"),
        ("bad", {"finds": ["ML1 a.ini:3", "ML2 a.ini:4"]}, {"ML1 a.ini:3"}, "wrong"),
        ("bad", {"out_of_reach": "only its code says so"}, {"ML2 a.ini:4"}, "out of reach"),
        ("clean", {}, {"ML1 other.ini:1"}, "silent"),
        ("clean", {}, {"ML1 a.ini:1"}, "wrong"),
        ("clean", {"allowed": ["ML1 a.ini:1"]}, {"ML1 a.ini:1"}, "silent"),
    ],
)
def test_a_case_is_judged_by_code_and_line(
    label: str, answer: dict[str, object], found: set[str], outcome: str
) -> None:
    case = {"id": "X", "kind": "x", "label": label, "expected": "x", "files": ["a.ini:3"]}
    assert labelled_cases.judge(case, answer, found).outcome == outcome

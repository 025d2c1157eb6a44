"""The findings on the corpus are those that were looked at, one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import golden

if TYPE_CHECKING:
    from pathlib import Path


def test_the_findings_are_those_that_were_judged(corpus: Path) -> None:
    known = golden.golden()
    current = golden.judged(golden.found(corpus), known)
    came = [item for item in current if item not in known]
    went = [item for item in known if item not in current]
    assert (came, went) == ([], []), "make golden, and look at each finding that is new"
    assert golden.text(current) == golden.GOLDEN.read_text(encoding="utf-8")


def test_each_has_a_verdict_and_none_is_false() -> None:
    for item in golden.golden():
        assert item["verdict"] in ("true", "debatable"), item
        assert item["because"], item


def test_a_verdict_stays_with_its_finding() -> None:
    old = {"code": "ML1", "severity": "info", "at": "a.ini:1:1", "message": "m", "others": 0}
    new = {**old, "at": "a.ini:2:1"}
    known = [{**old, "verdict": "true", "because": "looked"}]
    assert golden.judged([old, new], known) == [*known, {**new, "verdict": "", "because": ""}]

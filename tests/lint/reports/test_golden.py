"""Each format prints what is committed; ``make golden`` rewrites the files."""

from __future__ import annotations

import pytest

import report_goldens


@pytest.mark.parametrize("case", report_goldens.CASES)
@pytest.mark.parametrize("name", report_goldens.WRITTEN)
def test_the_report_is_the_committed_one(case: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    committed = report_goldens.golden(case, name).read_text(encoding="utf-8")
    assert report_goldens.printed(case, name) == committed, "make golden, and look at what changed"

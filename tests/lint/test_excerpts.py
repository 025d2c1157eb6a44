"""Excerpts: the line that a span is on, of files of any size."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from metta_lint.documents import Span
from metta_lint.numbers import printable
from metta_lint.reports.excerpts import excerpt

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_end_as_they_do_for_spans(end: str, tmp_path: Path) -> None:
    file = tmp_path / "a.ini"
    file.write_bytes(f"\ufeffone{end}two = 2\x0b\u2028{end}three".encode())
    assert excerpt(Span(str(file), 2, 7, 2, 8), "^")[0] == "2 | two = 2\ufffd\u2028"
    assert excerpt(Span(str(file), 3, 1, 3, 6), "^") == ["3 | three", "  | ^^^^^"]


def test_a_file_beyond_the_bounds_is_read_as_far_as_they_go(tmp_path: Path) -> None:
    file = tmp_path / "a.ini"
    file.write_bytes(b"[base]\n" + b"a\n" * 300_000)
    assert excerpt(Span(str(file), 1, 1, 1, 1), "^")[0] == "1 | [base]"
    assert excerpt(Span(str(file), 300_000, 1, 300_000, 2), "^") == []


def test_a_file_cannot_speak_to_the_terminal(tmp_path: Path) -> None:
    file = tmp_path / "a.ini"
    file.write_bytes("size = \x1b[2J1\x00 \u202etxt".encode())
    assert excerpt(Span(str(file), 1, 8, 1, 9), "^") == ["1 | size = \ufffd[2J1\ufffd \ufffdtxt", "  |        ^"]
    assert printable("batch_size = \x1b[2J1 is a text") == r"batch_size = \x1b[2J1 is a text"


def test_what_has_no_end_is_cut_off(tmp_path: Path) -> None:
    file = tmp_path / "a.ini"
    file.write_text("size = " + "9" * 3_000_000 + " x", encoding="utf-8")
    assert all(len(row) < 400 for row in excerpt(Span(str(file), 1, 3_000_000, 1, 3_000_008), "^"))
    assert printable(f"{'9' * 3_000_000} is a text") == f"{'9' * 80}... is a text"

"""Excerpts: the lines that a finding speaks of, of files of any size, marks under the values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metta_lint.base.documents import Span
from metta_lint.base.wording import printable
from metta_lint.reports.cells import signs, width, window, wrapped
from metta_lint.reports.excerpts import excerpts
from metta_lint.reports.style import Style
from metta_lint.rules.finding import Finding, Related

if TYPE_CHECKING:
    from pathlib import Path


def drawn(*spans: Span, labels: tuple[str, ...] = (), style: Style = Style(), gutter: int = 1) -> list[str]:  # noqa: B008 - a tuple
    """The excerpts of a finding with a primary span and related ones, without the first location."""
    related = tuple(Related(label, span) for label, span in zip(labels, spans[1:], strict=True))
    return excerpts(Finding("ML1", "name", "error", "message", spans[0], related), style, gutter)[1:]


def at(path: Path, line: int, column: int, end: int) -> Span:
    return Span(str(path), line, column, line, end)


def marked(rows: list[str], mark: str = "^") -> str:
    """What stands above a row of marks, in columns of a terminal."""
    above, below = next((rows[i - 1], row) for i, row in enumerate(rows) if mark in row.partition("|")[2])
    start, end = below.index(mark), below.rindex(mark[-1]) + 1
    columns = [character for character in above for _ in range(width(character))]
    return "".join(columns[start:end])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "a.ini"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_end_as_they_do_for_spans(end: str, file: Path) -> None:
    file.write_bytes(f"\ufeffone{end}two = 2\x0b\u2028{end}three".encode())
    assert drawn(at(file, 2, 7, 8))[0] == "2 | two = 2\ufffd"
    assert drawn(at(file, 3, 1, 6)) == ["3 | three", "  | ^^^^^"]


def test_a_file_beyond_the_bounds_is_read_as_far_as_they_go(file: Path) -> None:
    file.write_bytes(b"[base]\n" + b"a\n" * 300_000)
    assert drawn(at(file, 1, 1, 1))[0] == "1 | [base]"
    assert drawn(at(file, 300_000, 1, 2)) == []


def test_a_file_cannot_speak_to_the_terminal(file: Path) -> None:
    file.write_bytes("size = \x1b[2J1\x00 \u202etxt".encode())
    assert drawn(at(file, 1, 8, 9)) == ["1 | size = \ufffd[2J1\ufffd \ufffdtxt", "  |        ^"]
    assert printable("batch_size = \x1b[2J1 is a text") == r"batch_size = \x1b[2J1 is a text"


@pytest.mark.parametrize("column", [1, 8, 1_500_000, 3_000_000, 3_000_009])
def test_what_has_no_end_is_cut_around_the_mark(column: int, file: Path) -> None:
    file.write_text("size = " + "9" * 3_000_000 + " x", encoding="utf-8")
    rows = drawn(at(file, 1, column, column + 3))
    assert all(len(row) <= 164 for row in rows)
    assert "^" in rows[1]
    assert printable(f"{'9' * 3_000_000} is a text") == f"{'9' * 80}... is a text"


def test_tabs_wide_and_combining_characters_do_not_move_marks(file: Path) -> None:
    file.write_text("\tbatch\t= 128 # \u5927\u304d\u3044 e\u0301 \U0001f600 = 64\n", encoding="utf-8")
    line = file.read_text(encoding="utf-8")
    for value in ("128", "64"):
        column = line.index(value) + 1
        assert marked(drawn(at(file, 1, column, column + len(value)))) == value
    column = line.index("\u5927") + 1
    assert drawn(at(file, 1, column, column + 3))[1].endswith(" ^^^^^^")


@given(line=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n"), max_size=300), data=st.data())
def test_the_mark_stands_under_what_it_marks_in_any_line_and_width(line: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(line)))
    end = data.draw(st.integers(start, len(line) + 1))
    room = data.draw(st.integers(30, 200))
    cells = signs(line)
    seen = window(cells, start, max(end, start + 1), room)
    before, columns = seen.columns(start, end)
    assert width(seen.text) <= room
    assert before + columns <= room + 1
    inside = "".join(cells[start:end])
    if 0 < width(inside) <= room - 6:
        columns_of_text = [character for character in seen.text for _ in range(width(character))]
        visible = [character for character in inside if width(character)]
        assert list(dict.fromkeys(columns_of_text[before : before + columns])) == list(dict.fromkeys(visible))


def test_places_of_one_file_that_lie_near_are_one_excerpt(file: Path) -> None:
    file.write_text("a = 1\nb = 2\nc = 3\nd = 4\ne = 5\n" + "\n" * 40 + "f = 6\n", encoding="utf-8")
    spans = (at(file, 5, 5, 6), at(file, 1, 5, 6), at(file, 3, 5, 6), at(file, 46, 5, 6), at(file, 5, 5, 6))
    assert drawn(*spans, labels=("first", "third", "far", "same"), gutter=2) == [
        " 1 | a = 1",
        "   |     - first",
        " 2 | b = 2",
        " 3 | c = 3",
        "   |     - third",
        " 4 | d = 4",
        " 5 | e = 5",
        "   |     ^ same",
        f"  ::: {file}:46:5",
        "46 | f = 6",
        "   |     - far",
    ]


def test_lines_between_are_left_out(file: Path) -> None:
    file.write_text("a = 1\n\n\n\nb = 2\n", encoding="utf-8")
    assert drawn(at(file, 5, 5, 6), at(file, 1, 5, 6), labels=("there",))[2] == "..."


def test_two_marks_of_a_line_have_a_row_each(file: Path) -> None:
    file.write_text("size = 64, 128\n", encoding="utf-8")
    assert drawn(at(file, 1, 12, 15), at(file, 1, 8, 10), labels=("this",)) == [
        "1 | size = 64, 128",
        "  |        -- this",
        "  |            ^^^",
    ]


def test_two_marks_that_do_not_fit_beside_each_other_have_the_line_twice(file: Path) -> None:
    file.write_text("a = " + "\u5927" * 30 + " b = 64\n", encoding="utf-8")
    rows = drawn(at(file, 1, 40, 42), at(file, 1, 1, 2), labels=("this",), style=Style(width=50))
    assert [row[:2] for row in rows] == ["1 ", "  ", "1 ", "  "]
    assert marked(rows, "-") == "a"
    assert marked(rows) == "64"
    assert all(width(row) <= 50 for row in rows)


def test_a_label_of_a_file_that_is_gone_stands_beside_the_location(file: Path) -> None:
    file.write_text("a = 1\n", encoding="utf-8")
    gone = file.with_name("gone.ini")
    assert drawn(at(file, 1, 5, 6), at(gone, 2, 1, 2), labels=("was here",))[-1] == f" ::: {gone}:2:1: was here"


def test_a_narrow_terminal_keeps_marks_and_labels_in_view(file: Path) -> None:
    file.write_text(f"{'k' * 70} = 64\n", encoding="utf-8")
    label = "agents per environment, of which there are too many"
    rows = drawn(at(file, 1, 1, 2), at(file, 1, 74, 76), labels=(label,), style=Style(width=40))
    assert all(width(row) <= 40 for row in rows)
    assert marked(rows, "--") == "64"
    below = next(number for number, row in enumerate(rows) if row.endswith(" --"))
    assert " ".join(row.partition("|")[2].strip() for row in rows[below + 1 :]) == label


@given(st.text(), st.integers(1, 100))
def test_wrapping_keeps_every_word(text: str, room: int) -> None:
    lines = wrapped(text, room)
    assert " ".join(lines) == text.replace("\n", " ")
    assert all(width(line) <= room or " " not in line.strip(" ") or width(line.split(" ")[0]) > room for line in lines)

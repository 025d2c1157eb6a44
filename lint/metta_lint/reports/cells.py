"""Fits text into a terminal's columns: its width, its line breaks, the part of a long line that fits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metta_lint.base.records import NamedTuple
from metta_lint.base.wording import without_controls

if TYPE_CHECKING:
    from collections.abc import Sequence


TAB = "    "
"""What a tab is shown as, wherever it is, so that marks stay under what they mark."""
_TWO_WIDE = ("W", "F")
_NO_WIDTH = ("Mn", "Me", "Cf")


def signs(line: str) -> list[str]:
    """The text shown for each character of a line: itself, four spaces for a tab, one sign for a control character."""
    return [TAB if character == "\t" else character for character in without_controls(line)]


def one_line(text: str) -> str:
    """A text, such as a file's name, without line breaks and control characters."""
    return without_controls(text).replace("\n", " ").replace("\t", " ")


def width(text: str) -> int:
    """The columns that a text takes (Unicode's East Asian Width; an ambiguous character counts as one)."""
    if text.isascii():
        return len(text)
    from unicodedata import category, east_asian_width

    return sum(
        0 if category(character) in _NO_WIDTH else 2 if east_asian_width(character) in _TWO_WIDE else 1
        for character in text
    )


def wrapped(text: str, room: int | None) -> list[str]:
    """A text in lines of at most ``room`` columns, broken at spaces. A longer word gets a line of its own."""
    if room is None:
        return text.split("\n")
    return [line for paragraph in text.split("\n") for line in _lines(paragraph, room)]


def _lines(paragraph: str, room: int) -> list[str]:
    lines: list[str] = []
    for word in paragraph.split(" "):
        if lines and width(lines[-1]) + 1 + width(word) <= room:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


CUT = "..."


class Window(NamedTuple):
    """The characters of a line from ``first`` up to ``last``, as they are shown; ``...`` stands for the rest."""

    cells: Sequence[str]
    first: int
    last: int

    @property
    def text(self) -> str:
        """The text that is shown."""
        after = CUT if self.last < len(self.cells) else ""
        return f"{self._before}{''.join(self.cells[self.first : self.last])}{after}"

    @property
    def _before(self) -> str:
        return CUT if self.first else ""

    def columns(self, start: int, end: int) -> tuple[int, int]:
        """Where in the text the characters from ``start`` up to ``end`` begin, and how many columns they take."""
        start = min(max(start, self.first), self.last)
        end = min(max(end, start), self.last)
        before = len(self._before) + width("".join(self.cells[self.first : start]))
        return before, max(width("".join(self.cells[start:end])), 1)


def window(cells: Sequence[str], start: int, end: int, room: int) -> Window:
    """The part of a line that fits into ``room`` columns and shows the mark from ``start`` up to ``end``.

    The line's beginning is shown if there is room, because its key is there.
    """
    if width("".join(cells)) <= room:
        return Window(cells, 0, len(cells))
    if width("".join(cells[:end])) <= room - len(CUT):
        return Window(cells, 0, _fitting(cells, 0, room - len(CUT)))
    inner = room - 2 * len(CUT)
    spare = max(inner - width("".join(cells[start:end])), 0)
    first = start
    while first and width("".join(cells[first - 1 : start])) <= spare // 2:
        first -= 1
    return Window(cells, first, _fitting(cells, first, inner))


def _fitting(cells: Sequence[str], first: int, room: int) -> int:
    """The last character, from ``first`` on, up to which a line fits into ``room`` columns."""
    last = first
    while last < len(cells) and (room := room - width(cells[last])) >= 0:
        last += 1
    return last

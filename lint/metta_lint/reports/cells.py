"""Cells: how many columns of a terminal a text takes, and where to break it."""

from __future__ import annotations

from metta_lint.base.wording import without_controls

TAB = "    "
"""What a tab is shown as, wherever it stands, so that marks stay under what they mark."""
_TWO_WIDE = ("W", "F")
_NO_WIDTH = ("Mn", "Me", "Cf")


def shown(line: str) -> list[str]:
    """What each character of a line is shown as."""
    return [TAB if character == "\t" else character for character in without_controls(line)]


def one_line(text: str) -> str:
    """A text, such as a file's name, that neither breaks a line nor speaks to the terminal."""
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
    """A text in lines of so many columns, broken at spaces; a longer word has a line of its own."""
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

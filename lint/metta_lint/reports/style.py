"""The look of a page for a terminal or log: its colours, its width, and whether it has notes.

Colour is for a terminal; FORCE_COLOR and ``--color`` ask for it elsewhere, NO_COLOR and ``TERM=dumb`` refuse it.
"""

from __future__ import annotations

import os
import re
from typing import IO, Literal

from metta_lint.base.records import NamedTuple
from metta_lint.base.wording import escaped

_CODES = {"error": "1;31", "warning": "1;33", "info": "1;36", "bold": "1", "dim": "2", "good": "32", "related": "1;34"}
NARROWEST = 40
"""Columns that a page has at least, however narrow the terminal is."""


class Style(NamedTuple):
    """Wraps text in ANSI codes, or leaves it as it is. ``width`` is in columns; None: lines are as long as they are."""

    colored: bool = False
    width: int | None = None
    quiet: bool = False

    def paint(self, look: str, text: str) -> str:
        """A text as a severity looks, or as one of the other looks above."""
        return f"\x1b[{_CODES[look]}m{text}\x1b[0m" if self.colored and text else text

    def bold(self, text: str) -> str:
        return self.paint("bold", text)

    def dim(self, text: str) -> str:
        return self.paint("dim", text)


def fit_for_terminal(page: str) -> str:
    """A page without control characters except a style's own codes: a linted file cannot speak to the terminal."""
    if "\x1b" not in page:
        return escaped(page)
    own = "|".join(sorted({"0", *_CODES.values()}))
    parts = re.split(rf"(\x1b\[(?:{own})m)", page)
    return "".join(part if place % 2 else escaped(part) for place, part in enumerate(parts))


def style_for(stream: IO[str], color: Literal["auto", "always", "never"] = "auto", *, quiet: bool = False) -> Style:
    """The style for a stream (https://no-color.org, https://force-color.org)."""
    return Style(_is_colored(stream, color), _width(stream), quiet)


def _is_colored(stream: IO[str], color: Literal["auto", "always", "never"]) -> bool:
    if color != "auto" or os.environ.get("NO_COLOR"):
        return color == "always"
    return bool(os.environ.get("FORCE_COLOR")) or (stream.isatty() and os.environ.get("TERM") != "dumb")


def _width(stream: IO[str]) -> int | None:
    """COLUMNS where it is set, else the terminal's; a log has no width, so that its lines can be searched for."""
    given = os.environ.get("COLUMNS", "")
    if given.isdecimal() and int(given):
        return max(int(given), NARROWEST)
    if not stream.isatty():
        return None
    try:
        return max(os.get_terminal_size(stream.fileno()).columns, NARROWEST)
    except (OSError, ValueError):  # a stream without a descriptor, or a terminal that does not say
        return None

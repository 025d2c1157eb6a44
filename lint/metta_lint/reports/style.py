"""Colour, where it is wanted: a terminal, FORCE_COLOR, --color; never with NO_COLOR."""

from __future__ import annotations

import os
from typing import IO, Literal, NamedTuple

_CODES = {"error": "1;31", "warning": "1;33", "info": "1;36", "bold": "1", "dim": "2", "good": "32"}


class Style(NamedTuple):
    """Wraps text in ANSI codes, or leaves it as it is."""

    colored: bool = False

    def _wrap(self, code: str, text: str) -> str:
        return f"\x1b[{_CODES[code]}m{text}\x1b[0m" if self.colored else text

    def severity(self, severity: str, text: str) -> str:
        return self._wrap(severity, text)

    def bold(self, text: str) -> str:
        return self._wrap("bold", text)

    def dim(self, text: str) -> str:
        return self._wrap("dim", text)

    def good(self, text: str) -> str:
        return self._wrap("good", text)


def style_for(stream: IO[str], color: Literal["auto", "always", "never"] = "auto") -> Style:
    """The style for a stream (https://no-color.org, https://force-color.org)."""
    if color != "auto":
        return Style(color == "always")
    if os.environ.get("NO_COLOR"):
        return Style(False)
    if os.environ.get("FORCE_COLOR"):
        return Style(True)
    return Style(stream.isatty())

"""A position in a text that a parser moves forward, with limits on depth and number of values."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from metta_lint.base.errors import InputError
from metta_lint.files.limits import DEPTH_LIMIT, NODE_LIMIT
from metta_lint.sources.text import FileText

if TYPE_CHECKING:
    import re


class Cursor:
    """``position`` is the offset of the next character, ``nodes`` the number of values so far."""

    BLANKS: re.Pattern[str]
    """What may stand between two tokens."""
    COUNTED: str
    """What ``count`` counts, for its message."""

    def __init__(self, text: str, path: str, position: int = 0) -> None:
        self.text = text
        self.lines = FileText(path, text)
        self.position = position
        self.nodes = 0

    def skip(self, pattern: re.Pattern[str]) -> bool:
        """Step over a match at this position; whether there was one."""
        match = pattern.match(self.text, self.position)
        if match is not None:
            self.position = match.end()
        return match is not None

    def found(self, sign: str) -> bool:
        """Step over blanks, then over the sign; whether it was there."""
        self.skip(self.BLANKS)
        if not self.text.startswith(sign, self.position):
            return False
        self.position += len(sign)
        return True

    def count(self, nodes: int = 1) -> None:
        """Count values. Raises InputError for more than any config has."""
        self.nodes += nodes
        if self.nodes > NODE_LIMIT:
            self.fail(f"more than {NODE_LIMIT} {self.COUNTED}; no config is that large")

    def check_depth(self, depth: int) -> None:
        """Raises InputError for a value that lies in more levels than any config has."""
        if depth > DEPTH_LIMIT:
            self.fail(f"nested deeper than {DEPTH_LIMIT} levels")

    def fail(self, message: str, offset: int | None = None) -> NoReturn:
        """Raises InputError at an offset, or here."""
        raise InputError(message, self.lines.span(self.position if offset is None else offset))

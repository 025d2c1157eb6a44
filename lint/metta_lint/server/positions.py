"""Places as editors count them: lines from 0, columns in code units of the encoding that was agreed upon."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol.types import Position, PositionEncodingKind, Range

from metta_lint.base.records import NamedTuple
from metta_lint.sources.text import BOM, LINE_BREAK

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from metta_lint.base.documents import Span

UNITS: Mapping[str, Callable[[str], int]] = {
    PositionEncodingKind.Utf8: lambda text: len(text.encode("utf-8", "surrogatepass")),
    PositionEncodingKind.Utf16: lambda text: len(text.encode("utf-16-le", "surrogatepass")) // 2,
    PositionEncodingKind.Utf32: len,
}
"""How many code units a text has, by the encoding's name (LSP 3.17, PositionEncodingKind)."""


class Text(NamedTuple):
    """A file's lines as spans count them, and how an editor counts their columns.

    ``mark`` is what the editor counts before the first column of all: the byte order mark, where it holds one.
    """

    lines: tuple[str, ...]
    mark: str
    encoding: str

    def position(self, line: int, column: int) -> Position:
        """The editor's position of a 1-based line and column; the end of the text for what lies beyond it."""
        if line > len(self.lines):
            line, column = len(self.lines), len(self.lines[-1]) + 1
        before = self._line(line)[: column - 1 + self._shift(line)]
        return Position(line - 1, UNITS[self.encoding](before))

    def range(self, span: Span) -> Range:
        """The editor's range of a span."""
        return Range(self.position(span.line, span.column), self.position(span.end_line, span.end_column))

    def place(self, position: Position) -> tuple[int, int]:
        """The 1-based line and column of an editor's position; beyond a line's end it is the line's end."""
        line = position.line + 1
        if line > len(self.lines):
            return line, 1
        column, units = 0, 0
        text = self._line(line)
        while column < len(text) and units < position.character:
            units += UNITS[self.encoding](text[column])
            column += 1
        return line, max(column - self._shift(line), 0) + 1

    def _line(self, line: int) -> str:
        return f"{self.mark}{self.lines[0]}" if line == 1 else self.lines[line - 1]

    def _shift(self, line: int) -> int:
        return len(self.mark) if line == 1 else 0


def text_of(content: str, encoding: str, *, is_held: bool) -> Text:
    """A content's lines. What is only on disk loses its byte order mark when an editor opens it."""
    mark = BOM if is_held and content.startswith(BOM) else ""
    return Text(tuple(LINE_BREAK.split(content.removeprefix(BOM))), mark, encoding)

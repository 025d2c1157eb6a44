"""Positions as editors count them: lines from 0, columns in code units of the encoding that was agreed upon."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol.types import Position, Range

from metta_lint.base.records import NamedTuple
from metta_lint.sources.text import BOM, LINE_BREAK

if TYPE_CHECKING:
    from pygls.workspace import PositionCodec

    from metta_lint.base.documents import Span


class Text(NamedTuple):
    """A file's lines as spans count them, and the codec that counts an editor's columns.

    ``mark`` is the byte order mark, which an editor that holds one counts as a column of the first line.
    """

    lines: tuple[str, ...]
    mark: str
    codec: PositionCodec

    def position(self, line: int, column: int) -> Position:
        """The editor's position of a 1-based line and column; the end of the text for what lies beyond it."""
        if line > len(self.lines):
            line, column = len(self.lines), len(self.lines[-1]) + 1
        before = self._line(line)[: column - 1 + self._shift(line)]
        return Position(line - 1, self.codec.client_num_units(before))

    def range(self, span: Span) -> Range:
        """The editor's range of a span."""
        return Range(self.position(span.line, span.column), self.position(span.end_line, span.end_column))

    def place(self, position: Position) -> tuple[int, int]:
        """The 1-based line and column of an editor's position; the line's end for what lies beyond it."""
        line = position.line + 1
        if line > len(self.lines):
            return line, 1
        column, units = 0, 0
        text = self._line(line)
        while column < len(text) and units < position.character:
            units += self.codec.client_num_units(text[column])
            column += 1
        return line, max(column - self._shift(line), 0) + 1

    def _line(self, line: int) -> str:
        return f"{self.mark}{self.lines[0]}" if line == 1 else self.lines[line - 1]

    def _shift(self, line: int) -> int:
        return len(self.mark) if line == 1 else 0


def editor_text(content: str, codec: PositionCodec, *, is_held: bool) -> Text:
    """The lines of a content. A byte order mark that is only on disk is lost when an editor opens the file."""
    mark = BOM if is_held and content.startswith(BOM) else ""
    return Text(tuple(LINE_BREAK.split(content.removeprefix(BOM))), mark, codec)


def covers(span: Span, line: int, column: int) -> bool:
    """Whether a 1-based place is in a span, or right behind it."""
    return (span.line, span.column) <= (line, column) <= (span.end_line, span.end_column)

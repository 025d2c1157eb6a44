"""Excerpts: a finding's lines, grouped by file, with a mark under each value."""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

from metta_lint.base.records import NamedTuple
from metta_lint.files.file_system import identity, read_bytes
from metta_lint.files.limits import LINE_LIMIT
from metta_lint.reports.cells import CUT, one_line, signs, width, window, wrapped
from metta_lint.sources.text import LINE_BREAK

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from metta_lint.base.documents import Span
    from metta_lint.files.file_system import Identity
    from metta_lint.reports.style import Style
    from metta_lint.rules.finding import Finding

LONGEST = 160
"""Columns of a line where the output has no width, such as a log."""
REACH = 4
"""How far a line is read on either side of a mark, in widths of the page: a line can have millions of characters."""
NEAR = 6
"""Places of one file that are at most so many lines apart are one excerpt."""
NARROWEST_LABEL = 24
"""Columns that a label needs beside its mark; with fewer it is on the next line."""


class Mark(NamedTuple):
    """A place to mark: the finding's own, or a related one with its label."""

    span: Span
    label: str
    is_primary: bool


def excerpts(finding: Finding, style: Style, gutter: int) -> list[str]:
    """The places of a finding: ``--> file:line:column`` for each part of a file, then its lines and marks.

    ``gutter`` is the width of the line numbers.
    """
    groups: list[list[Mark]] = []
    for mark in _marks(finding):
        span = mark.span
        for group in groups:
            if any(span.path == other.path and abs(span.line - other.line) <= NEAR for other, _, _ in group):
                group.append(mark)
                break
        else:
            groups.append([mark])
    drawing = _Drawing(style, finding.severity, gutter)
    return [row for group in groups for row in drawing.group(group)]


def _marks(finding: Finding) -> list[Mark]:
    """The finding's place and its related ones, each once; equal places share a mark and join their labels."""
    labels: dict[Span, list[str]] = {finding.span: []}
    for related in finding.related:
        labels.setdefault(related.span, []).append(related.label)
    return [Mark(span, "; ".join(dict.fromkeys(said)), span == finding.span) for span, said in labels.items()]


class _Drawing(NamedTuple):
    """Draws lines and marks behind a gutter of line numbers."""

    style: Style
    severity: str
    gutter: int

    @property
    def room(self) -> int:
        """Columns for a line."""
        return LONGEST if self.style.width is None else self.style.width - self.gutter - len(" | ")

    def group(self, marks: Sequence[Mark]) -> Iterator[str]:
        """The location of the first mark, then the lines that have marks."""
        lines = _lines(marks[0].span.path)
        by_line: dict[int, list[Mark]] = {}
        for mark in sorted(marks, key=lambda mark: mark.span):
            if 1 <= mark.span.line <= len(lines):
                by_line.setdefault(mark.span.line, []).append(mark)
        arrow = self.style.dim("-->" if marks[0].is_primary else ":::")
        unseen = f": {marks[0].label}" if marks[0].label and not by_line else ""
        yield f"{'':>{self.gutter}}{arrow} {one_line(str(marks[0].span))}{unseen}"
        for before, number in pairwise((0, *by_line)):
            yield from self._between(before, number, lines)
            yield from self._marked(number, lines[number - 1], by_line[number])

    def _between(self, before: int, number: int, lines: Sequence[str]) -> Iterator[str]:
        """The text between two marked lines: a single line itself, ``...`` for several."""
        if before and number - before == 2:
            cells = signs(lines[number - 2][: REACH * self.room])
            yield self._line(number - 1, window(cells, 0, 0, self.room).text)
        elif before and number - before > 2:
            yield self.style.dim(CUT)

    def _marked(self, number: int, line: str, marks: Sequence[Mark]) -> Iterator[str]:
        """A line and a row for each of its marks. Marks that do not fit beside each other each get the line again."""
        first = min(mark.span.column for mark in marks) - 1
        last = max(_end(mark.span, line) for mark in marks)
        room = self.room - 2 * len(CUT)
        if len(marks) > 1 and (last - first > room or width("".join(signs(line[first:last]))) > room):
            for mark in marks:
                yield from self._marked(number, line, [mark])
            return
        reach = REACH * self.room
        start = max(first - reach, 0)
        last = min(last, first + reach)
        seen = window(signs(line[start : last + reach]), first - start, last - start, self.room)
        yield self._line(number, seen.text)
        for mark in marks:
            yield from self._mark(mark, *seen.columns(mark.span.column - 1 - start, _end(mark.span, line) - start))

    def _line(self, number: int | str, text: str) -> str:
        return f"{self.style.dim(f'{number:>{self.gutter}} |')} {text}".rstrip()

    def _mark(self, mark: Mark, before: int, columns: int) -> Iterator[str]:
        def colored(text: str) -> str:
            return self.style.paint(self.severity if mark.is_primary else "related", text)

        drawn = ("^" if mark.is_primary else "-") * columns
        beside = None if self.style.width is None else self.room - before - columns - 1
        label = wrapped(mark.label, beside) if mark.label else []
        if beside is not None and beside < min(NARROWEST_LABEL, width(mark.label)):
            indent = min(before, max(self.room - NARROWEST_LABEL, 0))
            label = ["", *wrapped(mark.label, self.room - indent)]
        else:
            indent = before + columns + 1
        first = f"{colored(drawn)} {colored(label[0]) if label else ''}".rstrip()
        yield self._line("", f"{'':{before}}{first}")
        yield from (self._line("", f"{'':{indent}}{colored(text)}") for text in label[1:])


def _end(span: Span, line: str) -> int:
    """The column where a span ends on its first line, counted from 0."""
    end = span.end_column - 1 if span.end_line == span.line else len(line)
    return max(min(end, len(line)), span.column)


# -- files -------------------------------------------------------------------------------------------------------------


def _lines(path: str) -> tuple[str, ...]:
    try:
        return _lines_of(identity(path))
    except (OSError, ValueError):
        return ()


@lru_cache(maxsize=64)
def _lines_of(file: Identity) -> tuple[str, ...]:
    """A file's lines, up to the limit for reading a file: no span is beyond it."""
    text = read_bytes(file[0]).decode("utf-8-sig", "replace")
    lines = LINE_BREAK.split(text, LINE_LIMIT)[:LINE_LIMIT]
    return tuple(lines if lines[-1] else lines[:-1])

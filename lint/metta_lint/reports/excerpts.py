"""Excerpts: the line that a span is on, with a mark under the value."""

from __future__ import annotations

from functools import lru_cache
from io import StringIO
from itertools import islice
from typing import TYPE_CHECKING

from metta_lint.numbers import without_controls
from metta_lint.sources.files import first_bytes, identity
from metta_lint.sources.text import BYTE_LIMIT, LINE_LIMIT

if TYPE_CHECKING:
    from metta_lint.documents import Span

LONGEST = 160


def _lines(path: str) -> tuple[str, ...]:
    try:
        return _lines_of(identity(path))
    except (OSError, ValueError):
        return ()


@lru_cache(maxsize=64)
def _lines_of(file: tuple[str, int, int, int]) -> tuple[str, ...]:
    """A file's lines, up to the bounds within which files are read: no more can have a span."""
    text = first_bytes(file[0], BYTE_LIMIT).decode("utf-8-sig", "replace")
    return tuple(line.rstrip("\n") for line in islice(StringIO(text, newline=None), LINE_LIMIT))


def excerpt(span: Span, mark: str, label: str = "", gutter: int = 1) -> list[str]:
    """The span's line and a mark under it: two rows, or none where the file cannot be read."""
    lines = _lines(span.path)
    if not 1 <= span.line <= len(lines):
        return []
    line = without_controls(lines[span.line - 1].expandtabs(1))
    if len(line) > LONGEST:
        line = line[: LONGEST - 3] + "..."
    column = min(span.column, len(line) + 1)
    width = span.end_column - span.column if span.end_line == span.line else len(line) - column + 1
    width = max(1, min(width, len(line) - column + 1))
    return [
        f"{span.line:>{gutter}} | {line}",
        f"{'':>{gutter}} | {'':{column - 1}}{mark * width}{' ' + label if label else ''}",
    ]

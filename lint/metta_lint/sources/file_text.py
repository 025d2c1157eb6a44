"""Edits: what rules want done to entries and values, as texts at places of a file."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from metta_lint.base.documents import Span
from metta_lint.files.bytes import first_bytes, identity
from metta_lint.sources.text import BOM, BYTE_LIMIT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from metta_lint.sources.edit import Edit


_LINE_BREAK = re.compile(r"\r\n|\r|\n")


class FileText:
    """A file's text, with places and offsets. Lines end at LF, CRLF or CR; a leading BOM has no column."""

    def __init__(self, data: bytes, path: str) -> None:
        self.path = path
        self.text = data.decode()
        first = len(BOM) if self.text.startswith(BOM) else 0
        self.starts = [first, *(match.end() for match in _LINE_BREAK.finditer(self.text))]

    def offsets(self, span: Span) -> tuple[int, int]:
        """Where a span begins and ends. Raises IndexError for lines that the file does not have."""
        return (
            self.starts[span.line - 1] + span.column - 1,
            self.starts[span.end_line - 1] + span.end_column - 1,
        )

    def span(self, start: int, end: int) -> Span:
        """The span from one offset up to another."""
        return Span(self.path, *self._position(start), *self._position(end))

    def _position(self, offset: int) -> tuple[int, int]:
        from bisect import bisect_right

        line = max(bisect_right(self.starts, offset), 1)
        return line, offset - self.starts[line - 1] + 1

    def line_start(self, offset: int) -> int:
        """The offset at which the line begins that an offset is on."""
        return self.starts[self._position(offset)[0] - 1]

    def next_line(self, offset: int) -> int:
        """The offset at which the line after it begins; the text's end on the last line."""
        line = self._position(offset)[0]
        return self.starts[line] if line < len(self.starts) else len(self.text)

    def edited(self, edits: Iterable[Edit]) -> bytes:
        """The file's bytes with edits applied, none of which overlap."""
        text = self.text
        for edit in sorted(set(edits), key=lambda edit: edit.span, reverse=True):
            start, end = self.offsets(edit.span)
            text = text[:start] + edit.text + text[end:]
        return text.encode()


def text_of(path: str) -> FileText:
    """A file's text. Raises OSError for what cannot be read, UnicodeDecodeError for what is no UTF-8."""
    return _text_of(identity(path))


@lru_cache(maxsize=8)
def _text_of(file: tuple[str, int, int, int]) -> FileText:
    return FileText(first_bytes(file[0], BYTE_LIMIT), file[0])

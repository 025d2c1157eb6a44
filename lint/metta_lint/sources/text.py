"""Decoding a file's bytes, and converting between offsets and lines and columns."""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from metta_lint.base.documents import Span
from metta_lint.base.errors import InputError
from metta_lint.files.file_system import identity, read_bytes
from metta_lint.files.limits import BYTE_LIMIT, LINE_LIMIT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from metta_lint.files.file_system import Identity
    from metta_lint.sources.edit import Edit

BOM = "\ufeff"

LINE_BREAK = re.compile(r"\r\n|\r|\n")
"""A line break, as editors count them."""


class FileText:
    """A file's text, with lines and columns for character offsets. A leading BOM has no column."""

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.text = text

    @cached_property
    def starts(self) -> list[int]:
        """The offset at which each line begins."""
        first = len(BOM) if self.text.startswith(BOM) else 0
        return [first, *(found.end() for found in LINE_BREAK.finditer(self.text))]

    @cached_property
    def newline(self) -> str:
        """The file's line break: its first one."""
        found = LINE_BREAK.search(self.text)
        return found.group() if found else "\n"

    def position(self, offset: int) -> tuple[int, int]:
        """The 1-based line and column of a character offset."""
        line = max(bisect_right(self.starts, offset), 1)
        return line, max(offset - self.starts[line - 1], 0) + 1

    def span(self, start: int, end: int | None = None) -> Span:
        """The span between two offsets, or of the one character at ``start``."""
        line, column = self.position(start)
        end_line, end_column = self.position(end) if end is not None else (line, column + 1)
        return Span(self.path, line, column, end_line, end_column)

    def offsets(self, span: Span) -> tuple[int, int]:
        """The offsets of a span's start and end. Raises IndexError for lines that the file does not have."""
        return (
            self.starts[span.line - 1] + span.column - 1,
            self.starts[span.end_line - 1] + span.end_column - 1,
        )

    def begins(self, span: Span, *signs: str) -> bool:
        """Whether the text at a span begins with one of these signs."""
        return self.text.startswith(signs, self.offsets(span)[0])

    def line_start(self, offset: int) -> int:
        """The offset of the start of the line."""
        return self.starts[self.position(offset)[0] - 1]

    def next_line(self, offset: int) -> int:
        """The offset of the start of the next line, or of the text's end."""
        line = self.position(offset)[0]
        return self.starts[line] if line < len(self.starts) else len(self.text)

    def line_end(self, line: int) -> int:
        """The offset of the end of a 1-based line, before its line break."""
        found = LINE_BREAK.search(self.text, self.starts[line - 1])
        return found.start() if found else len(self.text)

    def line(self, line: int) -> str:
        """The text of a 1-based line, without its line break."""
        return self.text[self.starts[line - 1] : self.line_end(line)]

    def edited(self, edits: Iterable[Edit]) -> bytes:
        """The file's bytes with the edits applied. Edits must not overlap."""
        text = self.text
        for edit in sorted(set(edits), key=lambda edit: edit.span, reverse=True):
            start, end = self.offsets(edit.span)
            text = text[:start] + edit.text + text[end:]
        return text.encode()


def file_text(path: str) -> FileText:
    """A file's text. Raises OSError if it cannot be read, UnicodeDecodeError if it is not UTF-8."""
    return _text_of(identity(path))


@lru_cache(maxsize=8)
def _text_of(file: Identity) -> FileText:
    return FileText(file[0], read_bytes(file[0]).decode())


def file_start(path: str) -> Span:
    """The place of an error that is about a whole file."""
    return Span(path, 1, 1, 1, 1)


def decode(data: bytes, path: str) -> str:
    """The file's text.

    Raises InputError beyond the limits on size and lines, for bytes that are not UTF-8, and for a NUL.
    """
    if len(data) > BYTE_LIMIT:
        message = f"file is larger than {BYTE_LIMIT // 1_000_000} MB; a config is not that long"
        raise InputError(message, file_start(path))
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        before = data[: error.start].decode()
        message = f"not UTF-8: byte 0x{data[error.start]:02x} ({error.reason})"
        raise InputError(message, FileText(path, before).span(len(before))) from None
    if max(text.count("\n"), text.count("\r")) > LINE_LIMIT:
        raise InputError(f"file has more than {LINE_LIMIT} lines; a config is not that long", file_start(path))
    if "\0" in text:
        raise InputError("file holds a NUL byte; it is not a text file", FileText(path, text).span(text.index("\0")))
    return text

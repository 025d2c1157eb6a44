"""What every reader does first: bytes to text, and places in it."""

from __future__ import annotations

import re
from bisect import bisect_right

from metta_lint.base.documents import Span
from metta_lint.base.errors import InputError

BYTE_LIMIT = 4_000_000
LINE_LIMIT = 110_000
DEPTH_LIMIT = 100
NODE_LIMIT = 30_000  # values in one file, aliases counted as what they stand for; rules go through them several times
NUMBER_LIMIT = 4300  # characters of one number: Python's own limit for int(str), which keeps conversion linear

BOM = "\ufeff"

_LINE_BREAK = re.compile(r"\r\n|\r|\n")


class Lines:
    """Turns character offsets into spans: lines end at LF, CRLF or CR, as in an editor; a leading BOM has no column."""

    __slots__ = ("breaks", "path", "starts")

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.starts = [1 if text.startswith(BOM) else 0]
        self.breaks = _LINE_BREAK.finditer(text)  # read as far as it is asked for

    def position(self, offset: int) -> tuple[int, int]:
        """The 1-based line and column of a character offset."""
        starts = self.starts
        while starts[-1] <= offset and (match := next(self.breaks, None)):
            starts.append(match.end())
        line = max(bisect_right(starts, offset), 1)
        return line, max(offset - starts[line - 1], 0) + 1

    def span(self, start: int, end: int | None = None) -> Span:
        """The span from one offset up to another one, or of the one character at ``start``."""
        line, column = self.position(start)
        end_line, end_column = self.position(end) if end is not None else (line, column + 1)
        return Span(self.path, line, column, end_line, end_column)


def file_start(path: str) -> Span:
    """The place for what is wrong with a file as a whole."""
    return Span(path, 1, 1, 1, 1)


def decode(data: bytes, path: str) -> str:
    """The file's text.

    Raises InputError for a file over the limits on size and lines, for bytes that are not UTF-8, and for a NUL.
    """
    if len(data) > BYTE_LIMIT:
        message = f"file is larger than {BYTE_LIMIT // 1_000_000} MB; a config is not that long"
        raise InputError(message, file_start(path))
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        before = data[: error.start].decode()
        message = f"not UTF-8: byte 0x{data[error.start]:02x} ({error.reason})"
        raise InputError(message, Lines(path, before).span(len(before))) from None
    if max(text.count("\n"), text.count("\r")) > LINE_LIMIT:
        raise InputError(f"file has more than {LINE_LIMIT} lines; a config is not that long", file_start(path))
    if "\0" in text:
        raise InputError("file holds a NUL byte; it is not a text file", Lines(path, text).span(text.index("\0")))
    return text

"""ASCII maps: a document whose root is the list of rows, each with its span."""

from __future__ import annotations

from metta_lint.base.documents import Document, Scalar, Sequence
from metta_lint.sources.text import FileText, decode


def parse(data: bytes, path: str) -> Document:
    """The rows of a map, without the empty lines before the first and after the last one.

    Raises InputError as ``decode`` does.
    """
    file = FileText(path, decode(data, path))
    rows = [Scalar(file.line(n), file.span(start, file.line_end(n))) for n, start in enumerate(file.starts, start=1)]
    while rows and not str(rows[-1].value).strip():
        rows.pop()
    first = next((index for index, row in enumerate(rows) if str(row.value).strip()), 0)
    return Document(path, Sequence(tuple(rows[first:]), file.span(0, len(file.text))))

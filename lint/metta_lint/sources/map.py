"""ASCII maps: a document whose root is the list of rows, each with its span."""

from __future__ import annotations

import re

from metta_lint.base.documents import Document, Scalar, Sequence
from metta_lint.sources.text import BOM, FileText, decode

_ROW = re.compile(r"([^\r\n]*)(\r\n|\r|\n|$)")


def parse(data: bytes, path: str) -> Document:
    """The rows of a map, without the empty lines before the first and after the last one.

    Raises InputError as ``decode`` does.
    """
    text = decode(data, path)
    lines = FileText(path, text)
    rows = [
        Scalar(match[1], lines.span(*match.span(1)))
        for match in _ROW.finditer(text, len(BOM) if text.startswith(BOM) else 0)
    ]
    while rows and not str(rows[-1].value).strip():
        rows.pop()
    first = next((index for index, row in enumerate(rows) if str(row.value).strip()), 0)
    return Document(path, Sequence(tuple(rows[first:]), lines.span(0, len(text))))

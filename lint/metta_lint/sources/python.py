"""Python files, parsed by ``ast`` and never run: their declarations with literal values."""

from __future__ import annotations

import ast
import re
import warnings
from functools import lru_cache

from metta_lint.base.documents import Document, Entry, Mapping, Node, Scalar, Sequence, Span
from metta_lint.base.errors import InputError
from metta_lint.base.unknown import Unknown
from metta_lint.files.limits import PYTHON_BYTE_LIMIT, TOKEN_LIMIT
from metta_lint.sources.python_declarations import Module, as_node, declarations
from metta_lint.sources.python_literals import Expression
from metta_lint.sources.text import BOM, LINE_BREAK, decode, file_start

_TOKEN = re.compile(r"\w++|[^\w\s]")


def parse(data: bytes, path: str) -> Document:
    """A file's declarations as a document. A value that is not a literal is Unknown, with its text.

    Raises InputError as ``parse_module`` does.
    """
    return Document(path, plain_node(as_node(parse_module(data, path))))


@lru_cache(maxsize=16)  # a file is checked, and then asked for by the trees that it lies in
def parse_module(data: bytes, path: str) -> Module:
    """A file's declarations: classes, functions, constants and imports.

    Raises InputError for a syntax error, and beyond the limits on size and nesting.
    """
    text = _checked(data, path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the file's author's escapes, which are not our user's concern
            tree = ast.parse(text)
    except SyntaxError as error:
        line, column = max(error.lineno or 1, 1), max(error.offset or 1, 1)
        raise InputError(f"not valid Python: {error.msg}", Span(path, line, column, line, column + 1)) from None
    except (RecursionError, MemoryError):  # the parser's own bounds, which it has for exactly this
        lengths = [len(line) for line in LINE_BREAK.split(text)]
        line = lengths.index(max(lengths)) + 1  # the most likely place, for the parser names none
        raise InputError("nested deeper than Python's parser goes", Span(path, line, 1, line, 1)) from None
    except ValueError as error:
        raise InputError(f"not valid Python: {error}", file_start(path)) from None
    return declarations(tree, path, LINE_BREAK.split(text))


def plain_node(node: Node) -> Node:
    """A node with Unknown in place of every expression."""
    match node:
        case Scalar(value=Expression(text=text), span=span):
            return Scalar(Unknown(f"it is the expression {text}"), span)
        case Sequence(items=items, span=span):
            return Sequence(tuple(plain_node(item) for item in items), span)
        case Mapping(entries=entries, span=span):
            return Mapping(
                {key: Entry(entry.key_span, plain_node(entry.value)) for key, entry in entries.items()}, span
            )
    return node


def _checked(data: bytes, path: str) -> str:
    """The file's text. Raises InputError if it is too large for ast."""
    if len(data) > PYTHON_BYTE_LIMIT:
        raise InputError(f"file is larger than {PYTHON_BYTE_LIMIT // 1_000_000} MB; it is not read", file_start(path))
    text = decode(data, path).removeprefix(BOM)
    for count, token in enumerate(_TOKEN.finditer(text), start=1):
        if count > TOKEN_LIMIT:
            line = len(LINE_BREAK.findall(text, 0, token.start())) + 1
            message = f"more than {TOKEN_LIMIT:,} words and signs; no config is that long"
            raise InputError(message, Span(path, line, 1, line, 1))
    return text

"""Comments for metta-lint (``# metta-lint: ...``), in each kind of file that has comments.

Text that looks like one inside a string, a block scalar or an INI's value is not a comment.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from bisect import bisect_right
from functools import lru_cache
from typing import TYPE_CHECKING

from metta_lint.base.documents import Comment, Document, Mapping, Scalar
from metta_lint.base.errors import InputError
from metta_lint.sources.syntax import INI, PYTHON, TOML, YAML, Syntax
from metta_lint.sources.text import BOM, FileText

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from collections.abc import Mapping as MappingABC

    from metta_lint.base.documents import Node

LIMIT = 1_000  # in one file
VALUE_LIMIT = 10_000  # characters of an INI's value that is read as Python

_SPOKEN_TO = re.compile(r"[#;][ \t]*metta-lint:")
_YAML_SIGN = re.compile(r"(?:(?<=[\s])|^)#", re.MULTILINE)
_YAML_BLOCK_HEADER = re.compile(r"[|>][0-9+-]*+[ \t]*+(?:#[^\r\n]*+)?+(?:\r\n|\r|\n|\Z)")


def comments(syntax: Syntax, data: bytes, document: Document) -> Iterator[Comment]:
    """The comments for metta-lint in a file that could be parsed."""
    finder = _FINDERS.get(syntax)
    if finder is None:
        return
    file = FileText(document.path, data.decode().removeprefix(BOM))
    spoken_to = _spoken_to(file)
    below = 1
    for start, in_value in finder(file, document, spoken_to):
        line, _ = file.position(start)
        end = file.line_end(line)
        if line not in spoken_to or _SPOKEN_TO.search(file.text, start, end) is None:
            continue
        before = file.text[file.line_start(start) : start]
        if alone := not before.strip():
            below = _first_below(file, max(line + 1, below), syntax)
        text = file.text[start:end].rstrip()
        span = file.span(start, start + len(text))
        blanks = len(before) - len(before.rstrip())
        yield Comment(text, span, below if alone else line, alone, in_value, blanks)


def _spoken_to(file: FileText) -> dict[int, int]:
    """The lines with ``# metta-lint:``, each with the offset of its sign, in comments or not."""
    found: dict[int, int] = {}
    for number, sign in enumerate(_SPOKEN_TO.finditer(file.text)):
        if number == LIMIT:
            message = f"more than {LIMIT:,} comments for metta-lint; the rules themselves can be left out instead"
            raise InputError(message, file.span(*sign.span()))
        found.setdefault(file.position(sign.start())[0], sign.start())
    return found


def _first_below(file: FileText, below: int, syntax: Syntax) -> int:
    """The first line from ``below`` on that is not a comment; the last line if all are."""
    while below < len(file.starts) and file.line(below).lstrip().startswith(syntax.comment_signs):
        below += 1
    return min(below, len(file.starts))


def _of_ini(file: FileText, document: Document, spoken_to: dict[int, int]) -> Iterator[tuple[int, bool]]:
    """Comment lines, and comments behind a value that PufferLib reads as a Python literal.

    To configparser.ConfigParser(), a comment behind a value is part of the value. PufferLib 3.0 pufferl.py
    load_config() then calls ast.literal_eval(), so that ``64  # c`` is 64, while ``muon  # c`` stays a text.
    """
    for number, sign in spoken_to.items():
        line = file.line(number).rstrip()
        start = file.starts[number - 1]
        if line.lstrip().startswith(INI.comment_signs):
            yield start + len(line) - len(line.lstrip()), False
            continue
        ends = _comments_in_literal(_ini_value(document.root, number))
        if ends is None:
            yield sign, True
        elif end := next(filter(line.endswith, ends), ""):
            yield start + len(line) - len(end), False


def _ini_value(root: Node, line: int) -> str | None:
    """The text of the value on a line of an INI."""
    for section in root.entries.values() if isinstance(root, Mapping) else ():
        for entry in section.value.entries.values() if isinstance(section.value, Mapping) else ():
            if isinstance(entry.value, Scalar) and entry.value.span.line <= line <= entry.value.span.end_line:
                return str(entry.value.value)
    return None


@lru_cache(maxsize=4)
def _comments_in_literal(text: str | None) -> tuple[str, ...] | None:
    """The Python comments in the text of a value; None if it is not a Python literal."""
    if text is None or len(text) > VALUE_LIMIT:
        return None
    try:
        ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None
    return tuple(token.string.rstrip() for token in _python_comments(text))


def _python_comments(text: str) -> Iterator[tokenize.TokenInfo]:
    try:
        for token in tokenize.generate_tokens(io.StringIO(text, newline=None).readline):
            if token.type == tokenize.COMMENT:
                yield token
    except (tokenize.TokenError, SyntaxError):
        return


def _of_python(file: FileText, *_: object) -> Iterator[tuple[int, bool]]:
    for token in _python_comments(file.text):
        yield file.starts[token.start[0] - 1] + token.start[1], False


def _of_toml(file: FileText, *_: object) -> Iterator[tuple[int, bool]]:
    from metta_lint.sources.toml import STRING

    for found in re.finditer(rf"{STRING.pattern}|(#[^\r\n]*+)", file.text, re.DOTALL):
        if found[1]:
            yield found.start(), False


def _of_yaml(file: FileText, _: Document, spoken_to: dict[int, int]) -> Iterator[tuple[int, bool]]:
    """Comments: a # after a blank that is in no quoted or block scalar (YAML 1.1, 6.6)."""
    texts = list(_yaml_texts(file.text))
    begins = [begin for begin, _ in texts]
    for number in spoken_to:
        start = file.starts[number - 1]
        while sign := _YAML_SIGN.search(file.text, start, file.line_end(number)):
            before = bisect_right(begins, sign.start()) - 1
            if before < 0 or sign.start() >= texts[before][1]:
                yield sign.start(), False
                break
            start = texts[before][1]


def _yaml_texts(text: str) -> Iterator[tuple[int, int]]:
    """Where quoted and block scalars begin and end, in order; a block's header line may end in a comment."""
    import yaml

    from metta_lint.sources.yaml import parser_for

    try:
        for event in yaml.parse(text, Loader=parser_for(text)):
            if isinstance(event, yaml.ScalarEvent) and event.style and event.start_mark and event.end_mark:
                start, end = event.start_mark.index, event.end_mark.index
                header = _YAML_BLOCK_HEADER.search(text, start, end) if event.style in "|>" else None
                yield header.end() if header else start, end
    except yaml.YAMLError:  # a plugin's source reads what YAML does not
        return


_FINDERS: MappingABC[Syntax, Callable[[FileText, Document, dict[int, int]], Iterator[tuple[int, bool]]]] = {
    INI: _of_ini,
    PYTHON: _of_python,
    TOML: _of_toml,
    YAML: _of_yaml,
}
"""Where comments begin; and whether what stands there is part of a value after all."""

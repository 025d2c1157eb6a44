"""Writes suppressions: the comment that holds a finding back, for an editor or a first clean run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metta_lint.base.documents import Span, plain
from metta_lint.base.errors import InputError
from metta_lint.check.suppressions import FILE, LINE, lines_of, long_values
from metta_lint.files.file_system import read_bytes
from metta_lint.sources import read
from metta_lint.sources.edit import Edit
from metta_lint.sources.syntax import syntax_of
from metta_lint.sources.text import BOM, LINE_BREAK, FileText, file_start

if TYPE_CHECKING:
    from metta_lint.base.documents import Document
    from metta_lint.rules.finding import Finding


def directive_for(finding: Finding, reason: str, data: bytes | None = None) -> Edit | None:
    """The edit that suppresses a finding: a comment on a line of its own, above the finding's value or its key.

    What has no line of its own is suppressed for its file. ``data`` stands for the file's bytes, as an editor has them.
    None where no comment can say it: JSON and maps have none, input errors are never suppressed, and no value may
    change by it. Raises OSError for a file that is not there, InputError for one that cannot be read.
    """
    path = finding.span.path
    syntax = syntax_of(path)
    if syntax is None or not syntax.comment_signs or finding.is_input_error:
        return None
    data = read_bytes(path) if data is None else data
    document = read(path, data)
    file = FileText(path, data.decode())
    lines = LINE_BREAK.split(file.text.removeprefix(BOM))
    whole_file = finding.span == file_start(path)
    text = f"# metta-lint: {FILE if whole_file else LINE}[{finding.code}] {' '.join(reason.split())}".rstrip()
    for line in [_first_line(lines, syntax.comment_signs)] if whole_file else _lines_above(document, finding.span):
        indent = lines[line - 1][: len(lines[line - 1]) - len(lines[line - 1].lstrip())]
        edit = Edit(Span(path, line, 1, line, 1), f"{indent}{text}{file.newline}")
        if _is_only_a_comment(document, edit, file):
            return edit
    return None


def _first_line(lines: list[str], signs: tuple[str, ...]) -> int:
    """Below the first comments: a script's interpreter and Hydra's package stand there."""
    numbered = enumerate(lines, start=1)
    return next((number for number, line in numbered if not line.lstrip().startswith(signs)), len(lines))


def _lines_above(document: Document, span: Span) -> list[int]:
    """The lines above which a comment is about this place, the nearest first."""
    lines = lines_of(span, long_values(document.root))
    return sorted((line for line in lines if line <= span.line), reverse=True)


def _is_only_a_comment(document: Document, edit: Edit, file: FileText) -> bool:
    """Whether an edit adds a comment to a file and changes nothing that it says."""
    try:
        after = read(document.path, file.edited([edit]))
    except InputError:
        return False
    is_there = any(comment.span.line == edit.span.line and comment.alone for comment in after.comments)
    return is_there and repr(plain(after.root)) == repr(plain(document.root))

"""Writes the comment that suppresses a finding, for an editor or a first clean run."""

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

    A finding about a whole file is suppressed for that file. ``data`` are the file's bytes, as an editor has them. None
    where that is impossible: JSON and maps have no comments, input errors cannot be suppressed, and no value may change
    by it. Raises OSError for a missing file, InputError for one that cannot be read.
    """
    path = finding.span.path
    syntax = syntax_of(path)
    if syntax is None or not syntax.comment_signs or finding.is_input_error:
        return None
    data = read_bytes(path) if data is None else data
    document = read(path, data)
    file = FileText(path, data.decode())
    lines = LINE_BREAK.split(file.text.removeprefix(BOM))
    if whole_file := finding.span == file_start(path):
        above = [_first_line(lines, syntax.comment_signs)]
    else:  # the nearest of the lines above which a comment is about this place comes first
        own = lines_of(finding.span, long_values(document.root))
        above = sorted((line for line in own if line <= finding.span.line), reverse=True)
    text = f"# metta-lint: {FILE if whole_file else LINE}[{finding.code}] {' '.join(reason.split())}".rstrip()
    for line in above:
        indent = lines[line - 1][: len(lines[line - 1]) - len(lines[line - 1].lstrip())]
        edit = Edit(Span(path, line, 1, line, 1), f"{indent}{text}{file.newline}")
        if _is_only_a_comment(document, edit, file):
            return edit
    return None


def _first_line(lines: list[str], signs: tuple[str, ...]) -> int:
    """The first line below the file's leading comments, which may be ``#!`` or Hydra's ``# @package``."""
    numbered = enumerate(lines, start=1)
    return next((number for number, line in numbered if not line.lstrip().startswith(signs)), len(lines))


def _is_only_a_comment(document: Document, edit: Edit, file: FileText) -> bool:
    """Whether an edit adds a comment to a file and changes none of its values."""
    try:
        after = read(document.path, file.edited([edit]))
    except InputError:
        return False
    is_there = any(comment.span.line == edit.span.line and comment.alone for comment in after.comments)
    return is_there and repr(plain(after.root)) == repr(plain(document.root))

"""Suppressions: the comments ``# metta-lint: ignore[ML101] why``, read, applied to findings, and written."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from metta_lint.base.documents import Mapping, Scalar, Sequence, Span, plain
from metta_lint.base.errors import InputError
from metta_lint.base.records import NamedTuple
from metta_lint.base.wording import did_you_mean, printable
from metta_lint.files.file_system import read_bytes, real_path
from metta_lint.rules.built_in import BUILT_IN, UNREADABLE, UNUSED, WITHOUT_REASON
from metta_lint.rules.engine import merged
from metta_lint.rules.registry import list_rules
from metta_lint.sources import read, readable
from metta_lint.sources.edit import Edit, Fix
from metta_lint.sources.syntax import syntax_of
from metta_lint.sources.text import BOM, LINE_BREAK, FileText, file_start

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from metta_lint.base.documents import Comment, Document, Node
    from metta_lint.check.coverage import Coverage
    from metta_lint.rules.finding import Finding
    from metta_lint.rules.registry import ListedRule

LINE, FILE = "ignore", "ignore-file"
IN_VALUE = "this is part of the value, not a comment: PufferLib's configparser has no comments behind values"
SHAPE = f"{LINE}[ML101] and the reason, or {FILE}[ML101] and the reason"

_WORDS = (
    r"[#;][ \t]*metta-lint:[ \t]*(?P<verb>[\w-]*)[ \t]*(?:\[(?P<codes>[^\]]{0,200})\])?(?P<reason>.*?)"
    r"(?=[#;][ \t]*metta-lint:|$)"
)
_CODE = r"[^\s,]+"
_BESIDE_REASONS = " \t:;,.-\N{EN DASH}\N{EM DASH}"
"""Characters between the brackets and the reason that belong to neither."""
PROBLEMS = 50
"""Mistakes that are reported of one file at most: looking for what each may have meant is slow."""


class Code(NamedTuple):
    """What a comment names: a rule's code (``ML101``), a prefix of codes (``ML1``) or a rule's name."""

    text: str
    span: Span

    def means(self, rule: ListedRule) -> bool:
        """Whether a rule has this code, prefix or name."""
        return rule.code.startswith(self.text.upper()) or rule.name == self.text


class Directive(NamedTuple):
    """One suppression: which rules, and why. It holds for the last of its ``lines``, or for the whole file.

    The first line is the comment's own, and the only one where the comment stands behind a value. ``all_known`` is
    False where the comment also names codes that no rule has.
    """

    codes: tuple[Code, ...]
    reason: str
    span: Span
    lines: range
    comment: Comment
    whole_file: bool = False
    all_known: bool = True


class CommentedFile:
    """A file's suppressions, and the mistakes in its comments: a word that is not ``ignore``, an unknown code."""

    def __init__(self, document: Document, rules: Collection[ListedRule]) -> None:
        self.directives: list[Directive] = []
        self.problems: list[Finding] = []
        for comment in document.comments:
            if len(self.problems) >= PROBLEMS:
                break
            if comment.in_value:
                help_ = "write the comment on a line of its own above"
                self.problems.append(UNUSED.finding(IN_VALUE, comment.span, comment.text, help=help_))
                continue
            for words in re.finditer(_WORDS, comment.text):
                self._read(comment, words, rules)
        self._long = long_values(document.root)
        self._whole_file = [directive for directive in self.directives if directive.whole_file]
        self._by_line: dict[int, list[Directive]] = {}
        for directive in self.directives:
            for line in {directive.lines[0], directive.lines[-1]} if not directive.whole_file else ():
                self._by_line.setdefault(line, []).append(directive)

    def _read(self, comment: Comment, words: re.Match[str], rules: Collection[ListedRule]) -> None:
        span = _part(comment, words.start(), words.start() + len(words[0].rstrip()))
        verb, listed, start = words["verb"], words["codes"] or "", words.start("codes")
        codes = [
            Code(code[0], _part(comment, start + code.start(), start + code.end()))
            for code in re.finditer(_CODE, listed)
        ]
        if verb not in (LINE, FILE):
            message = f"unknown comment {printable(verb)!r}: write {SHAPE}"
            self.problems.append(UNREADABLE.finding(message, span, verb))
            return
        if not codes:
            self.problems.append(UNREADABLE.finding(f"a suppression names no rule: write {SHAPE}", span))
        unknown = {code: why for code in codes if (why := _unknown(code, rules)) is not None}
        known = tuple(code for code in codes if code not in unknown)
        self.problems += [UNREADABLE.finding(why, code.span, code.text) for code, why in unknown.items()]
        if not known:
            return
        reason = words["reason"].strip(_BESIDE_REASONS)
        if not reason:
            message = f"{verb}[{printable(listed)}] does not say why"
            help_ = "write the reason behind the brackets"
            self.problems.append(WITHOUT_REASON.finding(message, span, listed, help=help_))
        lines = range(comment.span.line, comment.last_line + 1)
        self.directives.append(Directive(known, reason, span, lines, comment, verb == FILE, not unknown))

    def about(self, span: Span) -> Iterator[Directive]:
        """The suppressions that hold for a place: those of its lines, and those of the file."""
        for line in lines_of(span, self._long):
            yield from self._by_line.get(line, ())
        yield from self._whole_file


def _unknown(code: Code, rules: Collection[ListedRule]) -> str | None:
    """What is wrong with a code, None where a rule has it."""
    if any(code.means(rule) for rule in rules):
        return None
    if any(built_in.code.startswith(code.text.upper()) for built_in in BUILT_IN):
        return f"{code.text} cannot be suppressed"
    names = [name for rule in rules for name in (rule.code, rule.name)]
    hint = did_you_mean(code.text, names, otherwise="; `metta-lint rules` lists them")
    return f"no rule is called {printable(code.text)!r}{hint}"


def _part(comment: Comment, start: int, end: int) -> Span:
    path, line, column, _, _ = comment.span
    return Span(path, line, column + start, line, column + end)


class LongValue(NamedTuple):
    """A value over several lines, its key included; a comment cannot stand inside a multi-line string."""

    key: Span | None
    span: Span
    is_text: bool


def lines_of(span: Span, values: Iterable[LongValue]) -> set[int]:
    """The lines where a suppression of a place may stand: its first and last, those of a text around it, its key's."""
    lines = {span.line, _last_line(span)}
    for value in values:
        if span in (value.key, value.span) or (value.is_text and value.span.holds(span)):
            lines |= {place.line for place in (value.span, value.key) if place is not None} | {_last_line(value.span)}
    return lines


def long_values(node: Node, key: Span | None = None) -> list[LongValue]:
    """The values at and below a node that, with their keys, take more than one line."""
    first = node.span.line if key is None else key.line
    found = [LongValue(key, node.span, isinstance(node, Scalar))] if first != _last_line(node.span) else []
    if isinstance(node, Mapping):
        for entry in node.entries.values():
            found += long_values(entry.value, entry.key_span)
    elif isinstance(node, Sequence):
        for item in node.items:
            found += long_values(item)
    return found


def _last_line(span: Span) -> int:
    return span.end_line - 1 if span.end_column == 1 and span.end_line > span.line else span.end_line


class Suppressions:
    """The suppressions of the files that were looked at, and of other files that findings are in."""

    def __init__(self, coverage: Coverage) -> None:
        every = list_rules(coverage.request.config.plugins)
        self._coverage = coverage
        self._rules = {rule.code: rule for rule in every}
        self._kinds = {rule.code: rule.subject for rule in coverage.chosen.rules}
        self._looked_at = {document.path: CommentedFile(document, every) for document in coverage.gathered.commented}
        self._files: dict[str, CommentedFile | None] = {**dict.fromkeys(coverage.subjects.files), **self._looked_at}
        self._used: dict[Directive, set[Code]] = {}

    def split(self, findings: Iterable[Finding]) -> tuple[list[Finding], list[tuple[Finding, Directive]]]:
        """The findings that nothing suppresses; and the others, each once, with the suppression."""
        found = [(finding, self._nearest(finding)) for finding in findings]
        kept = [finding for finding, directive in found if directive is None]
        by = {(finding.span, finding.identity): directive for finding, directive in found if directive is not None}
        suppressed = merged(finding for finding, directive in found if directive is not None)
        return kept, [(finding, by[finding.span, finding.identity]) for finding in suppressed]

    @property
    def problems(self) -> list[Finding]:
        """The mistakes in comments of the files that were looked at."""
        return [problem for file in self._looked_at.values() for problem in file.problems]

    def _nearest(self, finding: Finding) -> Directive | None:
        """The suppression of a finding: a line's before a file's, one at its own place before one at its other places.

        A finding of a pair can be suppressed on either side: at its own place and at its related ones.
        """
        rule = self._rules.get(finding.code)
        if rule is None:
            return None
        others = finding.related if finding.is_of_pair else ()
        found: list[tuple[tuple[bool, int, int], Directive]] = []
        for place, span in enumerate((finding.span, *(related.span for related in others))):
            file = self._file(span.path)
            for directive in file.about(span) if file is not None else ():
                if any(code.means(rule) for code in directive.codes):
                    rank = (directive.whole_file, place, abs(directive.span.line - span.line))
                    found.append((rank, directive))
        if not found:
            return None
        nearest = min(found, key=lambda ranked: ranked[0])[1]
        self._used.setdefault(nearest, set()).update(code for code in nearest.codes if code.means(rule))
        return nearest

    def _file(self, path: str) -> CommentedFile | None:
        """A file that was looked at, by any spelling of its path, or another one that a finding is in."""
        if path not in self._files:
            real = real_path(path)
            found = next((file for other, file in self._looked_at.items() if real_path(other) == real), None)
            if found is None and (document := readable(path)) is not None and document.comments:
                found = CommentedFile(document, self._rules.values())
            self._files[path] = found
        return self._files[path]

    def unused(self) -> Iterator[Finding]:
        """Codes that suppress nothing, though they could have: their rules ran, on this file, with all values known."""
        for path, file in self._looked_at.items():
            kinds = self._coverage.kinds(path) if file.directives else frozenset()
            for directive in file.directives:
                used = self._used.get(directive, set())
                idle = [code for code in directive.codes if code not in used and self._was_judged(code, path, kinds)]
                if idle:
                    yield _unused(directive, idle)

    def _was_judged(self, code: Code, path: str, kinds: frozenset[str]) -> bool:
        meant = [rule for rule in self._rules.values() if code.means(rule)]
        ran = all(self._kinds.get(rule.code) in kinds for rule in meant)
        return ran and all(self._coverage.was_judged(rule, path) for rule in meant)


def _unused(directive: Directive, idle: list[Code]) -> Finding:
    names = printable(", ".join(code.text for code in idle))
    message = f"{names} is suppressed here, and not found"
    if len(idle) == len(directive.codes):
        found = UNUSED.finding(message, directive.span, names, help="remove the comment")
        return found._replace(fix=_removal(directive))
    found = UNUSED.finding(message, idle[0].span, names, help=f"remove {names}")
    if not directive.all_known:
        return found
    rest = ", ".join(code.text for code in directive.codes if code not in idle)
    first, last = directive.codes[0].span, directive.codes[-1].span
    fix = Fix(f"remove {names}", (Edit(Span(*first[:3], *last[3:]), rest),), is_safe=True)
    return found._replace(fix=fix)


def _removal(directive: Directive) -> Fix | None:
    """The edit that removes a comment with its line or the blanks before it; None where it says something else too."""
    comment = directive.comment
    path, line, column, end_line, end_column = comment.span
    if comment.span != directive.span or not directive.all_known:
        return None
    span = Span(path, line, column - comment.blanks, end_line, end_column)
    if comment.alone and comment.last_line > line:
        span = Span(path, line, 1, line + 1, 1)
    return Fix("remove the comment", (Edit(span, ""),), is_safe=True)


# -- writing one -------------------------------------------------------------------------------------------------------


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

"""The baseline: findings that were there before, so that only new ones are reported.

An entry is a finding's identity (the rule, the file, what it is about and its values), and how often it was found.
"""

from __future__ import annotations

import os
from collections import Counter
from typing import TYPE_CHECKING

from metta_lint.base.documents import Mapping, Scalar, leaves, plain
from metta_lint.base.errors import InputError, LintError
from metta_lint.base.paths import from_folder, slashed
from metta_lint.base.records import NamedTuple
from metta_lint.base.wording import printable
from metta_lint.files.file_system import exists, is_folder
from metta_lint.files.limits import BYTE_LIMIT, NODE_LIMIT
from metta_lint.files.replace import write_text
from metta_lint.rules.built_in import STALE_ENTRY
from metta_lint.rules.finding import more_than
from metta_lint.sources import read
from metta_lint.sources.syntax import JSON
from metta_lint.sources.text import file_start

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from collections.abc import Mapping as MappingABC

    from metta_lint.base.documents import Node, Span
    from metta_lint.check.coverage import Coverage
    from metta_lint.project.config import GivenFile
    from metta_lint.rules.finding import Finding

FILE = "metta-lint-baseline.json"
SCHEMA = "metta-lint-baseline/2"
MESSAGES = "metta-lint-baseline/1"
"""The version before, whose entries were messages."""


class BaselineEntry(NamedTuple):
    """A finding's identity as the baseline has it. The file's path starts at the baseline's folder and has ``/``."""

    file: str
    code: str
    text: str


class Baseline(NamedTuple):
    """How often each finding was there, and where in the baseline that stands."""

    path: str
    counts: MappingABC[BaselineEntry, int] = {}
    spans: MappingABC[BaselineEntry, Span] = {}

    def key(self, finding: Finding) -> BaselineEntry:
        """The entry that a finding would be."""
        identity = finding.identity
        return BaselineEntry(printable(from_folder(identity.path, self._folder)), identity.code, identity.text)

    def file(self, key: BaselineEntry) -> str:
        """The path of an entry's file, from the working directory."""
        return slashed(os.path.normpath(os.path.join(self._folder, key.file)))

    @property
    def _folder(self) -> str:
        return os.path.dirname(self.path)


class BaselineResult(NamedTuple):
    """What is new compared with a baseline.

    ``new`` are the findings that it does not have, ``known`` is how many it has; ``gone`` says of each entry how many
    findings fewer there are now.
    """

    baseline: Baseline
    new: tuple[Finding, ...]
    known: int
    gone: MappingABC[BaselineEntry, int]

    def stale(self) -> list[Finding]:
        """A finding for each entry that no longer occurs, at its line."""
        return [self._stale(key, number) for key, number in self.gone.items()]

    def _stale(self, key: BaselineEntry, number: int) -> Finding:
        before = self.baseline.counts[key]
        how_many = "" if before == 1 else f" {number} of {before} times"
        return STALE_ENTRY.finding(
            f"no longer found{how_many}: {key.code} in {key.file}: {key.text}",
            self.baseline.spans[key],
            f"{key.code} in {key.file}",
            (key.text,),
            help="metta-lint check --prune-baseline drops what no longer occurs",
        )

    def pruned(self) -> Baseline:
        """The baseline without what no longer occurs."""
        return Baseline(self.baseline.path, +(Counter(self.baseline.counts) - Counter(self.gone)))


def held(findings: Sequence[Finding], baseline: Baseline, coverage: Coverage) -> BaselineResult:
    """Compare findings, in the order of their lines, with a baseline."""
    left = Counter(baseline.counts)
    new = more_than(findings, left, baseline.key)
    gone = {key: number for key, number in left.items() if number > 0 and coverage.judges(baseline.file(key), key.code)}
    return BaselineResult(baseline, tuple(new), len(findings) - len(new), gone)


def updated(old: Baseline, findings: Iterable[Finding], coverage: Coverage) -> Baseline:
    """The baseline of the current findings. Entries that were not looked at stay; input errors are never entries."""
    counts = Counter(old.key(finding) for finding in findings if not finding.is_input_error)
    for key, number in old.counts.items():
        if not coverage.judges(old.file(key), key.code):
            counts[key] = max(counts[key], number)
    return Baseline(old.path, counts)


# -- the file ----------------------------------------------------------------------------------------------------------


def load(given: GivenFile, *, to_replace: bool = False) -> Baseline:
    """Read a baseline. Raises LintError for a missing file, InputError for one that is not a baseline.

    A baseline of an earlier version raises InputError too; ``to_replace`` takes it for an empty one.
    """
    if not exists(given.path):
        message = f"the baseline {given.path} does not exist; metta-lint check --write-baseline writes it"
        raise InputError(message, given.span) if given.span is not None else LintError(message)
    root = read(given.path).root if JSON.fits(given.path) else None
    schema = root.get("schema") if isinstance(root, Mapping) else None
    if not isinstance(root, Mapping) or not isinstance(schema, Scalar) or "findings" not in root.entries:
        raise InputError("is not a baseline of metta-lint", root.span if root is not None else file_start(given.path))
    if schema.value == MESSAGES and to_replace:
        return Baseline(given.path)
    if schema.value == MESSAGES:
        hint = "write it again: metta-lint check --write-baseline"
        raise InputError(f"a baseline of an earlier version, which holds messages; {hint}", schema.span)
    if schema.value != SCHEMA:
        raise InputError(f"a baseline of another version: {schema.value!r}, not {SCHEMA!r}", schema.span)
    entries = list(_entries(root.entries["findings"].value))
    return Baseline(given.path, {key: n for key, n, _ in entries}, {key: span for key, _, span in entries})


def _entries(findings: Node) -> Iterator[tuple[BaselineEntry, int, Span]]:
    for path, node in leaves(findings):
        if isinstance(node, Mapping) and len(path) < len(BaselineEntry._fields):
            continue  # a file or a code without entries
        if len(path) != len(BaselineEntry._fields):
            message = "expected an object: findings by file, then by code, then by what they speak of"
            raise InputError(message, node.span)
        number = plain(node)
        if isinstance(number, bool) or not isinstance(number, int) or number < 1:
            raise InputError("how often a finding was there must be a positive whole number", node.span)
        yield BaselineEntry(*map(str, path)), number, node.span


def baseline_text(baseline: Baseline) -> str:
    """A baseline as sorted JSON, a line for each entry. Raises LintError if it is too large to be read again."""
    import json

    findings: dict[str, dict[str, dict[str, int]]] = {}
    for key in sorted(baseline.counts):
        findings.setdefault(key.file, {}).setdefault(key.code, {})[key.text] = baseline.counts[key]
    text = json.dumps({"schema": SCHEMA, "findings": findings}, indent=2, ensure_ascii=False) + "\n"
    nodes = len(baseline.counts) + len(findings) + sum(map(len, findings.values())) + 3
    if nodes > NODE_LIMIT or len(text.encode()) > BYTE_LIMIT:
        raise LintError(
            f"{baseline.path}: {len(baseline.counts)} entries are more than a baseline can have; "
            "lint a part of the files, or select fewer rules, at first"
        )
    return text


def write_baseline(baseline: Baseline) -> None:
    """Write a baseline over the old one. Raises LintError where that is impossible."""
    write_text(baseline.path, baseline_text(baseline))


def to_write(path: str) -> Baseline:
    """The old baseline at a path where one is to be written; an empty one where there is none.

    Raises LintError for any other file, which would be lost.
    """
    from metta_lint.project.config import GivenFile

    if is_folder(path):
        raise LintError(f"{path} is a folder, and no place for a baseline; paths come before --write-baseline")
    if not JSON.fits(path):
        raise LintError(f"{path}: a baseline is a JSON file; paths come before --write-baseline")
    return load(GivenFile(path), to_replace=True) if exists(path) else Baseline(path)

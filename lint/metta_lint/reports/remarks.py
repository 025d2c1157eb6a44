"""What several formats say of a finding: its remarks, its path in the repository, its fingerprint."""

from __future__ import annotations

import posixpath
from collections import Counter
from typing import TYPE_CHECKING

from metta_lint.base.paths import slashed
from metta_lint.rules.built_in import BUILT_IN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from metta_lint.check.report import Report
    from metta_lint.rules.built_in import BuiltIn
    from metta_lint.rules.finding import Finding, Identity
    from metta_lint.rules.rule import Rule


def rules_by_code(report: Report) -> dict[str, Rule | BuiltIn]:
    """The rules of what was found, and the codes that no rule has."""
    found = {finding.code for finding in report.findings}
    every: tuple[Rule | BuiltIn, ...] = (*BUILT_IN, *(rule.load() for rule in report.rules if rule.code in found))
    return {rule.code: rule for rule in every if rule.code in found}


def is_fixable(finding: Finding) -> bool:
    """Whether a fix changes no run but for what was plainly meant."""
    return finding.fix is not None and finding.fix.is_safe


def remarks(finding: Finding) -> Iterator[tuple[str, str]]:
    """What is said of a finding besides its message, each with a title: its help, its fix, its notes."""
    if finding.help:
        yield "help", finding.help
    if finding.fix is not None:
        options = "safe, with --fix" if finding.fix.is_safe else "unsafe, with --fix --unsafe-fixes"
        yield "fix", f"{finding.fix.message} ({options})"
    yield from (("note", note) for note in finding.notes)


def remark_lines(finding: Finding) -> list[str]:
    """The same, a line each, for formats that have no place for it."""
    return [f"{title}: {text}" for title, text in remarks(finding)]


def whole_text(finding: Finding) -> str:
    """All that is said of a finding, for formats that have one text for it."""
    related = [f"{related.span}: {related.label}" for related in finding.related]
    lines = [f"{finding.span}: {finding.message}", *related, *remark_lines(finding)]
    return "\n".join([*lines, *filter(None, [finding.url])])


def repository_path(path: str) -> str:
    """A path as a repository has it: ``./configs/../a.ini`` is ``a.ini``."""
    return posixpath.normpath(slashed(path))


def with_fingerprints(findings: Iterable[Finding]) -> Iterator[tuple[Finding, str]]:
    """Each finding with what stays the same when its line moves: a hash of its identity.

    What is found several times in a file is counted, so that each has a fingerprint of its own.
    """
    from hashlib import sha256

    seen: Counter[Identity] = Counter()
    for finding in findings:
        key = finding.identity._replace(path=repository_path(finding.span.path))
        text = "\0".join((key.code, key.path, key.text, str(seen[key])))
        seen[key] += 1
        yield finding, sha256(text.encode("utf-8", "surrogatepass")).hexdigest()

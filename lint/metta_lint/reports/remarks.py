"""Parts of a finding that several formats print: its remarks, its path in the repository, its fingerprint."""

from __future__ import annotations

import posixpath
from collections import Counter
from typing import TYPE_CHECKING

from metta_lint.base.paths import slashed
from metta_lint.rules.built_in import BUILT_IN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from metta_lint.rules.built_in import BuiltIn
    from metta_lint.rules.finding import Finding, FindingIdentity
    from metta_lint.rules.registry import ListedRule
    from metta_lint.rules.rule import Rule


def rules_by_code(findings: Iterable[Finding], rules: Iterable[ListedRule]) -> dict[str, Rule | BuiltIn]:
    """The rules with findings by code, built-in codes such as ML001 included."""
    found = {finding.code for finding in findings}
    every: tuple[Rule | BuiltIn, ...] = (*BUILT_IN, *(rule.load() for rule in rules if rule.code in found))
    return {rule.code: rule for rule in every if rule.code in found}


def is_fixable(finding: Finding) -> bool:
    """Whether it has a safe fix."""
    return finding.fix is not None and finding.fix.is_safe


def remarks(finding: Finding) -> Iterator[tuple[str, str]]:
    """The help, the fix and the notes of a finding, each with its title: ``("help", "use 64")``."""
    if finding.help:
        yield "help", finding.help
    if finding.fix is not None:
        options = "safe, with --fix" if finding.fix.is_safe else "unsafe, with --fix --unsafe-fixes"
        yield "fix", f"{finding.fix.message} ({options})"
    yield from (("note", note) for note in finding.notes)


def remark_lines(finding: Finding) -> list[str]:
    """The same as lines, ``help: use 64``, for formats that have no field for them."""
    return [f"{title}: {text}" for title, text in remarks(finding)]


def whole_text(finding: Finding) -> str:
    """A finding's message and remarks in one text, for formats with a single text field."""
    related = [f"{related.span}: {related.label}" for related in finding.related]
    lines = [f"{finding.span}: {finding.message}", *related, *remark_lines(finding)]
    return "\n".join([*lines, *filter(None, [finding.url])])


def repository_path(path: str) -> str:
    """A path as git writes it: ``./configs/../a.ini`` is ``a.ini``."""
    return posixpath.normpath(slashed(path))


def with_fingerprints(findings: Iterable[Finding]) -> Iterator[tuple[Finding, str]]:
    """Each finding with a hash of its identity, which stays the same when its line moves.

    Equal findings of one file are numbered, so that each has a fingerprint of its own.
    """
    from hashlib import sha256

    seen: Counter[FindingIdentity] = Counter()
    for finding in findings:
        key = finding.identity._replace(path=repository_path(finding.span.path))
        text = "\0".join((key.code, key.path, key.text, str(seen[key])))
        seen[key] += 1
        yield finding, sha256(text.encode("utf-8", "surrogatepass")).hexdigest()

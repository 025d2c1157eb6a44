"""Findings as an editor shows them: at both sides of a pair, each pointing to the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol.types import (
    CodeDescription,
    Diagnostic,
    DiagnosticRelatedInformation,
    DiagnosticSeverity,
    DiagnosticTag,
)

from metta_lint.base.records import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from metta_lint.base.documents import Span
    from metta_lint.rules.finding import Finding
    from metta_lint.server.linting import Checked, Result

SOURCE = "metta-lint"
SEVERITIES: Mapping[str, DiagnosticSeverity] = {
    "error": DiagnosticSeverity.Error,
    "warning": DiagnosticSeverity.Warning,
    "info": DiagnosticSeverity.Information,
}
UNREAD = frozenset({"ignored-key", "unused-suppression"})
"""Rules about text that has no effect: editors grey it out."""


class Shown(NamedTuple):
    """A diagnostic and the finding that it shows, at the finding's own place or at the other side of its pair."""

    diagnostic: Diagnostic
    finding: Finding
    span: Span
    checked: Checked


def diagnostics(result: Result) -> dict[str, list[Shown]]:
    """What is shown in each file, by the file's URI."""
    shown: dict[str, list[Shown]] = {}
    for checked, finding in result.findings:
        for span, related in _sides(finding):
            diagnostic = _diagnostic(result, checked, finding, span, related)
            uri = result.uri(result.file(checked.root, span))
            shown.setdefault(uri, []).append(Shown(diagnostic, finding, span, checked))
    return shown


def _sides(finding: Finding) -> Iterator[tuple[Span, list[tuple[str, Span]]]]:
    """Each place that a finding is shown at, with the labelled places that it points to from there.

    These are its own place and, for a pair's finding, the first related place in each other file.
    """
    related = [(place.label, place.span) for place in finding.related]
    yield finding.span, related
    others: dict[str, Span] = {}
    for _, span in related if finding.is_of_pair else ():
        if span.path != finding.span.path:
            others.setdefault(span.path, span)
    for other in others.values():
        rest = [(label, span) for label, span in related if span != other]
        yield other, [(finding.message, finding.span), *rest]


def _diagnostic(
    result: Result, checked: Checked, finding: Finding, span: Span, related: list[tuple[str, Span]]
) -> Diagnostic:
    fix = finding.fix
    return Diagnostic(
        range=result.text(result.file(checked.root, span)).range(span),
        severity=SEVERITIES[finding.severity],
        code=finding.code,
        code_description=CodeDescription(finding.url) if finding.url else None,
        source=SOURCE,
        message="\n".join([finding.message, *finding.notes, *([f"help: {finding.help}"] if finding.help else [])]),
        tags=[DiagnosticTag.Unnecessary] if finding.name in UNREAD else None,
        related_information=[
            DiagnosticRelatedInformation(result.location(checked.root, place), label) for label, place in related
        ]
        or None,
        data={"name": finding.name, "fix": None if fix is None else "safe" if fix.is_safe else "unsafe"},
    )

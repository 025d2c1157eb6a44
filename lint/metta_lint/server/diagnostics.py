"""Findings as an editor shows them: at both sides of a pair, each pointing to the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol.types import (
    CodeDescription,
    Diagnostic,
    DiagnosticRelatedInformation,
    DiagnosticSeverity,
    DiagnosticTag,
    Location,
)
from pygls.uris import from_fs_path

from metta_lint.base.records import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from metta_lint.base.documents import Span
    from metta_lint.rules.finding import Finding, Related
    from metta_lint.server.linting import Checked, File, Result

SOURCE = "metta-lint"
SEVERITIES: Mapping[str, DiagnosticSeverity] = {
    "error": DiagnosticSeverity.Error,
    "warning": DiagnosticSeverity.Warning,
    "info": DiagnosticSeverity.Information,
}
UNREAD = frozenset({"ignored-key", "unused-suppression"})
"""What is found of text that does nothing: editors grey it out."""


class Shown(NamedTuple):
    """A diagnostic and the finding that it shows at a place: its own, or the one at the other side of its pair."""

    diagnostic: Diagnostic
    finding: Finding
    span: Span
    checked: Checked


def diagnostics(result: Result) -> dict[str, list[Shown]]:
    """What is shown in each file, by the file's address."""
    shown: dict[str, list[Shown]] = {}
    for checked, finding in result.findings:
        for span, related in _sides(finding):
            diagnostic = _diagnostic(result, checked, finding, span, related)
            uri = address(result, result.file(checked.root, span))
            shown.setdefault(uri, []).append(Shown(diagnostic, finding, span, checked))
    return shown


def address(result: Result, file: File) -> str:
    """A file's address: as the editor spells it, if it holds the file."""
    held = result.state.held.get(file.key)
    return held.uri if held is not None else str(from_fs_path(file.path))


def location(result: Result, checked: Checked, span: Span) -> Location:
    """A span as an address and a range."""
    file = result.file(checked.root, span)
    return Location(address(result, file), result.text(file).range(span))


def _sides(finding: Finding) -> Iterator[tuple[Span, list[tuple[str, Span]]]]:
    """Each place that a finding is shown at, with the labelled places that it points to from there.

    That is its own place, and of a pair's finding the first one in each other file too.
    """
    related = [(place.label, place.span) for place in finding.related]
    yield finding.span, related
    if not finding.is_of_pair:
        return
    others: dict[str, Related] = {}
    for place in finding.related:
        if place.span.path != finding.span.path:
            others.setdefault(place.span.path, place)
    for other in others.values():
        rest = [(label, span) for label, span in related if span != other.span]
        yield other.span, [(finding.message, finding.span), *rest]


def _diagnostic(
    result: Result, checked: Checked, finding: Finding, span: Span, related: list[tuple[str, Span]]
) -> Diagnostic:
    return Diagnostic(
        range=result.text(result.file(checked.root, span)).range(span),
        severity=SEVERITIES[finding.severity],
        code=finding.code,
        code_description=CodeDescription(finding.url) if finding.url else None,
        source=SOURCE,
        message="\n".join([finding.message, *finding.notes, *([f"help: {finding.help}"] if finding.help else [])]),
        tags=[DiagnosticTag.Unnecessary] if finding.name in UNREAD else None,
        related_information=[
            DiagnosticRelatedInformation(location(result, checked, place), label) for label, place in related
        ]
        or None,
        data={"name": finding.name, "fix": _fix_kind(finding)},
    )


def _fix_kind(finding: Finding) -> str | None:
    """Whether a finding's fix can be applied unasked."""
    if finding.fix is None:
        return None
    return "safe" if finding.fix.is_safe else "unsafe"

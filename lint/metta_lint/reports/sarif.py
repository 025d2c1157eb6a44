"""``--output-format sarif``: SARIF 2.1.0, which GitHub's code scanning and editors read.

The names are those of the OASIS standard: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from urllib.parse import quote

from metta_lint import __version__
from metta_lint.reports.json import as_json
from metta_lint.reports.remarks import remark_lines, repository_path, rules_by_code, with_fingerprints
from metta_lint.rules.finding import DOCUMENTATION
from metta_lint.rules.page import page_of, summary, why_it_matters

if TYPE_CHECKING:
    from collections.abc import Mapping

    from metta_lint.base.documents import Span
    from metta_lint.check.report import Report
    from metta_lint.reports.style import Style
    from metta_lint.rules.built_in import BuiltIn
    from metta_lint.rules.finding import Finding, Severity
    from metta_lint.rules.rule import Rule
    from metta_lint.sources.edit import Fix

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS: Mapping[Severity, str] = {"error": "error", "warning": "warning", "info": "note"}
ROOT = "%SRCROOT%"
"""Where relative paths begin: the folder that metta-lint was run in. Its name is not told."""
FINGERPRINT = "mettaLint/v2"
REGION = ("startLine", "startColumn", "endLine", "endColumn")
_IN_LINK = str.maketrans({"\\": "\\\\", "[": "\\[", "]": "\\]"})


def page(report: Report, _style: Style) -> str:
    """One SARIF run with a result for each finding."""
    return as_json({"$schema": SCHEMA, "version": "2.1.0", "runs": [_run(report)]})


def _run(report: Report) -> dict[str, object]:
    urls = {finding.code: finding.url for finding in report.findings}
    rules = rules_by_code(report.findings, report.rules)
    places = {code: place for place, code in enumerate(rules)}
    return {
        "tool": {
            "driver": {
                "name": "metta-lint",
                "version": __version__,
                "semanticVersion": __version__,
                "informationUri": DOCUMENTATION,
                "rules": [_rule(rule, urls[code]) for code, rule in rules.items()],
            }
        },
        "invocations": [
            {
                "executionSuccessful": not any(finding.is_input_error for finding in report.findings),
                "toolExecutionNotifications": [{"level": "note", "message": {"text": note}} for note in report.notes],
            }
        ],
        "originalUriBaseIds": {ROOT: {"description": {"text": "The folder that metta-lint was run in."}}},
        "columnKind": "unicodeCodePoints",
        "results": [
            _result(finding, fingerprint, places) for finding, fingerprint in with_fingerprints(report.findings)
        ],
    }


def _rule(rule: Rule | BuiltIn, url: str) -> dict[str, object]:
    text = page_of(rule)
    return {
        "id": rule.code,
        "name": rule.name,
        "shortDescription": {"text": summary(rule) or rule.name},
        "fullDescription": {"text": why_it_matters(rule) or summary(rule) or rule.name},
        "help": {"text": text, "markdown": text},
        "defaultConfiguration": {"level": LEVELS[rule.severity]},
        **({"helpUri": url} if url else {}),
    }


def _result(finding: Finding, fingerprint: str, places: Mapping[str, int]) -> dict[str, object]:
    related = [(number, each.label or "here", each.span) for number, each in enumerate(finding.related, 1)]
    # viewers show a related place only where the message links to it
    links = [f"[{label.translate(_IN_LINK)}]({number})" for number, label, _ in related]
    locations = [{"id": number, **_location(span), "message": {"text": label}} for number, label, span in related]
    return {
        "ruleId": finding.code,
        **({"ruleIndex": places[finding.code]} if finding.code in places else {}),
        "level": LEVELS[finding.severity],
        "message": {"text": "\n".join([finding.message, *links, *remark_lines(finding)])},
        "locations": [_location(finding.span)],
        **({"relatedLocations": locations} if related else {}),
        **({"fixes": [_fix(finding.fix)]} if finding.fix is not None and finding.fix.edits else {}),
        "partialFingerprints": {FINGERPRINT: fingerprint},
        "properties": {"subject": finding.found_in, "claims": finding.claims, "notes": finding.notes},
    }


def _location(span: Span) -> dict[str, object]:
    return {"physicalLocation": {"artifactLocation": _artifact(span.path), "region": _region(span)}}


def _artifact(path: str) -> dict[str, str]:
    """A file by its URI: relative where its path is relative. A path's bytes need not be UTF-8."""
    uri = quote(os.fsencode(repository_path(path)))
    if not os.path.isabs(path):
        return {"uri": f"./{uri}" if ":" in uri.partition("/")[0] else uri, "uriBaseId": ROOT}
    return {"uri": f"file://{uri}" if uri.startswith("/") else f"file:///{uri}"}


def _region(span: Span) -> dict[str, object]:
    return dict(zip(REGION, span[1:], strict=True))


def _fix(fix: Fix) -> dict[str, object]:
    """All edits of a fix; those of one file together."""
    changes: dict[str, list[dict[str, object]]] = {}
    for edit in fix.edits:
        replacement = {"deletedRegion": _region(edit.span), "insertedContent": {"text": edit.text}}
        changes.setdefault(edit.span.path, []).append(replacement)
    return {
        "description": {"text": fix.message},
        "artifactChanges": [
            {"artifactLocation": _artifact(path), "replacements": replacements}
            for path, replacements in changes.items()
        ],
        "properties": {"safe": fix.is_safe},
    }

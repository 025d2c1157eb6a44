"""``--output-format junit``: a suite for each file, a case for each finding; for Jenkins and others that read it."""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, indent, tostring  # only written, nothing is parsed

from metta_lint.reports.remarks import repository_path, whole_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metta_lint.check.report import Report
    from metta_lint.reports.style import Style
    from metta_lint.rules.finding import Finding

_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 cannot write (https://www.w3.org/TR/xml/#charsets)."""


def page(report: Report, _style: Style) -> str:
    """The suites. Without findings, one with a passing case: some readers refuse a report without cases."""
    root = Element("testsuites", {"name": "metta-lint", **_counts(report.findings)})
    for path, group in groupby(sorted(report.findings, key=_path), key=_path):
        findings = list(group)
        suite = SubElement(root, "testsuite", {"name": _legal(path), **_counts(findings)})
        for finding in findings:
            _case(suite, path, finding)
    if not report.findings:
        suite = SubElement(root, "testsuite", {"name": "metta-lint", **_counts(())})
        SubElement(suite, "testcase", name="nothing found", classname="metta-lint")
    indent(root)
    data: bytes = tostring(root, encoding="us-ascii", xml_declaration=True)
    return data.decode("ascii")


def _path(finding: Finding) -> str:
    return repository_path(finding.span.path)


def _counts(findings: Sequence[Finding]) -> dict[str, str]:
    errors = sum(finding.is_input_error for finding in findings)
    return {"tests": str(max(len(findings), 1)), "failures": str(len(findings) - errors), "errors": str(errors)}


def _case(suite: Element, path: str, finding: Finding) -> None:
    span = finding.span
    name = f"{finding.code} {finding.name} ({span.line}:{span.column})"
    case = SubElement(
        suite, "testcase", name=_legal(name), classname=_legal(path), file=_legal(path), line=str(span.line)
    )
    failure = SubElement(case, "error" if finding.is_input_error else "failure", type=finding.severity)
    failure.set("message", _legal(finding.message))
    failure.text = _legal(whole_text(finding))


def _legal(text: str) -> str:
    return _NOT_XML.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)

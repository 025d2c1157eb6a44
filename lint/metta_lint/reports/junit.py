"""``--output-format junit``: a suite a file and a case a finding, for Jenkins and all that reads its XML."""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, indent, tostring  # only written, nothing is parsed

from metta_lint.reports.remarks import repository_path, whole_text

if TYPE_CHECKING:
    from metta_lint.check.report import Report
    from metta_lint.reports.style import Style
    from metta_lint.rules.finding import Finding

_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 has no way to write (https://www.w3.org/TR/xml/#charsets)."""


def page(report: Report, _style: Style) -> str:
    """The suites; one with a passed case where nothing was found, since some readers take no report without cases."""
    root = Element("testsuites", name="metta-lint")
    by_file = sorted(report.findings, key=_path)
    for path, findings in groupby(by_file, key=_path):
        _suite(root, path, list(findings))
    if not report.findings:
        SubElement(_counted(root, "metta-lint", 1, 0, 0), "testcase", name="nothing found", classname="metta-lint")
    errors = sum(finding.is_input_error for finding in report.findings)
    _count(root, max(len(report.findings), 1), len(report.findings) - errors, errors)
    indent(root)
    data: bytes = tostring(root, encoding="us-ascii", xml_declaration=True)
    return data.decode("ascii")


def _path(finding: Finding) -> str:
    return repository_path(finding.span.path)


def _suite(root: Element, path: str, findings: list[Finding]) -> None:
    errors = sum(finding.is_input_error for finding in findings)
    suite = _counted(root, path, len(findings), len(findings) - errors, errors)
    for finding in findings:
        _case(suite, path, finding)


def _counted(root: Element, name: str, tests: int, failures: int, errors: int) -> Element:
    suite = SubElement(root, "testsuite", name=_legal(name))
    _count(suite, tests, failures, errors)
    return suite


def _count(element: Element, tests: int, failures: int, errors: int) -> None:
    for name, number in (("tests", tests), ("failures", failures), ("errors", errors)):
        element.set(name, str(number))


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

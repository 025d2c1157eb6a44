"""The formats for machines: each is what its reader takes, whatever a file's name or a message holds."""

from __future__ import annotations

import json
import re
import string
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metta_lint.base.documents import Span
from metta_lint.base.wording import printable
from metta_lint.check.report import Report
from metta_lint.reports.formats import FORMATS, report_text
from metta_lint.reports.style import Style
from metta_lint.rules.finding import SEVERITIES, Claim, Finding, Related
from metta_lint.sources.edit import Edit, Fix

TESTS = Path(__file__).parent
SCHEMAS = TESTS.parents[2] / "docs" / "schema"
SARIF = jsonschema.Draft4Validator(json.loads((TESTS / "sarif-2.1.0.json").read_text(encoding="utf-8")))
JSON = jsonschema.Draft202012Validator(json.loads((SCHEMAS / "check.json").read_text(encoding="utf-8")))
PLAIN = Style()
few = settings(max_examples=40)
ODD = ["a|b", "`c`", "x\r\ny", "::error::", "50%, 1:2", "]](1)", "<b>&", "\x00\x1b[31m", "@team #12", "\\|", "\ufffe"]

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | st.sampled_from(ODD)
paths = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r\n"), min_size=1, max_size=30)


@st.composite
def spans(draw: st.DrawFn) -> Span:
    line, column = draw(st.integers(1, 99)), draw(st.integers(1, 99))
    below = draw(st.integers(0, 1))
    return Span(draw(paths), line, column, line + below, draw(st.integers(1 if below else column, 120)))


@st.composite
def findings(draw: st.DrawFn) -> Finding:
    edits = tuple(draw(st.lists(st.builds(Edit, spans(), texts), min_size=1, max_size=3)))
    return Finding(
        code=draw(st.sampled_from(["ML001", "ML402", "SB301"])),
        name="name",
        severity=draw(st.sampled_from(SEVERITIES)),
        message=draw(texts),
        span=draw(spans()),
        related=tuple(draw(st.lists(st.builds(Related, texts, spans()), max_size=3))),
        claims=draw(st.sampled_from([(), (Claim("num_envs", 64, None),)])),
        help=draw(texts),
        fix=draw(st.sampled_from([None, Fix("fix it", edits), Fix("fix it", edits, is_safe=True)])),
        notes=tuple(draw(st.lists(texts, max_size=2))),
        is_input_error=draw(st.booleans()),
    )


reports = st.lists(findings(), max_size=2)


def reported(*found: Finding) -> Report:
    return Report(found)


def written(name: str, *found: Finding) -> str:
    return report_text(reported(*found), name, PLAIN)


@few
@given(reports)
def test_sarif_is_valid_for_any_text(found: list[Finding]) -> None:
    log = json.loads(written("sarif", *found))
    SARIF.validate(log)
    assert len(log["runs"][0]["results"]) == len(found)
    uris = [location["uri"] for location in artifacts(log)]
    assert all(re.fullmatch(r"[A-Za-z0-9._~%/:-]+", uri) for uri in uris)
    assert all(":" not in uri.partition("/")[0] or uri.startswith("file:") for uri in uris)  # else it were a scheme


def artifacts(value: Any) -> list[dict[str, Any]]:
    """Every ``artifactLocation`` in a log."""
    if isinstance(value, list):
        return [found for item in value for found in artifacts(item)]
    if not isinstance(value, dict):
        return []
    here = [value["artifactLocation"]] if "artifactLocation" in value else []
    return here + [found for item in value.values() for found in artifacts(item)]


@few
@given(reports)
def test_json_is_what_the_schema_says(found: list[Finding]) -> None:
    JSON.validate(json.loads(written("json", *found)))


@few
@given(reports)
def test_a_github_command_is_one_line_and_gives_the_text_back(found: list[Finding]) -> None:
    text = written("github", *found)
    lines = text.split("\n") if text else []
    assert len(lines) == len(found)
    assert "\r" not in text
    for line, finding in zip(lines, found, strict=True):
        _, command, message = line.split("::", 2)
        properties = dict(part.split("=", 1) for part in command.partition(" ")[2].split(","))
        assert command.partition(" ")[0] in ("error", "warning", "notice")
        assert ("col" in properties) == (finding.span.line == finding.span.end_line)
        assert properties["line"] == str(finding.span.line)
        assert unescaped(message).startswith(f"{finding.span}: {finding.message}")


def unescaped(text: str) -> str:
    for code, character in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        text = text.replace(code, character)
    return text


@few
@given(reports)
def test_junit_parses_back_to_the_messages(found: list[Finding]) -> None:
    root = ET.fromstring(written("junit", *found))  # noqa: S314 - our own
    cases = root.findall("./testsuite/testcase/*")
    expected = [visible(finding.message) for finding in found]
    assert sorted(case.get("message") or "" for case in cases) == sorted(expected)
    assert int(root.get("failures") or 0) + int(root.get("errors") or 0) == len(found)
    assert int(root.get("tests") or 0) == max(len(found), 1) == len(root.findall("./testsuite/testcase"))


def visible(text: str) -> str:
    """A text as XML 1.0 can have it."""
    return "".join(
        character
        if character in "\t\n\r" or (character >= " " and character not in "\ufffe\uffff")
        else character.encode("unicode_escape").decode()
        for character in text
    )


@few
@given(reports)
def test_gitlab_has_a_fingerprint_for_each(found: list[Finding]) -> None:
    entries = json.loads(written("gitlab", *found))
    assert len({entry["fingerprint"] for entry in entries}) == len(found)
    assert {entry["severity"] for entry in entries} <= {"info", "minor", "major", "critical"}


@few
@given(reports)
def test_a_markdown_table_keeps_its_columns_and_lines(found: list[Finding]) -> None:
    rows = [line for line in written("markdown", *found).splitlines() if line.startswith("|")]
    assert len(rows) == (len(found) + 2 if found else 0)
    assert all(len(cells_of(row)) == 4 for row in rows)


def cells_of(row: str) -> list[str]:
    """A row's cells as GitHub splits them: at pipes that no backslash escapes."""
    return re.sub(r"\\[" + re.escape(string.punctuation) + "]", "", row).strip("|").split("|")


@few
@given(findings(), st.integers(1, 50))
def test_fingerprints_stay_when_lines_move(finding: Finding, by: int) -> None:
    finding = finding._replace(message=f"{finding.message} (see a.ini:3:4)")
    span = finding.span
    moved = finding._replace(
        span=span._replace(line=span.line + by, end_line=span.end_line + by),
        message=finding.message.replace("a.ini:3:4", f"a.ini:{3 + by}:4"),
    )
    before, after = (json.loads(written("gitlab", one))[0]["fingerprint"] for one in (finding, moved))
    assert before == after


def test_the_same_thing_twice_in_a_file_is_two() -> None:
    finding = Finding("ML1", "name", "error", "message", Span("a.ini", 1, 1, 1, 2))
    assert len({entry["fingerprint"] for entry in json.loads(written("gitlab", finding, finding))}) == 2


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("./configs/a b.ini", {"uri": "configs/a%20b.ini", "uriBaseId": "%SRCROOT%"}),
        ("../up.ini", {"uri": "../up.ini", "uriBaseId": "%SRCROOT%"}),
        ("c:x.ini", {"uri": "c%3Ax.ini", "uriBaseId": "%SRCROOT%"}),
        ("größe.ini", {"uri": "gr%C3%B6%C3%9Fe.ini", "uriBaseId": "%SRCROOT%"}),
        ("bad\udcff.ini", {"uri": "bad%FF.ini", "uriBaseId": "%SRCROOT%"}),
        ("/abs/a.ini", {"uri": "file:///abs/a.ini"}),
    ],
)
def test_sarif_has_relative_uris(path: str, expected: dict[str, str]) -> None:
    finding = Finding("ML1", "name", "error", "message", Span(path, 1, 1, 1, 2))
    result = json.loads(written("sarif", finding))["runs"][0]["results"][0]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"] == expected


def test_sarif_says_all_that_a_finding_has() -> None:
    span, other = Span("a.ini", 3, 5, 3, 7), Span("b.yaml", 9, 1, 9, 4)
    edits = (Edit(span, "64"), Edit(other, ""), Edit(span._replace(line=4, end_line=4), "x"))
    finding = Finding(
        "ML402",
        "wasted-rollout",
        "info",
        "lost",
        span,
        related=(Related("a [label]", other),),
        help="fix",
        fix=Fix("rename it", edits, is_safe=True),
        notes=("n",),
    )
    run = json.loads(written("sarif", finding))["runs"][0]
    result = run["results"][0]
    assert result["level"] == "note"
    assert result["message"]["text"].splitlines() == [
        "lost",
        r"[a \[label\]](1)",
        "help: fix",
        "fix: rename it (safe, with --fix)",
        "note: n",
    ]
    assert result["relatedLocations"][0]["id"] == 1
    assert [len(change["replacements"]) for change in result["fixes"][0]["artifactChanges"]] == [2, 1]
    assert result["fixes"][0]["artifactChanges"][0]["replacements"][0] == {
        "deletedRegion": {"startLine": 3, "startColumn": 5, "endLine": 3, "endColumn": 7},
        "insertedContent": {"text": "64"},
    }
    assert run["columnKind"] == "unicodeCodePoints"


@pytest.mark.parametrize("name", FORMATS)
@settings(max_examples=10)
@given(found=reports)
def test_no_format_speaks_to_the_terminal(name: str, found: list[Finding]) -> None:
    fit = [finding._replace(message=printable(finding.message), help="", notes=(), related=()) for finding in found]
    named = [finding._replace(span=finding.span._replace(path="a.ini"), fix=None) for finding in fit]
    assert "\x1b" not in written(name, *named)


@pytest.mark.parametrize("name", ["full", "concise"])
def test_nor_does_the_name_of_a_file(name: str) -> None:
    finding = Finding("ML1", "name", "error", "message", Span("\x1b[31m\n\tred.ini", 1, 1, 1, 2), looked_at="\x1b[2J")
    text = written(name, finding)
    assert "\x1b" not in text
    assert "[31m  red.ini:1:1" in text


@pytest.mark.parametrize(
    ("code", "own", "url"),
    [
        ("ML402", "", "https://metta-lint.github.io/metta-lint/rules/ML402/"),
        ("SB301", "", ""),
        ("SB301", "https://example.org/SB301", "https://example.org/SB301"),
        ("MLX1", "", ""),
    ],
)
def test_a_rule_has_a_page_where_there_is_one(code: str, own: str, url: str) -> None:
    finding = Finding(code, "name", "error", "message", Span("a.ini", 1, 1, 1, 2), page=own)
    assert finding.url == url
    assert (url or f"metta-lint explain {code}") in written("full", finding)

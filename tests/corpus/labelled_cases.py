"""Lints the corpus's labelled cases and says what came of each; ``make cases`` writes docs/cases.md from it.

A case is a state of a real repository that was wrong, or that looked wrong and was right. ``cases.toml`` says which of
our findings answers its label, or why none can. Nothing here or in the linter knows a case by its name: each is linted
as a user would lint it, a folder with whatever configs are in it.
"""

from __future__ import annotations

import json
import os
import sys
import tomllib
from pathlib import Path
from shutil import copyfile, copytree
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NamedTuple

from metta_lint.check.linter import check
from metta_lint.project.config import Config

if TYPE_CHECKING:
    from collections.abc import Mapping

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "cases.md"
INTRODUCTION = """# Labelled cases of real drift

States of PufferLib's and Metta's repositories (and forks of them) that were wrong, or that looked wrong and were
right, each with what its label expects. Every case is linted as a folder, with nothing but its own files; most are
fragments of a tree. Three labels speak of Python code that the case does not hold: to those, stand-ins were added that
have what the label says of the code. Silent are the cases that only look wrong. This page is written by `make cases`;
the tests hold the linter to it.
"""


OUTCOMES = ("found", "found with its code", "silent", "out of reach")


class Outcome(NamedTuple):
    """What came of one case: one of OUTCOMES (``silent`` as it should be), or ``wrong``."""

    name: str
    kind: str
    outcome: str
    finding: str
    expected: str
    why: str


def cases_in(corpus: Path) -> list[dict[str, Any]]:
    """The corpus's labels."""
    labels: list[dict[str, Any]] = json.loads((corpus / "cases" / "cases.json").read_text(encoding="utf-8"))
    return labels


def answers() -> dict[str, dict[str, Any]]:
    """Which findings answer which label: codes with their lines, or the reason why none can."""
    return tomllib.loads((HERE / "cases.toml").read_text(encoding="utf-8"))


def findings_of(case: Path, code: Mapping[str, str] | None = None) -> set[str]:
    """What is found in a case's folder, each as ``code path:line``; ``code`` are Python files to add to it."""
    if not case.is_dir():
        return set()
    with TemporaryDirectory() as scratch:
        folder = case if not code else Path(copytree(case, Path(scratch) / "case", copy_function=copyfile))
        for path, text in (code or {}).items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text, encoding="utf-8")
        report = check([folder.as_posix()], Config())
        return {
            f"{finding.code} {Path(finding.span.path).relative_to(folder).as_posix()}:{finding.span.line}"
            for finding in report.findings
        }


def judge(label: dict[str, Any], answer: dict[str, Any], found: set[str]) -> Outcome:
    """What came of one case, by what was found in it."""
    expected = set(answer.get("finds", ()))
    if label["label"] == "clean":
        flagged = sorted(item for item in found if item.split(" ")[1].rpartition(":")[0] in named_files(label))
        flagged = [item for item in flagged if item not in answer.get("allowed", ())]
        return _outcome(label, "wrong" if flagged else "silent", flagged, answer.get("why", ""))
    if not expected:
        return _outcome(label, "out of reach", [], answer["out_of_reach"])
    if missing := sorted(expected - found):
        return _outcome(label, "wrong", sorted(expected & found), f"not found: {', '.join(missing)}")
    outcome = "found with its code" if "code" in answer else "found"
    return _outcome(label, outcome, sorted(expected), answer.get("why", ""))


def _outcome(label: dict[str, Any], outcome: str, findings: list[str], why: str) -> Outcome:
    return Outcome(label["id"], label["kind"], outcome, ", ".join(findings), label["expected"], why)


def named_files(label: dict[str, Any]) -> set[str]:
    """The files that a label speaks of, without their lines."""
    return {file.partition(":")[0] for file in label["files"]}


def outcomes(corpus: Path) -> list[Outcome]:
    """What came of every case."""
    known = answers()
    return [
        judge(label, answer, findings_of(corpus / "cases" / label["id"], answer.get("code")))
        for label in cases_in(corpus)
        for answer in [known[label["id"]]]
    ]


def page(judged: list[Outcome]) -> str:
    """The table as markdown."""
    total = ", ".join(f"{sum(outcome.outcome == name for outcome in judged)} {name}" for name in OUTCOMES)
    rows = [
        f"| {o.name} | {o.kind} | {o.outcome} | {_lines(o.finding)} | {_cell(o.expected)} | {_cell(o.why)} |"
        for o in judged
    ]
    head = ["| case | kind | outcome | finding | the label expects | remark |", "|---|---|---|---|---|---|"]
    return "\n".join([INTRODUCTION, f"Of {len(judged)} cases: {total}.", "", *head, *rows]) + "\n"


def _lines(findings: str) -> str:
    return findings.replace(", ", "<br>")


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def main(arguments: list[str]) -> int:
    """Write the page; 1 where a case is not as cases.toml says."""
    beside = HERE.parents[2] / "shared" / "corpus"
    corpus = Path(arguments[0] if arguments else os.environ.get("METTA_LINT_CORPUS", beside))
    judged = outcomes(corpus)
    temporary = PAGE.with_suffix(".tmp")
    temporary.write_text(page(judged), encoding="utf-8")
    temporary.replace(PAGE)
    wrong = [outcome for outcome in judged if outcome.outcome == "wrong"]
    for outcome in wrong:
        sys.stderr.write(f"{outcome.name}: {outcome.finding} {outcome.why}\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

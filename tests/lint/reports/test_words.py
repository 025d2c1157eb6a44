"""No report prints a Python object: a value that no file gives is words in each of them."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from metta_lint.api.testing import METTA, write_metta, write_pufferlib
from metta_lint.base.errors import InputError
from metta_lint.base.unknown import Choice, Range, Unknown
from metta_lint.base.wording import literal, show
from metta_lint.check.explanation import RuleQuestion, explain
from metta_lint.check.linter import check
from metta_lint.fixes.solver.answers import answer
from metta_lint.plans.comparison import compare
from metta_lint.plans.run import Machine
from metta_lint.project.config import Config
from metta_lint.project.runs import plan_run
from metta_lint.reports import comparison, explanation, solving
from metta_lint.reports.formats import FORMATS, report_text
from metta_lint.reports.json import as_json, plan_data
from metta_lint.reports.style import Style
from metta_lint.reports.text import plan_page

if TYPE_CHECKING:
    from collections.abc import Iterator

    from metta_lint.check.report import Report
    from metta_lint.plans.pair import Pair
    from metta_lint.plans.plan import Plan

MACHINE = Machine(cpus=8, gpus=1)
OBJECT = re.compile(r"Unknown\(|Range\(|Choice\(|<metta_lint|\w+ object at 0x")
UNKNOWN = ("${oc.env:X}", "${choose:16,32}", "${sampling:1,9,4}", "[1, '${oc.env:X}']")


def reports(report: Report) -> Iterator[str]:
    """All that is printed of what a check looked at."""
    for name in FORMATS:
        yield report_text(report, name, Style())
    for plan in report.plans:
        yield from of_plan(plan)
    for pair in report.pairs:
        yield from of_pair(pair)


def of_plan(plan: Plan) -> Iterator[str]:
    yield plan_page(plan, Style())
    yield as_json(plan_data(plan))
    solved = answer(plan, {})
    yield solving.solve_page(solved, Style())
    yield as_json(solving.solve_data(solved))


def of_pair(pair: Pair) -> Iterator[str]:
    compared = comparison.Comparison(pair, compare(pair))
    yield comparison.comparison_text(compared, Style())
    yield comparison.comparison_markdown(compared)
    yield as_json(comparison.comparison_data(compared))


def explanations(report: Report) -> Iterator[str]:
    """What is explained of each rule that found something, on the first run or pair that it was found in."""
    first = {finding.code: finding.runs for finding in reversed(report.findings) if finding.runs}
    for rule in report.rules:
        if rule.code in first:
            run, *others = first[rule.code]
            question = RuleQuestion(run, others[0] if others else None, Config(), MACHINE)
            with suppress(InputError):  # of a run that is planned as far as it goes
                yield explanation.explanation_page(rule.code, explain(rule.load(), question), Style())


def require_words(texts: Iterator[str]) -> None:
    lines = [line for text in texts if OBJECT.search(text) for line in text.splitlines()]
    assert [line.strip() for line in lines if OBJECT.search(line)] == []


@pytest.mark.parametrize("folder", ["cases", "metta-2025-07", "pufferlib-2025-07", "reports"])
def test_of_real_trees(folder: str, corpus: Path) -> None:
    report = check([str(corpus / folder)], Config())
    require_words(chain(reports(report), explanations(report)))


@pytest.mark.parametrize("value", UNKNOWN)
def test_of_a_key_that_is_unknown(value: str, tree: Path) -> None:
    for key in METTA:
        write_metta(Path(), {key: value})
        report = check(["."], Config(), machine=MACHINE)
        require_words(reports(report))


def test_of_one_ini_whose_batch_nobody_knows(tree: Path) -> None:
    write_pufferlib(Path(), {"train.batch_size": "auto", "train.minibatch_size": 3})
    Path("pufferlib/environments/metta/metta.yaml").unlink()
    report = check(["pufferlib/config/metta.ini"], Config())
    assert "---- batch_size = unknown" in report_text(report, "full", Style())
    require_words(reports(report))


def test_json_has_null_for_what_is_unknown_inside_a_value(tmp_path: Path) -> None:
    entry = tmp_path / "trainer_config.py"
    hidden = "[1, os.cpu_count(), {'a': os.cpu_count()}]"
    entry.write_text(f"import os\nclass TrainerConfig(Config):\n    hidden: list = {hidden}\n", encoding="utf-8")
    settings = json.loads(as_json(plan_data(plan_run(entry.as_posix(), Config()))))["settings"]
    assert settings["trainer.hidden"]["value"] == [1, None, {"a": None}]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (Unknown("nothing says it"), "unknown"),
        (Unknown("drawn", Choice((64, 1024))), "64 or 1,024"),
        (Unknown("drawn", Choice((64,), complete=False)), "64 or others"),
        (Choice(tuple(range(1, 9))), "1 or 2 or 3 or 4 or 5 or 3 others"),
        (Range(0.5, 4096, integer=False), "0.5 to 4,096"),
        ([64, Unknown("nothing says it")], "[64, unknown]"),
    ],
)
def test_unknown_values_are_shown_by_what_they_can_be(value: object, words: str) -> None:
    assert show(value) == words
    assert literal(value) == words

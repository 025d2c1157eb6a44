"""Every installed rule: silent where configs agree, firing where they drift, and confirmed by a run of both sides."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from metta_lint.api.testing import Example, examples, kinds_of_fixes
from metta_lint.fixes.solver.answers import SOLVED
from metta_lint.rules.built_in import BUILT_IN
from metta_lint.rules.finding import SEVERITIES
from metta_lint.rules.page import page_of
from metta_lint.rules.registry import list_rules, listed, load_rules

if TYPE_CHECKING:
    from metta_lint.rules.built_in import BuiltIn
    from metta_lint.rules.rule import Rule

RULES = load_rules()
DOCS = Path(__file__).parents[2] / "docs" / "rules"


@pytest.mark.parametrize("example", list(examples(RULES)), ids=str)
def test_an_example_of_a_rules_page_is_judged_as_it_says(example: Example, tmp_path: Path) -> None:
    example.check(tmp_path)


def test_the_index_says_of_every_rule_what_it_is() -> None:
    import metta_lint_rules

    folder = Path(metta_lint_rules.__file__).parent
    modules = {path.stem for path in folder.glob("*.py") if "    def check(self" in path.read_text(encoding="utf-8")}
    assert sorted(module for _, _, module in metta_lint_rules.INDEX) == sorted(modules)
    for listed_rule, (_, _, module) in zip(list_rules(), metta_lint_rules.INDEX, strict=True):
        rule = listed_rule.load()
        assert listed_rule[:4] == listed(rule)[:4]
        assert type(rule).__module__ == f"metta_lint_rules.{module}"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_a_rule_explains_itself(rule: Rule) -> None:
    text = inspect.getdoc(rule) or ""
    assert rule.severity in SEVERITIES
    assert rule.code.startswith("ML")
    for heading in ("## Why it matters", "## Example", "## How to fix it"):
        assert heading in text


@pytest.mark.parametrize("rule", [*BUILT_IN, *RULES], ids=lambda rule: rule.code)
def test_the_docs_hold_the_page_that_the_rule_makes(rule: Rule | BuiltIn) -> None:
    assert (DOCS / f"{rule.code}.md").read_text(encoding="utf-8") == page_of(rule) + "\n"


def test_a_rule_file_is_short() -> None:
    import metta_lint_rules

    folder = Path(metta_lint_rules.__file__).parent
    lengths = {path.name: len(path.read_text(encoding="utf-8").splitlines()) for path in folder.glob("*.py")}
    assert max(lengths.values()) <= 120, lengths


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_a_rule_shows_the_fixes_that_it_says_it_has(rule: Rule, tmp_path: Path) -> None:
    declared = getattr(rule, "fixable", None)
    shown: set[str] = set()
    for example in examples([rule]) if declared else ():
        folder = tmp_path / str(example)
        shown |= kinds_of_fixes(example.findings_on_disk(folder)) if example.drifts else set()
    is_solved = rule.code in SOLVED  # its fixes are the solver's, which has tests of its own
    assert declared is None or is_solved or declared in shown

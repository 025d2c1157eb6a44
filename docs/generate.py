"""Writes what the docs have from the code: rules' pages from docstrings, pages of tables, the config's schema."""

from __future__ import annotations

import json
from pathlib import Path

from tables import pages

from metta_lint.project.schema import config_schema
from metta_lint.rules.built_in import BUILT_IN
from metta_lint.rules.page import MARKS, fixable, page_of, summary
from metta_lint.rules.registry import load_rules

FOLDER = Path(__file__).parent / "rules"
SCHEMA = Path(__file__).parent / "schema" / "config.json"
"""Where the schema of the configuration stands in the documentation: the package has its own file."""


def main() -> None:
    """One page a rule and an index, the tables, the schema of the configuration."""
    SCHEMA.parent.mkdir(exist_ok=True)
    SCHEMA.write_text(json.dumps(config_schema(), indent=2) + "\n", encoding="utf-8")
    FOLDER.mkdir(exist_ok=True)
    rules = sorted((*BUILT_IN, *load_rules()), key=lambda rule: rule.code)
    for rule in rules:
        (FOLDER / f"{rule.code}.md").write_text(page_of(rule) + "\n", encoding="utf-8")
    rows = [
        f"| [{rule.code}]({rule.code}.md) | {rule.name} | {rule.severity} | {MARKS[fixable(rule)]} | {summary(rule)} |"
        for rule in rules
    ]
    heading = ["| code | name | severity | [fixes](../fixes.md) | fires when |", "|---|---|---|---|---|"]
    index = "\n".join(["# Rules", "", *heading, *rows])
    (FOLDER / "README.md").write_text(index + "\n", encoding="utf-8")
    for name, text in pages().items():
        path = FOLDER.parent / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()

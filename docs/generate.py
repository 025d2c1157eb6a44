"""Writes what the docs have from the code: docs/rules/ from the rules' docstrings, and the pages of tables."""

from __future__ import annotations

from pathlib import Path

from tables import pages

from metta_lint.built_in import BUILT_IN
from metta_lint.engine import load_rules
from metta_lint.explain import page, summary

FOLDER = Path(__file__).parent / "rules"


def main() -> None:
    """One page a rule and an index, and the tables."""
    FOLDER.mkdir(exist_ok=True)
    rules = sorted((*BUILT_IN, *load_rules()), key=lambda rule: rule.code)
    for rule in rules:
        (FOLDER / f"{rule.code}.md").write_text(page(rule) + "\n", encoding="utf-8")
    rows = [f"| [{rule.code}]({rule.code}.md) | {rule.name} | {rule.severity} | {summary(rule)} |" for rule in rules]
    index = "\n".join(["# Rules", "", "| code | name | severity | fires when |", "|---|---|---|---|", *rows])
    (FOLDER / "README.md").write_text(index + "\n", encoding="utf-8")
    for name, text in pages().items():
        path = FOLDER.parent / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()

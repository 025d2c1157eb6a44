"""A rule's page, made from its docstring: what ``explain`` prints and the docs hold."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from metta_lint.api import Rule


def page(rule: Rule) -> str:
    """A rule's page in markdown: its docstring under a heading of its code and name."""
    text = inspect.getdoc(rule) or ""
    return f"# {rule.code}: {rule.name}\n\nSeverity: {rule.severity}.\n\n{text}"


BUILT_IN_PAGES = {
    "ML001": """# ML001: unreadable-input

Severity: error.

A file cannot be read as what it claims to be: a syntax error, a duplicate key, an include that leads nowhere, an
environment that two INIs claim. The line is the one that stops the reader. Everything else is still linted, and the
exit code is 2.""",
    "ML901": """# ML901: stale-difference

Severity: warning.

The configuration declares that two runs are meant to differ in a quantity, and they no longer do. Remove the
declaration, or mend the side that changed.""",
}
"""What is found without a rule."""


def summary(rule: Rule) -> str:
    """The first line of a rule's page."""
    return (inspect.getdoc(rule) or "").partition("\n")[0]


def rules_text(rules: Iterable[Rule]) -> str:
    """One line a rule."""
    return "\n".join(f"{rule.code}  {rule.severity:<7}  {rule.name:<24}  {summary(rule)}" for rule in rules)


def rules_data(rules: Iterable[Rule]) -> list[dict[str, Any]]:
    """The rules for scripts."""
    return [
        {"code": rule.code, "name": rule.name, "severity": rule.severity, "summary": summary(rule)} for rule in rules
    ]

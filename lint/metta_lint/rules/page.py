"""A rule's page, made from its docstring, for ``explain`` and the docs; and the list of rules."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Literal, TypeAlias

from metta_lint.rules.built_in import BuiltIn
from metta_lint.rules.registry import is_preview, subject_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from metta_lint.rules.rule import Rule


Fixable: TypeAlias = Literal["safe", "unsafe", "taken"]

MARKS: dict[Fixable | None, str] = {"safe": "fix", "unsafe": "unsafe", "taken": "take", None: ""}
"""How the list of rules marks each kind."""
SENTENCES: dict[Fixable | None, str] = {
    "safe": " `--fix` fixes what is plain.",
    "unsafe": " `--fix --unsafe-fixes` proposes a value.",
    "taken": " `--fix --take left` or `right` brings the other side to agree.",
    None: "",
}
"""What a rule's page says of each kind."""


def page_of(rule: Rule | BuiltIn) -> str:
    """A rule's page in markdown: its docstring under a heading of its code and name."""
    stability = " Not yet stable: it runs with `--preview`." if is_preview(rule) else ""
    fixes = SENTENCES[fixable(rule)]
    return f"# {rule.code}: {rule.name}\n\nSeverity: {rule.severity}.{stability}{fixes}\n\n{_text(rule)}"


def _text(rule: Rule | BuiltIn) -> str:
    return rule.text if isinstance(rule, BuiltIn) else inspect.getdoc(rule) or ""


def summary(rule: Rule | BuiltIn) -> str:
    """The first line of a rule's page."""
    return _text(rule).partition("\n")[0]


def why_it_matters(rule: Rule | BuiltIn) -> str:
    """The first sentence under "Why it matters" on a rule's page, or "" where the page has no such section."""
    _, _, section = _text(rule).partition("## Why it matters")
    paragraph = " ".join(section.strip().partition("\n\n")[0].split())
    sentence, end, _ = paragraph.partition(". ")
    return f"{sentence}." if end else paragraph


def rules_text(rules: Iterable[Rule]) -> str:
    """The list of rules, one line each."""
    return "\n".join(
        f"{rule.code}  {rule.severity:<7}  {rule.name:<24}  {MARKS[fixable(rule)]:<6}  "
        f"{'(preview) ' if is_preview(rule) else ''}{summary(rule)}"
        for rule in rules
    )


def rules_data(rules: Iterable[Rule]) -> list[dict[str, object]]:
    """The list of rules as data."""
    return [
        {
            "code": rule.code,
            "name": rule.name,
            "severity": rule.severity,
            "preview": is_preview(rule),
            "fixable": fixable(rule),
            "summary": summary(rule),
        }
        for rule in rules
    ]


def fixable(rule: Rule | BuiltIn) -> Fixable | None:
    """The kind of a rule's fixes: "safe" (there may be unsafe ones too), "unsafe", "taken" (of a pair), or None."""
    declared: Fixable | None = getattr(rule, "fixable", None)
    if declared is not None:
        return declared
    return "taken" if not isinstance(rule, BuiltIn) and subject_of(rule) == "pair" else None

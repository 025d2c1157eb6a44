"""Which rules have fixes, and of what kind: what lists and pages say, and tests hold them to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from metta_lint.api import Rule
    from metta_lint.built_in import BuiltIn

Fixable: TypeAlias = Literal["safe", "unsafe", "taken"]

MARKS: dict[Fixable | None, str] = {"safe": "fix", "unsafe": "unsafe", "taken": "take", None: ""}
"""What the list of rules shows."""
SENTENCES: dict[Fixable | None, str] = {
    "safe": " `--fix` mends what is plain.",
    "unsafe": " `--fix --unsafe-fixes` proposes a value.",
    "taken": " `--fix --take left` or `right` brings the other side to agree.",
    None: "",
}
"""What a rule's page says."""


def fixable(rule: Rule | BuiltIn) -> Fixable | None:
    """The kind of fixes that a rule's findings have: safe ones too, unsafe ones alone, a pair's, or none."""
    from metta_lint.built_in import BuiltIn
    from metta_lint.engine import subject_of
    from metta_lint.solver.fixes import SOLVED

    declared: Fixable | None = getattr(rule, "fixable", None)
    if declared is not None:
        return declared
    if rule.code in SOLVED:
        return "unsafe"
    return "taken" if not isinstance(rule, BuiltIn) and subject_of(rule) == "pair" else None

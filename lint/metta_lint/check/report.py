"""What a check found, and what it looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metta_lint.check.coverage import Scope

if TYPE_CHECKING:
    from metta_lint.base.documents import Document
    from metta_lint.check.baseline import Held
    from metta_lint.check.suppressions import Directive
    from metta_lint.plans.pair import Pair
    from metta_lint.plans.plan import Plan
    from metta_lint.rules.finding import Finding
    from metta_lint.rules.rule import Rule


class Report:
    """What a check found, and what it looked at.

    ``notes`` say which pairs were made and why, and what could not be judged because a value is unknown; ``warnings``
    what the user asked for and does not get; ``details`` what only somebody who looks for it wants to know.
    ``suppressed`` are the findings that a comment holds back, each with it; ``commented`` the documents that have some.
    ``rules`` are those that ran, ``scope`` is what was looked at, ``held`` what the baseline knows of it.
    """

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.unreadable: dict[Finding, None] = {}
        self.plans: list[Plan] = []
        self.pairs: list[Pair] = []
        self.notes: list[str] = []
        self.warnings: list[str] = []
        self.details: list[str] = []
        self.files = 0
        self.commented: list[Document] = []
        self.suppressed: list[tuple[Finding, Directive]] = []
        self.rules: tuple[Rule, ...] = ()
        self.scope = Scope()
        self.held: Held | None = None

    @property
    def exit_code(self) -> int:
        """0 nothing found, 1 findings, 2 an input that could not be read."""
        if any(finding.is_input_error for finding in self.findings):
            return 2
        return 1 if self.findings else 0

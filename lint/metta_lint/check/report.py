"""What a check found, and what it looked at."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from metta_lint.base.records import NamedTuple
from metta_lint.check.coverage import Coverage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metta_lint.check.baseline import BaselineResult
    from metta_lint.check.suppressions import Directive
    from metta_lint.plans.pair import Pair
    from metta_lint.plans.plan import Plan
    from metta_lint.rules.finding import Finding
    from metta_lint.rules.registry import ListedRule


class Report(NamedTuple):
    """What a check found, and what it looked at. A filter makes a new report; none is ever changed.

    ``notes`` say which runs were paired and why, and what was not judged because a value is unknown; ``details`` are
    for ``--verbose``. ``suppressed`` are the suppressed findings, each with its comment; ``held`` is how the findings
    compare with the baseline.
    """

    findings: Sequence[Finding] = ()
    coverage: Coverage = Coverage()
    notes: tuple[str, ...] = ()
    details: tuple[str, ...] = ()
    suppressed: Sequence[tuple[Finding, Directive]] = ()
    held: BaselineResult | None = None

    @property
    def plans(self) -> Sequence[Plan]:
        """The plans of the runs that were looked at."""
        return self.coverage.subjects.plans

    @property
    def pairs(self) -> Sequence[Pair]:
        """The pairs that were compared."""
        return self.coverage.subjects.pairs

    @property
    def files(self) -> int:
        """How many files were looked at."""
        return len(self.coverage.subjects.files)

    @property
    def rules(self) -> Sequence[ListedRule]:
        """The rules that ran."""
        return self.coverage.chosen.rules

    @property
    def warnings(self) -> Sequence[str]:
        """Rules that the user selected and that do not run, and why."""
        return self.coverage.chosen.warnings

    @property
    def exit_code(self) -> int:
        """0 nothing found, 1 findings, 2 an input that could not be read."""
        if any(finding.is_input_error for finding in self.findings):
            return 2
        return 1 if self.findings else 0


Filter: TypeAlias = Callable[[Report], Report]
"""One step between the rules and the report: it leaves findings out, adds some, or adds notes to them."""

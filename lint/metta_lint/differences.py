"""Declared differences: what a pair is meant to differ in, and whether it still does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metta_lint.built_in import UNUSED
from metta_lint.errors import LintError
from metta_lint.runs import declared_pairs

if TYPE_CHECKING:
    from metta_lint.config import Config, Difference
    from metta_lint.documents import Span
    from metta_lint.findings import Finding
    from metta_lint.pairs import Pair
    from metta_lint.plans import Plan


def without_intended(config: Config, declared: dict[str, Plan], findings: list[Finding]) -> list[Finding]:
    """Findings without those that a declared difference explains; with one for each difference that is none."""
    kept = list(findings)
    for spec, pair in declared_pairs(config, declared):
        for difference in spec.differs:
            subject = f"{spec.left} against {spec.right}"
            kept = [f for f in kept if not (f.subject == subject and f.quantity == difference.quantity)]
            if difference.quantity not in {**pair.left.quantities, **pair.right.quantities}:
                raise LintError(f"{difference.span}: no quantity is called {difference.quantity!r}")
            if pair.known(difference.quantity) is not None and pair.differs(difference.quantity) is None:
                kept.append(_stale(difference, pair, subject))
    return kept


def _stale(difference: Difference, pair: Pair, subject: str) -> Finding:
    value = pair.left.value(difference.quantity)
    span: Span = difference.span
    message = f"{difference.quantity} no longer differs: both sides have {value}"
    return UNUSED.finding(message, span, subject=subject, help="remove the declared difference")

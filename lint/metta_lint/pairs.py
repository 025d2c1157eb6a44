"""Pairs: two runs that claim to train the same environment."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from metta_lint.plans import Plan


class Pair(NamedTuple):
    """Two plans, and why they are held against each other."""

    left: Plan
    right: Plan
    reason: str = ""

    def known(self, quantity: str) -> tuple[object, object] | None:
        """Both sides' values of a quantity, or None where either is unknown."""
        sides = (self.left.quantities.get(quantity), self.right.quantities.get(quantity))
        if any(side is None or side.unknown_because is not None for side in sides):
            return None
        return self.left.value(quantity), self.right.value(quantity)

    def differs(self, quantity: str) -> tuple[object, object] | None:
        """Both sides' values of a quantity where they are known and not the same."""
        values = self.known(quantity)
        return None if values is None or same(*values) else values


def same(left: object, right: object) -> bool:
    """Whether two values of one quantity are the same: numbers by value, a bool only with a bool."""
    if isinstance(left, bool) != isinstance(right, bool):
        return False
    return left == right

"""Pairs: two runs that claim to train the same environment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from metta_lint.base.records import NamedTuple

if TYPE_CHECKING:
    from metta_lint.plans.plan import Plan

Side: TypeAlias = Literal["left", "right"]


class Pair(NamedTuple):
    """Two plans, and why they are compared.

    ``truth`` is the side that is right wherever they differ, if the configuration names one.
    """

    left: Plan
    right: Plan
    reason: str = ""
    truth: Side | None = None

    @property
    def plans(self) -> tuple[Plan, Plan]:
        """Its plans, left and right."""
        return self.left, self.right

    @property
    def runs(self) -> tuple[str, str]:
        """The names of its runs, left and right."""
        return self.left.run.label, self.right.run.label

    @property
    def label(self) -> str:
        """The pair as reports name it."""
        return " against ".join(self.runs)

    def side(self, name: Side) -> Plan:
        """The plan of a side."""
        return self.left if name == "left" else self.right

    def known(self, quantity: str) -> tuple[object, object] | None:
        """Both sides' values of a quantity; None if either is unknown."""
        sides = (self.left.quantities.get(quantity), self.right.quantities.get(quantity))
        if any(side is None or side.unknown_because is not None for side in sides):
            return None
        return self.left.value(quantity), self.right.value(quantity)

    def differs(self, quantity: str) -> tuple[object, object] | None:
        """Both sides' values of a quantity if they are known and differ, else None."""
        values = self.known(quantity)
        return None if values is None or same(*values) else values


def same(left: object, right: object) -> bool:
    """Whether two values of one quantity are equal. 1 and 1.0 are, 1 and True are not."""
    if isinstance(left, bool) != isinstance(right, bool):
        return False
    return left == right

"""What a rule asks of a run or a pair, and whether that is known: no rule fires on what is unknown.

Where it is not known, that nothing was found says nothing: neither a suppression nor a baseline's entry is idle there.
"""

from __future__ import annotations

import os
from collections import deque
from itertools import islice
from typing import TYPE_CHECKING, Any

from metta_lint.engine import MOST, subject_of
from metta_lint.pairs import Pair
from metta_lint.runs import files_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from metta_lint.api import Rule
    from metta_lint.engine import Subjects
    from metta_lint.plans import Plan, Quantity


class _Noted(dict[str, "Quantity"]):
    """A plan's quantities that note which of them are asked for."""

    def __init__(self, quantities: Mapping[str, Quantity], asked: dict[str, None]) -> None:
        super().__init__(quantities)
        self._asked = asked

    def get(self, name: str, default: Any = None) -> Any:
        self._asked[name] = None
        return super().get(name, default)

    def __getitem__(self, name: str) -> Quantity:
        self._asked[name] = None
        return super().__getitem__(name)


def asked(rule: Rule, subject: Plan | Pair) -> list[str]:
    """The quantities that a rule asks for of a run or a pair, in this order."""
    names: dict[str, None] = {}
    if isinstance(subject, Pair):
        left, right = (plan._replace(quantities=_Noted(plan.quantities, names)) for plan in subject[:2])
        drafts = rule.check(subject._replace(left=left, right=right))
    else:
        drafts = rule.check(subject._replace(quantities=_Noted(subject.quantities, names)))
    deque(islice(drafts, MOST), maxlen=0)
    return list(names)


def was_judged(rule: Rule, file: str, subjects: Subjects) -> bool:
    """Whether a rule knew all that it asks for of what a file decides, in every run or pair that reads the file."""
    kind = subject_of(rule)
    if kind == "pair":
        return all(_knew(rule, pair, (pair.left, pair.right), file) for pair in subjects.pairs)
    if kind == "plan":
        return all(_knew(rule, plan, (plan,), file) for plan in subjects.plans)
    return True


def _knew(rule: Rule, subject: Plan | Pair, plans: Sequence[Plan], file: str) -> bool:
    path = os.path.abspath(file)
    if all(path not in map(os.path.abspath, files_of(plan)) for plan in plans):
        return True
    unknown = [name for name in asked(rule, subject) if any(_is_unknown(plan, name) for plan in plans)]
    return not any(_decides(path, plan, name) for name in unknown for plan in plans)


def _is_unknown(plan: Plan, name: str) -> bool:
    quantity = plan.quantities.get(name)
    return quantity is not None and quantity.unknown_because is not None


def _decides(path: str, plan: Plan, name: str) -> bool:
    """Whether a file has its part in a quantity."""
    return any(os.path.abspath(span.path) == path for span in plan.spans_of(name))

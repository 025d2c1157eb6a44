"""How a quantity is derived: its formula, the inputs of that, and so on down to the lines of the settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metta_lint.base.records import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from metta_lint.plans.plan import Plan, Quantity
    from metta_lint.plans.run import Setting


class LineageStep(NamedTuple):
    """A quantity or a setting in a derivation, ``depth`` steps below the quantity that is derived.

    A quantity that is equal to one setting has both. ``is_repeated``: its derivation is shown further up.
    """

    depth: int
    name: str
    quantity: Quantity | None
    setting: Setting | None
    is_repeated: bool = False


def lineage(plan: Plan, names: Iterable[str]) -> list[LineageStep]:
    """Quantities and settings of a plan, each followed by its inputs. Names that the plan lacks are left out.

    An input of several quantities is derived once.
    """
    found: list[LineageStep] = []
    seen: set[str] = set()
    for name in names:
        if name not in seen:
            found += _steps(plan, name, 0, seen)
    return found


def _steps(plan: Plan, name: str, depth: int, seen: set[str]) -> Iterator[LineageStep]:
    quantity, setting = plan.quantities.get(name), plan.run.settings.get(name)
    if name in seen or quantity is None:
        if quantity is not None or setting is not None:
            yield LineageStep(depth, name, quantity, setting if quantity is None else None, is_repeated=name in seen)
        seen.add(name)
        return
    seen.add(name)
    alone = plan.run.settings.get(quantity.inputs[0]) if len(quantity.inputs) == 1 else None
    if alone is not None and quantity.formula == alone.key:
        seen.add(alone.key)
        yield LineageStep(depth, name, quantity, alone)
        return
    yield LineageStep(depth, name, quantity, None)
    for each in dict.fromkeys(quantity.inputs):
        yield from _steps(plan, each, depth + 1, seen)

"""Taking one side's value: where two runs differ and the user says which is right, the other is changed to agree."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from metta_lint.findings import Finding, Fix
from metta_lint.formulas import formula
from metta_lint.literals import Unwritable
from metta_lint.numbers import show
from metta_lint.pairs import Pair, same
from metta_lint.problems import problems_of
from metta_lint.settings import Unknown
from metta_lint.writing import Written, write_most

if TYPE_CHECKING:
    from collections.abc import Iterable

    from metta_lint.pairs import Side
    from metta_lint.plans import Plan

Taken: TypeAlias = "Fix | str"
"""What brings a quantity to the other side's value, or why nothing does."""

OFF = "off"
"""What a quantity is where its setting is None and nothing is done."""
_OTHER: dict[Side, Side] = {"left": "right", "right": "left"}


def with_taken(findings: Iterable[Finding], pairs: Iterable[Pair], side: Side | None) -> list[Finding]:
    """The findings, those of pairs with an unsafe fix that brings the other side to the taken side's value.

    ``side`` is right wherever the two differ; None leaves it to each pair's declared ``truth``, and what has none gets
    no fix. A pair's fixes go together: what is inserted at one place is one edit that several of them have, to be made
    once, and the plan of the files with all of them has every value and no problem that it had not before. Where there
    is no such fix, the finding's help says why.
    """
    findings = list(findings)
    taken: dict[tuple[str, str], Taken] = {}
    for pair in pairs:
        right = side or pair.truth
        quantities = dict.fromkeys(f.quantity for f in findings if f.subject == pair.subject and f.quantity)
        if right is not None and quantities:
            found = take(pair.side(right), pair.side(_OTHER[right]), quantities)
            taken |= {(pair.subject, quantity): each for quantity, each in found.items()}
    return [_with(finding, taken.get((finding.subject, finding.quantity))) for finding in findings]


def _with(finding: Finding, taken: Taken | None) -> Finding:
    if isinstance(taken, str):
        return finding._replace(help=f"{finding.help}; not taken: {taken}" if finding.help else f"not taken: {taken}")
    return finding if taken is None else finding._replace(fix=taken)


def take(right: Plan, other: Plan, quantities: Iterable[str]) -> dict[str, Taken]:
    """What brings the other plan's quantities to the values of the right one, or why nothing does, by quantity."""
    found: dict[str, Taken] = {}
    keys: dict[str, str] = {}
    changes: dict[str, object] = {}
    for quantity in quantities:
        try:
            value = _value_to_take(right, other, quantity)
            key = keys[quantity] = setting_behind(other, quantity)
        except Unwritable as reason:
            found[quantity] = str(reason)
        else:
            changes[key] = None if value == OFF else value
    done, reasons = _write_harmless(other, changes)
    for quantity, key in keys.items():
        if done is not None and key in done.edits:
            message = f"set {key} to {show(changes[key])}, as {_name(right)} has it"
            found[quantity] = Fix(message, done.of([key]))
        else:
            found[quantity] = reasons[key]
    return found


def _write_harmless(plan: Plan, changes: dict[str, object]) -> tuple[Written | None, dict[str, str]]:
    """As many of the changes as bring no problem that the plan had not, and why the others are left out."""
    before = problems_of(plan)
    changes, left_out = dict(changes), dict[str, str]()
    while changes:
        done, failed = write_most(plan.run, changes)
        left_out |= failed
        changes = {key: value for key, value in changes.items() if key not in failed}
        new = {} if done is None else {name: why for name, why in problems_of(done.plan).items() if name not in before}
        if done is None or not new:
            return done, left_out
        concerned = _settings_of(done.plan, next(iter(new))) & changes.keys() or set(changes)
        why = f"{plan.run.trainer} would not be clean with it: {next(iter(new.values()))}"
        left_out |= dict.fromkeys(concerned, why)
        changes = {key: value for key, value in changes.items() if key not in concerned}
    return None, left_out


def _settings_of(plan: Plan, problem: str) -> set[str]:
    """The settings that a problem of a plan rests on."""
    names = [name for each in (*plan.refusals, *plan.risks) if each.requirement == problem for name in each.at]
    return {setting.key for name in (*names, problem) for setting in plan.settings_of(name)}


def setting_behind(plan: Plan, quantity: str) -> str:
    """The one setting that a quantity is. Raises Unwritable where it is derived from others, or is none's."""
    found = plan.quantities.get(quantity)
    if found is None or (not found.inputs and found.unknown_because is None):
        raise Unwritable(f"{plan.run.trainer} has no setting for {quantity}")
    names = formula(found.formula).names
    if len(names) == 1 and names[0] not in plan.quantities and names[0] in found.inputs:
        return names[0]
    raise Unwritable(f"{quantity} is derived, as {found.formula}")


def _value_to_take(right: Plan, other: Plan, quantity: str) -> object:
    value = value_of(right, quantity)
    if same(value, value_of(other, quantity)):
        raise Unwritable(f"{quantity} is {show(value)} on both sides, and the rest follows from other differences")
    return value


def value_of(plan: Plan, quantity: str) -> object:
    """A plan's value of a quantity; of a reward that its environment never names, what that comes to.

    Raises Unwritable for a value that is not known.
    """
    found = plan.quantities.get(quantity)
    if found is None and quantity.startswith("reward_"):
        return OFF if quantity.startswith("reward_cap_") else 0
    if found is None or isinstance(found.known, Unknown):
        raise Unwritable(f"{_name(plan)}'s {quantity} is not known")
    return found.value


def _name(plan: Plan) -> str:
    return plan.run.name or plan.run.entry

"""Takes one side's values: where two runs differ and the user says which is right, the other is changed to agree."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from metta_lint.base.unknown import Unknown
from metta_lint.base.wording import show
from metta_lint.fixes.problems import problems_of
from metta_lint.fixes.settings import Written, setting_behind, setting_value, write_most
from metta_lint.fixes.solver import solve
from metta_lint.plans.pair import Pair, same
from metta_lint.plans.quantities import absent_reward, is_reward
from metta_lint.sources.edit import Fix
from metta_lint.sources.literals import Unwritable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from metta_lint.plans.pair import Side
    from metta_lint.plans.plan import Plan
    from metta_lint.rules.finding import Finding

Taken: TypeAlias = "Fix | str"
"""The fix that gives a quantity the other side's value, or why there is none."""

PASSES = 2
"""A second pass, because one quantity may need the value of another that comes after it."""
AGREED = tuple(
    """
    agents_per_env num_envs num_workers async_factor batch_size minibatch_size bptt_horizon update_epochs
    """.split()
)
"""Quantities that keep their values while others are solved for, where both sides agree on them."""
_OTHER: dict[Side, Side] = {"left": "right", "right": "left"}


def with_taken(findings: Iterable[Finding], pairs: Iterable[Pair], side: Side | None) -> list[Finding]:
    """The findings, those of pairs with an unsafe fix that gives the other side the taken side's value.

    ``side`` is right wherever the two differ; None leaves it to each pair's declared ``truth``, and a pair without one
    gets no fix. A pair's fixes go together: they share the edit of lines inserted at one place, and the plan of the
    files with all of them has every value and no new problem. Where there is no such fix, the finding's help says why.
    """
    findings, pairs = list(findings), list(pairs)
    taken: dict[tuple[tuple[str, ...], str], Taken] = {}
    for pair in pairs:
        right = side or pair.truth
        quantities = dict.fromkeys(f.quantity for f in findings if f.quantity and pair.runs in (f.runs, *f.others))
        if right is not None and quantities:
            found = _Taking(pair.side(right), pair.side(_OTHER[right]), quantities).taken()
            taken |= {(pair.runs, quantity): each for quantity, each in found.items()}
    return [
        _with(f, [taken.get((pair.runs, f.quantity)) for pair in pairs if pair.runs in (f.runs, *f.others)])
        for f in findings
    ]


def _with(finding: Finding, taken: list[Taken | None]) -> Finding:
    """The finding with the fixes of all its pairs joined to one, or the reason why there is none."""
    reasons = [each for each in taken if isinstance(each, str)]
    fixes = [each for each in taken if isinstance(each, Fix)]
    if reasons:
        why = f"not taken: {reasons[0]}"
        return finding._replace(help=f"{finding.help}; {why}" if finding.help else why)
    if not fixes or len(fixes) < len(taken):
        return finding
    edits = tuple(sorted({edit for fix in fixes for edit in fix.edits}))
    return finding._replace(fix=fixes[0]._replace(edits=edits))


class _Taking:
    """Gives one plan the other's values: first where a quantity is a setting, then by solving for the others.

    ``values`` are the wanted values of the quantities, ``keys`` the settings that are changed for each, ``reasons``
    why a quantity gets no fix.
    """

    def __init__(self, right: Plan, other: Plan, quantities: Iterable[str]) -> None:
        self.right = right
        self.other = other
        self.values: dict[str, object] = {}
        self.settings: dict[str, str] = {}  # of the quantities that are one
        self.reasons: dict[str, str] = {}
        self.keys: dict[str, tuple[str, ...]] = {}
        self.before = problems_of(other)
        known = (name for name in AGREED if right.value(name) is not None)
        self.agreed = {name: right.value(name) for name in known if same(right.value(name), other.value(name))}
        for quantity in quantities:
            try:
                self.values[quantity] = _value_to_take(right, other, quantity)
                self.settings[quantity] = setting_behind(other, quantity)
            except Unwritable as reason:
                self.reasons[quantity] = str(reason)

    def taken(self) -> dict[str, Taken]:
        """The result for each quantity."""
        direct = self._direct()
        changes = direct
        for _ in range(PASSES):
            so_far, changes = changes, self._with_solved(changes)
            if so_far == changes:
                break
        done = self._written(changes)
        if done is None and changes != direct:
            self.keys = {quantity: keys for quantity, keys in self.keys.items() if set(keys) <= direct.keys()}
            done = self._written(direct)
        missing = f"{self.other.run.trainer}'s files cannot be given all that it takes"
        found: dict[str, Taken] = {name: self.reasons.get(name, missing) for name in (*self.reasons, *self.values)}
        return found | self._fixes(done) if done is not None else found

    def _fixes(self, done: Written) -> dict[str, Taken]:
        """A fix for every quantity that now has its value, perhaps by a change made for another one."""
        found: dict[str, Taken] = {}
        for quantity, value in self.values.items():
            resting = tuple(setting.key for setting in done.plan.settings_of(quantity) if setting.key in done.edits)
            keys = self.keys.get(quantity, resting)
            if keys and done.edits.keys() >= set(keys) and same(done.plan.value(quantity), value):
                found[quantity] = Fix(self._message(quantity, keys, done), done.of(keys))
        return found

    def _message(self, quantity: str, keys: tuple[str, ...], done: Written) -> str:
        values = {key: done.plan.run.value(key) for key in keys}
        settings = " and ".join(f"{k} to {show(v) if isinstance(v, float) else v}" for k, v in values.items())
        is_one = len(keys) == 1 and quantity in self.settings
        goal = "" if is_one else f"for {quantity} = {show(self.values[quantity])}, "
        return f"set {settings}, {goal}as {self.right.run.label} has it"

    # -- quantities that are settings ------------------------------------------------------------------------------

    def _direct(self) -> dict[str, object]:
        """The settings that are the quantities, as far as they can be changed without a new problem."""
        changes = {key: setting_value(self.values[quantity]) for quantity, key in self.settings.items()}
        kept, why_not = self._harmless(changes)
        for quantity, key in self.settings.items():
            if key in why_not:
                self.reasons[quantity] = why_not[key]
            else:
                self.keys[quantity] = (key,)
        return kept

    def _harmless(self, changes: dict[str, object]) -> tuple[dict[str, object], dict[str, str]]:
        """As many of the changes as bring no new problem, and why the others are left out."""
        left_out: dict[str, str] = {}
        while changes:
            done, failed = write_most(self.other.run, changes)
            left_out |= failed
            changes = {key: value for key, value in changes.items() if key not in failed}
            found = {} if done is None else problems_of(done.plan)
            new = next((name for name in found if name not in self.before), None)
            if done is None or new is None:
                break
            refused = [each for each in (*done.plan.refusals, *done.plan.risks) if each.requirement == new]
            names = [*(name for refusal in refused for name in refusal.at), new]
            behind = {setting.key for name in names for setting in done.plan.settings_of(name)}
            concerned = behind & changes.keys() or set(changes)
            left_out |= dict.fromkeys(concerned, f"{self.other.run.trainer} would not be clean with it: {found[new]}")
            changes = {key: value for key, value in changes.items() if key not in concerned}
        return changes, left_out

    # -- quantities to be solved for -------------------------------------------------------------------------------

    def _with_solved(self, changes: dict[str, object]) -> dict[str, object]:
        """These changes, and those that give the remaining quantities their values."""
        for quantity, value in self.values.items():
            known = self.other.quantities.get(quantity)
            is_derived = known is not None and bool(known.inputs)
            if quantity in self.keys or not is_derived or not isinstance(value, int | float):
                continue
            is_direct = quantity in self.settings
            fixed = {**changes, self.settings[quantity]: setting_value(value)} if is_direct else changes
            wants = {**self.agreed, **{name: self.values[name] for name in self.keys}, quantity: value}
            wants = {name: wanted for name, wanted in wants.items() if isinstance(wanted, int | float)}
            proposals = solve(self.other, wants, fixed, tolerated=frozenset(self.before))
            if not proposals and not is_direct:
                goal = f"{quantity} {show(value)}, keeps what agrees and brings {self.other.run.label} no new problem"
                self.reasons[quantity] = f"no change of one or two sizes makes {goal}"
            new = [key for key in proposals[0].changes if key not in changes] if proposals else []
            if new:
                self.keys[quantity] = tuple(new)
                changes = dict(proposals[0].changes)
        return changes

    def _written(self, changes: dict[str, object]) -> Written | None:
        """All changes in the files; None if they cannot be written, or bring a new problem."""
        done, failed = write_most(self.other.run, changes)
        self.reasons |= {name: failed[key] for name, keys in self.keys.items() for key in keys if key in failed}
        return done if done is not None and problems_of(done.plan).keys() <= self.before.keys() else None


def _value_to_take(right: Plan, other: Plan, quantity: str) -> object:
    value = value_of(right, quantity)
    if same(value, value_of(other, quantity)):
        raise Unwritable(f"{quantity} is {show(value)} on both sides, and the rest follows from other differences")
    return value


def value_of(plan: Plan, quantity: str) -> object:
    """A plan's value of a quantity: 0 for a reward that its environment does not set, off for such a cap.

    Raises Unwritable for a value that is not known.
    """
    found = plan.quantities.get(quantity)
    if found is None and is_reward(quantity):
        return absent_reward(quantity)
    if found is None or isinstance(found.known, Unknown):
        raise Unwritable(f"{plan.run.label}'s {quantity} is not known")
    return found.value

"""Builds a plan. A trainer's dialect adds its quantities and refusals, in the order in which the trainer meets them."""

from __future__ import annotations

import re
from functools import cache, cached_property
from typing import TYPE_CHECKING

from metta_lint.base.errors import LintError
from metta_lint.base.records import NamedTuple
from metta_lint.base.unknown import Unknown
from metta_lint.base.values import OFF
from metta_lint.base.wording import alternatives, show
from metta_lint.loops.loop import Loop
from metta_lint.loops.requirements import CONFIG_REQUIREMENTS, ILL_SIZED, REQUIREMENTS, when_checked
from metta_lint.plans.experience import CONDITIONS, FORMULAS
from metta_lint.plans.formula import FormulaError, cases, formula
from metta_lint.plans.plan import Condition, IgnoredKey, Plan, Quantity, Refusal, settings_below
from metta_lint.plans.quantities import traits_of, unknown_after

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from metta_lint.loops.loop import EnvironmentSettings
    from metta_lint.plans.formula import Lookup
    from metta_lint.plans.run import Run


SWITCHED_OFF_BY_NONE = ("reward_clamp", "target_kl")
"""Fields of a loop that are None where the quantity is ``off``."""
_BRACED = re.compile(r"\{([^{}]*)\}")
WHOLE, NUMBERS = (int, Unknown), (int, float, Unknown)
"""Types of a setting that is a whole number, or a number, or unknown."""
BEFORE_A_ROLLOUT_ENDS = ("start", "first rollout")
"""A trainer that refuses at one of these moments finishes no rollout."""


class _Outcome(NamedTuple):
    """Whether a condition holds with one combination of drawn settings; ``lookup`` gives the values of names then."""

    drawn: Mapping[str, object]
    holds: bool
    lookup: Lookup


class _Values(dict[str, object]):
    """Values by name; Unknown for a name that is missing."""

    def __missing__(self, name: str) -> object:
        return Unknown(f"{name} is not set")


class _Redrawn(dict[str, object]):
    """Values by name where some settings are drawn; a quantity is computed when it is asked for."""

    def __init__(self, drawn: Mapping[str, object], quantities: Mapping[str, Quantity], run: Run) -> None:
        super().__init__(drawn)
        self._quantities = quantities
        self._run = run

    def __missing__(self, name: str) -> object:
        quantity = self._quantities.get(name)
        if quantity is None:
            value = self._run.value(name)
        elif quantity.unknown_because is None or not quantity.inputs:
            value = quantity.known
        else:
            value = formula(quantity.formula).evaluate(self.__getitem__)
        self[name] = value
        return value


class Derivation:
    """Builds a plan from formulas, and from the conditions under which the trainer stops.

    ``requirements`` are the conditions that may be named; a plugin's trainer has some of its own. ``raises`` is the
    exception that most of them end in.
    """

    def __init__(self, run: Run, requirements: Mapping[str, str] = REQUIREMENTS, raises: str = "ValueError") -> None:
        self.run = run
        self._requirements = requirements
        self._raises = raises
        self.refusals: list[Refusal] = []
        self.risks: list[Refusal] = []
        self.conditions: list[Condition] = []
        self.quantities: dict[str, Quantity] = {}
        """The quantities derived so far."""
        self._values = _Values({key: setting.value for key, setting in run.settings.items()})
        self.lookup: Lookup = self._values.__getitem__
        """The value of a quantity derived so far, else of a setting; Unknown where it is missing."""

    def define(
        self,
        name: str,
        text: str | None = None,
        unit: str = "",
        source: str = "",
        decided_by: str | None = None,
    ) -> object:
        """Derive a quantity by a formula. It is Unknown if an input is unknown or the arithmetic fails.

        ``text`` defaults to the formula of this quantity in ``FORMULAS``, ``unit`` to the quantity's usual unit.
        ``decided_by`` is a setting that is not in the formula but is why it applies (``batch_size = auto``).
        """
        parsed = formula(FORMULAS[name] if text is None else text)
        try:
            value = parsed.evaluate(self.lookup)
        except FormulaError as error:
            value = Unknown(str(error))
        inputs = parsed.names if decided_by is None else (decided_by, *parsed.names)
        self._add(name, value, unit, parsed.text, inputs, source)
        return value

    def define_or_off(self, name: str, key: str, source: str) -> None:
        """Derive a quantity that is a setting; a null setting means ``off``."""
        if self.run.value(key) is None:
            self.assume(name, OFF, source=source)
        else:
            self.define(name, key, source=source)

    def assume(self, name: str, value: object, unit: str = "", source: str = "") -> None:
        """Add a quantity without a formula: a constant of the trainer, or Unknown with its reason."""
        text = name if isinstance(value, Unknown) else repr(value)
        self._add(name, value, unit, text, (), source)

    def _add(self, name: str, value: object, unit: str, text: str, inputs: tuple[str, ...], source: str) -> None:
        self._values[name] = value
        known, because, could_be = (None, *value) if isinstance(value, Unknown) else (value, None, None)
        unit = unit or traits_of(name).unit
        self.quantities[name] = Quantity(name, known, unit, text, inputs, source, because, could_be)

    @cached_property
    def _is_drawn(self) -> bool:
        values = (setting.value for setting in self.run.settings.values())
        return any(isinstance(value, Unknown) and value.could_be is not None for value in values)

    def has(self, name: str) -> bool:
        """Whether a quantity has been derived, even if it is unknown."""
        return name in self.quantities

    def holds(self, text: str) -> bool:
        """Whether a condition is known to hold. It is not if an input is unknown or the arithmetic fails."""
        return self._truth(text) is True

    def _truth(self, condition: str) -> bool | None:
        """Whether a condition holds; None if an input is unknown or the arithmetic fails."""
        try:
            value = formula(condition).evaluate(self.lookup)
        except FormulaError:
            return None
        return None if isinstance(value, Unknown) else bool(value)

    def refuse_unless(
        self,
        requirement: str,
        condition: str = "",
        *,
        exception: str = "",
        message: str = "",
        at: tuple[str, ...] = (),
    ) -> None:
        """Add a refusal if a condition is known to be false, a risk if that depends on what is drawn at launch.

        ``message`` may name quantities in braces: ``{segments}``. ``condition`` and ``message`` default to those of the
        requirement in ``CONDITIONS``, ``exception`` to what this trainer ``raises``, ``at`` to all names in the
        condition: the sizes that conflict.
        """
        if not condition or not message:
            shared = CONDITIONS[requirement]
            condition, message = condition or shared[0], message or shared[1]
        exception, at = exception or self._raises, at or formula(condition).names
        self.conditions.append(Condition(requirement, condition))
        holds = self._truth(condition)
        if holds is False:
            self.refuse(Refusal(requirement, exception, self.fill(message), at))
        every = self._outcomes(condition) if holds is None and self._is_drawn else ()
        broken = [outcome for outcome in every if not outcome.holds]
        if not broken:
            return
        refusal = Refusal(requirement, exception, filled(message, broken[0].lookup), at, when_checked(requirement))
        if len(broken) == len(every):
            self.refuse(refusal)
        else:
            self.risks.append(refusal._replace(only_if=_listed([outcome.drawn for outcome in broken])))

    def _outcomes(self, condition: str) -> Sequence[_Outcome]:
        """Whether a condition holds, for each combination of the drawn settings that it depends on.

        Empty if it depends on no drawn setting, or also on a value that is unknown.
        """
        drawn = {
            name: value
            for name in sorted(settings_below(formula(condition).names, self.quantities))
            if isinstance(value := self.run.value(name), Unknown) and value.could_be is not None
        }
        found = []
        for case in cases(drawn) if drawn else ():
            lookup = _Redrawn(case, self.quantities, self.run).__getitem__
            try:
                value = formula(condition).evaluate(lookup)
            except FormulaError:
                return ()
            if isinstance(value, Unknown):
                return ()
            found.append(_Outcome(case, bool(value), lookup))
        return found

    def check_numbers(
        self,
        keys: Iterable[str],
        requirement: str,
        *,
        whole: bool = False,
        words: tuple[object, ...] = (),
        exception: str = "TypeError",
    ) -> bool:
        """Refuse settings that are not numbers, or not ``whole`` ones. Returns True if all of them are.

        ``words`` are other values that the trainer takes (``auto``).
        """
        kinds = WHOLE if whole else NUMBERS
        wrong = [
            (key, value) for key in keys if not isinstance(value := self.run.value(key), kinds) and value not in words
        ]
        for key, value in wrong:
            noun = "a whole number" if whole else "a number"
            message = f"{key} = {value!r} is a {type(value).__name__}; it must be {noun}"
            self.refuse(Refusal(requirement, exception, message, (key,)))
        return not wrong

    def check_positive(self, keys: Iterable[str], requirement: str, *, exception: str = "") -> None:
        """Refuse whole numbers below 1."""
        for key in keys:
            value = self.run.value(key)
            if isinstance(value, int) and value < 1:
                message = f"{key} = {value} must be at least 1"
                self.refuse(Refusal(requirement, exception or self._raises, message, (key,)))

    def refuse(self, refusal: Refusal) -> None:
        """Add a refusal. It happens when its requirement is checked, unless it names a later moment."""
        if refusal.requirement not in self._requirements:
            raise LintError(f"the trainer refuses for {refusal.requirement!r}, which is none of its requirements")
        when = when_checked(refusal.requirement) if refusal.when == "start" else refusal.when
        self.refusals.append(refusal._replace(when=when))

    def fill(self, message: str) -> str:
        """A message with values in place of the names in braces: ``{segments}``."""
        return filled(message, self.lookup)

    def loop(
        self, environment: EnvironmentSettings | Unknown, order: tuple[str, ...], **own: object
    ) -> tuple[Loop | None, str | None]:
        """The loop description for the derived values; None, with the reason, if some of them are unknown.

        A field of the loop is the quantity of the same name, unless the trainer gives it as one of its ``own``.
        ``order`` are all requirements of the trainer; those about the config are left out of the loop.
        """
        if isinstance(environment, Unknown):
            return None, environment.because
        own |= {"environment": environment, "requirements": _shown_by_a_loop(order)}
        names = [name for name in Loop._fields if name not in Loop._field_defaults or name in own or self.has(name)]
        fields = {name: own[name] if name in own else self.lookup(name) for name in names}
        fields |= {name: None for name in SWITCHED_OFF_BY_NONE if fields[name] == OFF}
        unknown = next((value for value in fields.values() if isinstance(value, Unknown)), None)
        ill_sized = next((refusal for refusal in self.refusals if refusal.requirement in ILL_SIZED), None)
        if unknown is not None and ill_sized is None:
            return None, unknown.because
        if ill_sized is not None:
            # What follows from a size that is not valid is unknown: the trainer gets the size instead, and refuses it.
            stand_in = self.run.value(ill_sized.at[0])
            fields = {name: stand_in if isinstance(value, Unknown) else value for name, value in fields.items()}
        return Loop(**fields), None  # type: ignore[arg-type]

    def plan(
        self,
        loop: tuple[Loop | None, str | None],
        *,
        order: tuple[str, ...],
        never_reached: frozenset[str] | None = None,
        ignored: tuple[IgnoredKey, ...] = (),
    ) -> Plan:
        """The plan, with its refusals in the order in which the trainer checks them.

        If the trainer refuses, the quantities of the phases that it does not reach are unknown. A plugin may name them
        itself: ``never_reached``.
        """
        position = {requirement: index for index, requirement in enumerate(order)}

        def place(refusal: Refusal) -> tuple[int, bool]:
            return position.get(refusal.before or refusal.requirement, len(order)), not refusal.before

        refusals = sorted(self.refusals, key=place)
        if refusals:
            because = f"the trainer refuses first ({refusals[0].requirement})"
            if never_reached is None:
                never_reached = unknown_after("start" if refusals[0].when in BEFORE_A_ROLLOUT_ENDS else "rollout")
            for name in never_reached & self.quantities.keys():
                self.quantities[name] = self.quantities[name]._replace(value=None, unknown_because=because)
        risks, conditions = tuple(self.risks), tuple(self.conditions)
        return Plan(self.run, self.quantities, tuple(refusals), loop[0], loop[1], ignored, risks, conditions)


@cache
def _shown_by_a_loop(order: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in order if name not in CONFIG_REQUIREMENTS)


def filled(message: str, lookup: Lookup) -> str:
    """A message with values in place of the names in braces."""
    return _BRACED.sub(lambda found: _in_words(lookup(found[1])), message)


def _in_words(value: object) -> str:
    """A value for a message. Floats are shown in full, since a small fraction may be what is wrong."""
    if isinstance(value, Unknown):
        return "?"
    return show(value) if type(value) is int else str(value)


def _listed(drawn: Sequence[Mapping[str, object]]) -> str:
    """The values that were drawn for each setting: ``trainer.batch_size = 30 or 31``."""
    return " and ".join(f"{key} = {alternatives(str(case[key]) for case in drawn)}" for key in drawn[0])

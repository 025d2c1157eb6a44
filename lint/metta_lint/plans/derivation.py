"""Builds a plan: a trainer's dialect derives its quantities and refusals here, one after the other."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

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
"""Fields of a loop that are None where the quantity is off."""
_BRACED = re.compile(r"\{([^{}]*)\}")
WHOLE, NUMBERS = (int, Unknown), (int, float, Unknown)
"""Types of a setting that is a whole number, or any, as far as anybody knows."""
BEFORE_A_ROLLOUT_ENDS = ("start", "first rollout")
"""Moments of a refusal after which nothing is known of a rollout."""


class _Outcome(NamedTuple):
    """What a condition comes to with one combination of drawn settings; ``lookup`` gives every name's value then."""

    drawn: Mapping[str, object]
    holds: bool
    lookup: Lookup


class _Values(dict[str, object]):
    """Values by name; Unknown for a name that has none."""

    def __missing__(self, name: str) -> object:
        return Unknown(f"{name} is not set")


class _Redrawn(dict[str, object]):
    """Values of quantities and settings, with some settings drawn; each quantity is worked out when it is asked for."""

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
    """Builds a plan: formulas in order, each once, and the conditions under which the trainer stops.

    ``requirements`` name those conditions: a trainer of a plugin has some of its own. ``raises`` is the exception that
    most of them end in.
    """

    def __init__(self, run: Run, requirements: Mapping[str, str] = REQUIREMENTS, raises: str = "ValueError") -> None:
        self.run = run
        self._requirements = requirements
        self._raises = raises
        self.refusals: list[Refusal] = []
        self.risks: list[Refusal] = []
        self.conditions: list[Condition] = []
        self._quantities: dict[str, Quantity] = {}
        self._values = _Values((key, setting.value) for key, setting in run.settings.items())
        self.lookup: Lookup = self._values.__getitem__
        """The value of a quantity already derived, else of a setting; Unknown where there is none."""
        self._is_drawn = any(
            isinstance(value, Unknown) and value.could_be is not None for value in self._values.values()
        )

    def define(
        self,
        name: str,
        text: str | None = None,
        unit: str = "",
        source: str = "",
        decided_by: str | None = None,
    ) -> object:
        """Derive a quantity by a formula; Unknown where an input is unknown or the arithmetic has no answer.

        ``text`` is the formula that the trainers share, ``unit`` the quantity's usual one, where none is given.
        ``decided_by`` is a setting that chose this formula without being in it (``batch_size = auto``).
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
        """Derive a quantity that is a setting; where that is null, the trainer does without."""
        if self.run.value(key) is None:
            self.assume(name, OFF, source=source)
        else:
            self.define(name, key, source=source)

    def assume(self, name: str, value: object, unit: str = "", source: str = "") -> None:
        """A quantity that no formula gives: a trainer's constant, or Unknown with its reason."""
        text = name if isinstance(value, Unknown) else repr(value)
        self._add(name, value, unit, text, (), source)

    def _add(self, name: str, value: object, unit: str, text: str, inputs: tuple[str, ...], source: str) -> None:
        self._values[name] = value
        known, because, could_be = (None, *value) if isinstance(value, Unknown) else (value, None, None)
        unit = unit or traits_of(name).unit
        self._quantities[name] = Quantity(name, known, unit, text, inputs, source, because, could_be)

    def has(self, name: str) -> bool:
        """Whether a quantity is already derived, be it unknown."""
        return name in self._quantities

    def quantity_inputs(self, name: str) -> tuple[str, ...]:
        """What a quantity already derived reads."""
        return self._quantities[name].inputs

    def holds(self, text: str) -> bool:
        """Whether a condition is known to hold: an unknown input, or arithmetic without an answer, is no."""
        return self._truth(text) is True

    def _truth(self, condition: str) -> bool | None:
        """Whether a condition holds; None where that is unknown or the arithmetic has no answer."""
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
        """Record a refusal where a condition is known not to hold, a risk where it depends on what is drawn at launch.

        ``message`` may name quantities in braces. A condition or message that is not given is the one that the
        trainers share. ``exception`` is what the trainer ``raises`` unless another is given; ``at`` are the sizes that
        do not go together, by default all that the condition names.
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
        """The condition for each combination of the drawn settings that it rests on.

        None where it rests on nothing drawn, or on anything that is not known with them: then nothing can be said.
        """
        drawn = {
            name: value
            for name in sorted(settings_below(formula(condition).names, self._quantities))
            if isinstance(value := self.run.value(name), Unknown) and value.could_be is not None
        }
        found = []
        for case in cases(drawn) if drawn else ():
            lookup = _Redrawn(case, self._quantities, self.run).__getitem__
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
        """Refuse settings that are no (``whole``) numbers; whether there was none.

        ``words`` are what the trainer takes instead (``auto``).
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
        """Record a refusal; it happens when its requirement is checked, unless it says a later moment itself."""
        if refusal.requirement not in self._requirements:
            raise KeyError(refusal.requirement)
        when = when_checked(refusal.requirement) if refusal.when == "start" else refusal.when
        self.refusals.append(refusal._replace(when=when))

    def fill(self, message: str) -> str:
        """A message with the values of the quantities and settings that it names in braces."""
        return filled(message, self.lookup)

    def loop(
        self, environment: EnvironmentSettings | Unknown, order: tuple[str, ...], **own: object
    ) -> tuple[Loop | None, str | None]:
        """The loop description of the derived values, or None and the reason why they do not suffice.

        A field of the loop is the quantity of its name, unless it is among the trainer's ``own``. ``order`` are all
        requirements of the trainer, those that no loop can show included.
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
            # What follows from a size that is none has no value of its own: the trainer is given the size itself.
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
        """The plan, its refusals in the order in which the trainer comes to them.

        Where the trainer refuses, the quantities of the phases that it does not reach are unknown, and say so; a plugin
        may name those that it ``never_reached`` itself.
        """
        position = {requirement: index for index, requirement in enumerate(order)}

        def place(refusal: Refusal) -> tuple[int, bool]:
            return position.get(refusal.before or refusal.requirement, len(order)), not refusal.before

        refusals = sorted(self.refusals, key=place)
        if refusals:
            because = f"the trainer refuses first ({refusals[0].requirement})"
            if never_reached is None:
                never_reached = unknown_after("start" if refusals[0].when in BEFORE_A_ROLLOUT_ENDS else "rollout")
            for name in never_reached & self._quantities.keys():
                self._quantities[name] = self._quantities[name]._replace(value=None, unknown_because=because)
        risks, conditions = tuple(self.risks), tuple(self.conditions)
        return Plan(self.run, self._quantities, tuple(refusals), loop[0], loop[1], ignored, risks, conditions)


@cache
def _shown_by_a_loop(order: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in order if name not in CONFIG_REQUIREMENTS)


def filled(message: str, lookup: Lookup) -> str:
    """A message with the values of what it names in braces."""
    return _BRACED.sub(lambda found: _in_words(lookup(found[1])), message)


def _in_words(value: object) -> str:
    """A value as messages have it: floats in full, since a fraction may be what is wrong with them."""
    if isinstance(value, Unknown):
        return "?"
    return show(value) if type(value) is int else str(value)


def _listed(drawn: Sequence[Mapping[str, object]]) -> str:
    """The drawn values of each setting: ``trainer.batch_size = 30 or 31``."""
    return " and ".join(f"{key} = {alternatives(str(case[key]) for case in drawn)}" for key in drawn[0])

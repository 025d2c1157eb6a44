"""Plans: every number that a trainer derives from a run, with its formula and the lines that it came from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metta_lint.base.unknown import Unknown
from metta_lint.base.wording import show
from metta_lint.loops.loop import Loop
from metta_lint.loops.requirements import REQUIREMENTS
from metta_lint.plans.formula import FormulaError, formula
from metta_lint.plans.plan import Condition, IgnoredKey, Plan, Quantity, Refusal
from metta_lint.plans.risks import outcomes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from metta_lint.plans.run import Run


SHOWN = 5
"""Drawn values that a message names."""


ILL_SIZED = frozenset(
    {
        "integer-sizes",
        "positive-sizes",
        "numeric-envs",
        "positive-envs",
        "whole-envs",
        "numeric-workers",
        "some-worker",
        "numeric-inference-batch",
        "integer-envs",
        "serial-batch-given",
        "serial-batch-fits-envs",
        "some-inference-batch",
        "integer-inference-batch",
        "integer-workers",
        "integer-agents",
        "positive-agents",
        "batch-or-horizon-given",
        "numeric-batch",
        "positive-horizon",
        "sized-buffer",
        "numeric-minibatch",
        "positive-minibatch",
        "integer-minibatch",
        "numeric-update-epochs",
        "numeric-timesteps",
    }
)
"""Requirements without which other sizes have no value."""


class Derivation:
    """Builds a plan: formulas in order, each once, and the conditions under which the trainer stops.

    ``requirements`` name those conditions: a trainer of a plugin has some of its own.
    """

    def __init__(self, run: Run, requirements: Mapping[str, str] = REQUIREMENTS) -> None:
        self.run = run
        self._requirements = requirements
        self.refusals: list[Refusal] = []
        self.risks: list[Refusal] = []
        self.conditions: list[Condition] = []
        self._quantities: dict[str, Quantity] = {}
        self._values = {key: setting.value for key, setting in run.settings.items()}
        self._is_drawn = any(
            isinstance(value, Unknown) and value.could_be is not None for value in self._values.values()
        )

    def define(self, name: str, text: str, unit: str, source: str = "", decided_by: str | None = None) -> object:
        """Derive a quantity by a formula; Unknown where an input is unknown or the arithmetic has no answer.

        ``decided_by`` is a setting that chose this formula without being in it (``batch_size = auto``).
        """
        parsed = formula(text)
        try:
            value = parsed.evaluate(self.lookup)
        except FormulaError as error:
            value = Unknown(str(error))
        inputs = parsed.names if decided_by is None else (decided_by, *parsed.names)
        self._add(Quantity(name, value, unit, text, inputs, source))
        return value

    def assume(self, name: str, value: object, unit: str, source: str) -> None:
        """A quantity that no formula gives: a trainer's constant, or Unknown with its reason."""
        self._add(Quantity(name, value, unit, repr(value) if not isinstance(value, Unknown) else name, (), source))

    def _add(self, quantity: Quantity) -> None:
        self._values[quantity.name] = quantity.value
        if isinstance(quantity.value, Unknown):
            unknown = quantity.value
            quantity = quantity._replace(value=None, unknown_because=unknown.because, could_be=unknown.could_be)
        self._quantities[quantity.name] = quantity

    def lookup(self, name: str) -> object:
        """The value of a quantity already derived, else of a setting; Unknown where there is none."""
        return self._values[name] if name in self._values else self.run.value(name)

    def has(self, name: str) -> bool:
        """Whether a quantity is already derived, be it unknown."""
        return name in self._quantities

    def quantity_inputs(self, name: str) -> tuple[str, ...]:
        """What a quantity already derived reads."""
        return self._quantities[name].inputs

    def holds(self, text: str) -> bool:
        """Whether a condition is known to hold: an unknown input, or arithmetic without an answer, is no."""
        try:
            value = formula(text).evaluate(self.lookup)
        except FormulaError:
            return False
        return not isinstance(value, Unknown) and bool(value)

    def refuse_unless(
        self,
        requirement: str,
        condition: str,
        *,
        exception: str,
        message: str,
        at: tuple[str, ...],
        when: str = "start",
    ) -> None:
        """Record a refusal where a condition is known not to hold, a risk where it depends on what is drawn at launch.

        ``message`` may name quantities in braces. ``at`` are the sizes that do not go together.
        """
        self.conditions.append(Condition(requirement, condition))
        if self.holds(f"not ({condition})"):
            self.refuse(Refusal(requirement, exception, self.fill(message), at, when))
            return
        every = outcomes(condition, self._quantities, self.run.value) if self._is_drawn else ()
        broken = [outcome for outcome in every if not outcome.holds]
        if not broken:
            return
        refusal = Refusal(requirement, exception, filled(message, broken[0].lookup), at, when)
        if len(broken) == len(every):
            self.refuse(refusal)
        else:
            self.risks.append(refusal._replace(only_if=_listed([outcome.drawn for outcome in broken])))

    def refuse(self, refusal: Refusal) -> None:
        """Record a refusal."""
        if refusal.requirement not in self._requirements:
            raise KeyError(refusal.requirement)
        self.refusals.append(refusal)

    def fill(self, message: str) -> str:
        """A message with the values of the quantities and settings that it names in braces."""
        return filled(message, self.lookup)

    def loop(self, **fields: object) -> tuple[Loop | None, str | None]:
        """The loop description of the derived values, or None and the reason why they do not suffice.

        ``fields`` maps each field of the loop that is not called like a quantity to its value.
        """
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
        never_reached: frozenset[str],
        collected: frozenset[str] = frozenset(),
        ignored: tuple[IgnoredKey, ...] = (),
    ) -> Plan:
        """The plan, its refusals in the order in which the trainer comes to them.

        Where the trainer refuses, the quantities that it would never reach are unknown, and say so; a first update
        comes after what was ``collected``.
        """
        position = {requirement: index for index, requirement in enumerate(order)}

        def place(refusal: Refusal) -> tuple[int, bool]:
            return position.get(refusal.before or refusal.requirement, len(order)), not refusal.before

        refusals = sorted(self.refusals, key=place)
        if refusals:
            because = f"the trainer refuses first ({refusals[0].requirement})"
            if refusals[0].when not in ("start", "first rollout"):
                never_reached -= collected
            for name in never_reached & self._quantities.keys():
                self._quantities[name] = self._quantities[name]._replace(value=None, unknown_because=because)
        risks, conditions = tuple(self.risks), tuple(self.conditions)
        return Plan(self.run, self._quantities, tuple(refusals), loop[0], loop[1], ignored, risks, conditions)


def filled(message: str, lookup: Callable[[str], object]) -> str:
    """A message with the values of what it names in braces."""
    for name in dict.fromkeys(_braced(message)):
        value = lookup(name)
        message = message.replace("{" + name + "}", _in_words(value))
    return message


def _in_words(value: object) -> str:
    """A value as messages have it: floats in full, since a fraction may be what is wrong with them."""
    if isinstance(value, Unknown):
        return "?"
    return show(value) if type(value) is int else str(value)


def _listed(drawn: Sequence[Mapping[str, object]]) -> str:
    """The drawn values of each setting: ``trainer.batch_size = 30 or 31``."""
    said = []
    for key in drawn[0]:
        values = list(dict.fromkeys(str(case[key]) for case in drawn))
        more = f" or {len(values) - SHOWN} others" if len(values) > SHOWN else ""
        said.append(f"{key} = {' or '.join(values[:SHOWN])}{more}")
    return " and ".join(said)


def _braced(message: str) -> Iterator[str]:
    rest = message
    while "{" in rest:
        name, _, rest = rest.partition("{")[2].partition("}")
        yield name

"""Plans: every number that a trainer derives from a run, with its formula and the lines that it came from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metta_lint.formulas import FormulaError, formula
from metta_lint.loops import REQUIREMENTS, Loop
from metta_lint.numbers import show
from metta_lint.records import NamedTuple
from metta_lint.risks import outcomes
from metta_lint.settings import Choice, Range, Run, Setting, Unknown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from metta_lint.documents import Span


SHOWN = 5
"""Drawn values that a message names."""


HANGS = "hang"
"""What a refusal has for an exception where the trainer raises none and waits for ever."""


class Quantity(NamedTuple):
    """One derived number.

    ``value`` is None where it is unknown, and ``unknown_because`` says why; ``could_be`` what it can be, where that is
    drawn at launch. ``inputs`` name quantities or settings.
    ``source`` says which code of the trainer does this arithmetic.
    """

    name: str
    value: object
    unit: str
    formula: str
    inputs: tuple[str, ...]
    source: str = ""
    unknown_because: str | None = None
    could_be: Choice | Range | None = None

    @property
    def known(self) -> object:
        """The value, Unknown where it is not known: what formulas read."""
        return self.value if self.unknown_because is None else Unknown(self.unknown_because, self.could_be)


class Refusal(NamedTuple):
    """What the trainer would raise instead of training.

    ``requirement`` is a key of ``loops.REQUIREMENTS``; ``exception`` the type that the trainer raises, or HANGS; ``at``
    the quantities or settings that do not go together; ``when`` the moment: "start", "first rollout" or "first update".
    ``only_if`` says with which of the values that are drawn at launch it happens (empty: always); ``listed`` that the
    trainer lists it together with the refusals of its kind that follow, in one error.
    ``before`` names the requirement that the trainer comes to right after this one, where it has no place of its own;
    ``span`` is where the fault lies if that is no setting (a section, for a key that is missing); ``nearest`` is the
    key that the one at fault was perhaps meant to be.
    """

    requirement: str
    exception: str
    message: str
    at: tuple[str, ...]
    when: str = "start"
    only_if: str = ""
    listed: bool = False
    before: str = ""
    span: Span | None = None
    nearest: str = ""


class Condition(NamedTuple):
    """What a trainer insists on, as a formula; where it is known not to hold, the plan has a refusal."""

    requirement: str
    formula: str


class Plan(NamedTuple):
    """What one run will do. ``loop`` is None where the settings do not say enough to run it.

    ``risks`` are the refusals that depend on what is drawn at launch; ``conditions`` all that was asked of the sizes.
    """

    run: Run
    quantities: Mapping[str, Quantity]
    refusals: tuple[Refusal, ...]
    loop: Loop | None
    loop_unknown_because: str | None = None
    ignored: tuple[IgnoredKey, ...] = ()
    risks: tuple[Refusal, ...] = ()
    conditions: tuple[Condition, ...] = ()

    def value(self, name: str) -> object:
        """A quantity's value, or None where it is unknown."""
        quantity = self.quantities.get(name)
        return None if quantity is None else quantity.value

    def number(self, name: str) -> float | None:
        """A quantity's value if it is a number."""
        value = self.value(name)
        return value if isinstance(value, int | float) and not isinstance(value, bool) else None

    def lookup(self, name: str) -> object:
        """The value of a quantity or setting, Unknown where there is none: what formulas read."""
        quantity = self.quantities.get(name)
        if quantity is None:
            return self.run.value(name)
        return quantity.known

    def settings_of(self, name: str) -> tuple[Setting, ...]:
        """The settings that a quantity rests on, the most telling first (each once).

        A quantity's own formula is searched breadth first, so that the settings it names come before those that its
        inputs were derived from.
        """
        found: dict[str, Setting] = {}
        seen = {name}
        queue = [name]
        while queue:
            current = queue.pop(0)
            quantity = self.quantities.get(current)
            if quantity is None:
                if (setting := self.run.settings.get(current)) is not None:
                    found.setdefault(current, setting)
                continue
            queue += [name for name in quantity.inputs if name not in seen]
            seen.update(quantity.inputs)
        return tuple(found.values())

    def spans_of(self, name: str) -> tuple[Span, ...]:
        """Where the settings that a quantity rests on are written, the most telling first."""
        return tuple(dict.fromkeys(s.span for s in self.settings_of(name) if s.span is not None))

    def blamed(self, refusal: Refusal) -> tuple[str, ...]:
        """The quantities or settings at fault, those that the entry file itself writes first.

        Of two sizes that do not go together, the one that was written for this run is to blame, not the inherited one.
        Where both are inherited, it is what the entry file says and they rest on: a key of another version that was to
        set one of them, else any setting.
        """
        names = tuple(sorted(refusal.at, key=lambda name: not self._is_own(name)))
        if self._is_own(names[0]):
            return names
        behind = {setting.key: setting for name in names for setting in self.settings_of(name)}
        meant = [ignored.key for ignored in self.ignored if ignored.nearest in behind and self._is_own(ignored.key)]
        own = [key for key, setting in behind.items() if setting.span and setting.span.path == self.run.file]
        return (*[*meant, *own][:1], *names)

    def _is_own(self, name: str) -> bool:
        return any(span.path == self.run.file for span in self.spans_of(name)[:1])

    def formula_with_numbers(self, name: str) -> str:
        """A quantity's formula with the values of its inputs put in."""
        return formula(self.quantities[name].formula).with_numbers(self.lookup)


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


class IgnoredKey(NamedTuple):
    """A setting that the trainer never reads, and what was perhaps meant.

    Where it is a whole section, ``key`` is its name in brackets, and ``span`` its place. ``read_by`` names another
    version of the trainer that reads the key: for that one it is no dead weight.
    """

    key: str
    because: str
    nearest: str | None = None
    span: Span | None = None
    read_by: str = ""


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

"""The records of a plan: every number that a trainer derives from a run, with its formula and where it comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metta_lint.base.records import NamedTuple
from metta_lint.base.unknown import Choice, Range, Unknown
from metta_lint.base.values import is_number
from metta_lint.plans.formula import formula

if TYPE_CHECKING:
    from collections.abc import Mapping

    from metta_lint.base.documents import Span
    from metta_lint.loops.loop import Loop
    from metta_lint.plans.run import Run, Setting


HANGS = "hang"
"""The ``exception`` of a refusal where the trainer raises nothing and waits for ever."""


class Quantity(NamedTuple):
    """One derived number.

    ``value`` is None where it is unknown, and ``unknown_because`` says why. ``could_be`` holds the possible values of a
    quantity that is drawn at launch. ``inputs`` are names of quantities or settings. ``source`` is the code of the
    trainer that does this arithmetic.
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
        """The value as formulas read it: Unknown where it is not known."""
        return self.value if self.unknown_because is None else Unknown(self.unknown_because, self.could_be)


class Refusal(NamedTuple):
    """An error that the trainer raises instead of training.

    - ``requirement``: the condition that fails, a key of ``REQUIREMENTS``.
    - ``exception``: the type that the trainer raises, or HANGS.
    - ``at``: the quantities or settings that conflict.
    - ``when``: "start", "first rollout", "first update" or "first checkpoint".
    - ``only_if``: the values drawn at launch with which it happens; empty: always.
    - ``listed``: the trainer reports it in one error together with the refusals of its kind that follow.
    - ``before``: the requirement that the trainer checks next, where this one is not in its order.
    - ``span``: the place of the fault where that is not a setting: the section, for a missing key.
    - ``nearest``: the key that was probably meant.
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
    """A requirement of the trainer as a formula. If it is known to be false, the plan has a refusal."""

    requirement: str
    formula: str


class Plan(NamedTuple):
    """What one run will do. ``loop`` is None where the settings do not say enough to run it.

    ``risks`` are refusals that happen only with some of the values that can be drawn at launch. ``conditions`` are all
    conditions that were checked.
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
        return value if is_number(value) else None

    def lookup(self, name: str) -> object:
        """The value of a quantity or setting as formulas read it: Unknown where it is missing."""
        quantity = self.quantities.get(name)
        if quantity is None:
            return self.run.value(name)
        return quantity.known

    def settings_of(self, name: str) -> tuple[Setting, ...]:
        """The settings that a quantity is derived from, the closest first, each once."""
        settings = self.run.settings
        return tuple(settings[key] for key in settings_below((name,), self.quantities) if key in settings)

    def spans_of(self, name: str) -> tuple[Span, ...]:
        """Where the settings that a quantity is derived from are written, the closest first."""
        return tuple(dict.fromkeys(s.span for s in self.settings_of(name) if s.span is not None))

    def blamed(self, refusal: Refusal) -> tuple[str, ...]:
        """The quantities or settings at fault, those that the entry file itself sets first.

        If two sizes conflict, the one that was written for this run is to blame, not the inherited one. If both are
        inherited, it is a setting of the entry file that they are derived from: an ignored key that was probably meant
        to be one of their settings, else any other.
        """
        names = tuple(sorted(refusal.at, key=lambda name: not self._is_own(name)))
        if self._is_own(names[0]):
            return names
        behind = {setting.key: setting for name in names for setting in self.settings_of(name)}
        meant = [ignored.key for ignored in self.ignored if ignored.nearest in behind and self._is_own(ignored.key)]
        own = [key for key, setting in behind.items() if setting.span and setting.span.path == self.run.file]
        return (*[*meant, *own][:1], *names)

    def place_of(self, refusal: Refusal) -> Span | None:
        """Where the setting at fault is written."""
        return next((span for name in self.blamed(refusal) for span in self.spans_of(name)), None)

    def _is_own(self, name: str) -> bool:
        return any(span.path == self.run.file for span in self.spans_of(name)[:1])

    def names_in(self, requirement: str) -> tuple[str, ...]:
        """The quantities and settings in the conditions of a requirement: ``total_agents``, ``segments``."""
        conditions = (formula(each.formula).names for each in self.conditions if each.requirement == requirement)
        return tuple(dict.fromkeys(name for names in conditions for name in names))

    def formula_with_numbers(self, name: str) -> str:
        """A quantity's formula with the values of its inputs put in."""
        return formula(self.quantities[name].formula).with_numbers(self.lookup)


def settings_below(names: tuple[str, ...], quantities: Mapping[str, Quantity]) -> list[str]:
    """The keys of the settings that quantities are derived from, those in the quantities' own formulas first.

    For ``segments`` that is ``train.bptt_horizon``, then the settings that ``batch_size`` is derived from.
    """
    reached = dict.fromkeys(names)
    queue = list(reached)
    for name in queue:  # which grows on the way
        quantity = quantities.get(name)
        below = [] if quantity is None else [each for each in dict.fromkeys(quantity.inputs) if each not in reached]
        reached |= dict.fromkeys(below)
        queue += below
    return [name for name in queue if name not in quantities]


class IgnoredKey(NamedTuple):
    """A setting that the trainer never reads. ``nearest`` is the key that was probably meant.

    For a whole section, ``key`` is its name in brackets and ``span`` its place. ``read_by`` is another version of the
    trainer that does read the key.
    """

    key: str
    because: str
    nearest: str | None = None
    span: Span | None = None
    read_by: str = ""

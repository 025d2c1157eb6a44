"""Plans, as records: every number that a trainer derives from a run, with its formula and its settings' lines."""

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
    the quantities or settings that do not go together; ``when`` the moment: "start", "first rollout", "first update" or
    "first checkpoint".
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
        return value if is_number(value) else None

    def lookup(self, name: str) -> object:
        """The value of a quantity or setting, Unknown where there is none: what formulas read."""
        quantity = self.quantities.get(name)
        if quantity is None:
            return self.run.value(name)
        return quantity.known

    def settings_of(self, name: str) -> tuple[Setting, ...]:
        """The settings that a quantity rests on, the most telling first (each once)."""
        settings = self.run.settings
        return tuple(settings[key] for key in settings_below((name,), self.quantities) if key in settings)

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

    def place_of(self, refusal: Refusal) -> Span | None:
        """Where what is at fault is written."""
        return next((span for name in self.blamed(refusal) for span in self.spans_of(name)), None)

    def _is_own(self, name: str) -> bool:
        return any(span.path == self.run.file for span in self.spans_of(name)[:1])

    def formula_with_numbers(self, name: str) -> str:
        """A quantity's formula with the values of its inputs put in."""
        return formula(self.quantities[name].formula).with_numbers(self.lookup)


def settings_below(names: tuple[str, ...], quantities: Mapping[str, Quantity]) -> list[str]:
    """The keys of the settings that quantities rest on, those first that the quantities' own formulas name.

    ``segments`` rests on ``train.bptt_horizon`` first, then on the settings that its batch size was derived from.
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
    """A setting that the trainer never reads, and what was perhaps meant.

    Where it is a whole section, ``key`` is its name in brackets, and ``span`` its place. ``read_by`` names another
    version of the trainer that reads the key: for that one it is no dead weight.
    """

    key: str
    because: str
    nearest: str | None = None
    span: Span | None = None
    read_by: str = ""

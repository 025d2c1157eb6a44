"""Sweeps: ranges over a run's settings, out of which a trainer's search draws one run after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metta_lint.base.records import NamedTuple
from metta_lint.base.unknown import Unknown
from metta_lint.plans.run import Setting
from metta_lint.plans.sweeps.space import DISTRIBUTIONS, space_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from metta_lint.base.documents import Span
    from metta_lint.plans.plan import IgnoredKey, Plan
    from metta_lint.plans.run import Run
    from metta_lint.plans.sweeps.space import Distribution, Space

FIELDS = ("distribution", "min", "max", "mean", "scale")
"""What every parameter must say; both trainers read nothing else of it."""


class Parameter(NamedTuple):
    """One swept setting: its key in the trainer's own syntax, the fields as they are written, and where it starts."""

    key: str
    fields: Mapping[str, Setting]
    span: Span

    def value(self, field: str) -> object:
        """A field's value; Unknown where it is not written."""
        setting = self.fields.get(field)
        return Unknown(f"{self.key} has no {field}") if setting is None else setting.value

    def place(self, field: str) -> Span:
        """Where a field is written; the parameter's own place where it is not."""
        setting = self.fields.get(field)
        return self.span if setting is None or setting.span is None else setting.span

    @property
    def distribution(self) -> Distribution | None:
        """What its distribution means; None for a word that there is not."""
        word = self.value("distribution")
        return DISTRIBUTIONS.get(word) if isinstance(word, str) else None

    @property
    def missing(self) -> tuple[str, ...]:
        """The fields that are not written."""
        return tuple(field for field in FIELDS if field not in self.fields)

    @property
    def space(self) -> Space | None:
        """The values that it can suggest; None where its fields do not say or the trainer would raise."""
        return space_of(*(self.value(field) for field in FIELDS[:4]))


class Stop(NamedTuple):
    """Something beside the parameters that the trainer cannot start a sweep with."""

    message: str
    span: Span
    help: str = ""


class Search(NamedTuple):
    """What a trainer's search does with a suggestion that is no run.

    ``redrawn`` are the requirements that it checks itself, after which it draws again; ``otherwise`` says what
    happens where the trainer refuses. ``sizes`` are the keys that decide about refusals.
    """

    sizes: tuple[str, ...]
    otherwise: str
    ends_the_sweep: bool
    redrawn: frozenset[str] = frozenset()


class Sweep(NamedTuple):
    """One sweep, without its trainer's dialect.

    ``path`` is the file that asks for it. ``settings`` are its own (``method``, ``metric``, ``goal``); ``parameters``
    are by key. ``run`` is the run that it sweeps over; ``based_on`` names the file that this comes from, None where
    there is none and the run has no settings at all; ``chosen`` says whether that file asks for this sweep, or is only
    the best guess at what a command line will. ``unsaid`` are stand-ins for what no file says: nothing is refused for
    sure that one of them lets pass. ``planned`` keeps the plans that were made, by the settings that were put in.
    """

    path: str
    trainer: str
    settings: Mapping[str, Setting]
    parameters: Mapping[str, Parameter]
    run: Run
    derive: Callable[[Run], Plan]
    search: Search
    planned: dict[tuple[tuple[str, object], ...], Plan]
    based_on: str | None = None
    chosen: bool = True
    stops: tuple[Stop, ...] = ()
    ignored: tuple[IgnoredKey, ...] = ()
    unsaid: tuple[Mapping[str, object], ...] = ()

    @property
    def base(self) -> Plan:
        """The plan of the run that it sweeps over."""
        return self.replan({})

    @property
    def sizes(self) -> Mapping[str, Parameter]:
        """The parameters that can decide whether the trainer takes a run."""
        return {key: self.parameters[key] for key in self.search.sizes if key in self.parameters}

    def replan(self, values: Mapping[str, object]) -> Plan:
        """The plan of the base run with these settings put in; each is planned once."""
        key = tuple(sorted(values.items()))
        if key not in self.planned:
            settings = {**self.run.settings, **self._suggested(values)}
            self.planned[key] = self.derive(self.run._replace(settings=settings))
        return self.planned[key]

    def plan_alone(self, values: Mapping[str, object]) -> Plan:
        """The plan of a run with these settings and no others: what it refuses, every run that is swept does."""
        return self.derive(self.run._replace(settings=self._suggested(values)))

    def _suggested(self, values: Mapping[str, object]) -> dict[str, Setting]:
        spans = {name: self.parameters[name].span for name in values if name in self.parameters}
        return {name: Setting(name, value, spans.get(name), note="the sweep") for name, value in values.items()}

"""Sweeps: ranges over a run's settings, from which a trainer's search draws one run after the other."""

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
"""The fields of a parameter. Both trainers need all of them and read no others."""


class Parameter(NamedTuple):
    """One swept setting: its key in the trainer's own syntax, its fields as they are written, and its place."""

    key: str
    fields: Mapping[str, Setting]
    span: Span

    def value(self, field: str) -> object:
        """A field's value; Unknown if it is missing."""
        setting = self.fields.get(field)
        return Unknown(f"{self.key} has no {field}") if setting is None else setting.value

    def place(self, field: str) -> Span:
        """Where a field is written; the parameter's own place if it is missing."""
        setting = self.fields.get(field)
        return self.span if setting is None or setting.span is None else setting.span

    @property
    def distribution(self) -> Distribution | None:
        """Its distribution; None for an unknown word."""
        word = self.value("distribution")
        return DISTRIBUTIONS.get(word) if isinstance(word, str) else None

    @property
    def missing(self) -> tuple[str, ...]:
        """The fields that are missing."""
        return tuple(field for field in FIELDS if field not in self.fields)

    @property
    def space(self) -> Space | None:
        """The values that it can suggest; None if its fields are unknown or the trainer would raise."""
        return space_of(*(self.value(field) for field in FIELDS[:4]))


class Stop(NamedTuple):
    """A fault outside the parameters that stops the trainer from starting the sweep."""

    message: str
    span: Span
    help: str = ""


class Search(NamedTuple):
    """What a trainer's search does with a suggestion that the trainer refuses.

    ``redrawn`` are the requirements that the search checks itself: it draws again. ``otherwise`` says what happens if
    another one fails. ``sizes`` are the keys that refusals depend on.
    """

    sizes: tuple[str, ...]
    otherwise: str
    ends_the_sweep: bool
    redrawn: frozenset[str] = frozenset()


class Sweep(NamedTuple):
    """One sweep, as every trainer has it.

    - ``path``: the file that declares it.
    - ``settings``: its own settings (``method``, ``metric``, ``goal``).
    - ``parameters``: the swept settings, by key.
    - ``run``: the run that it sweeps over.
    - ``derive``: plans a run.
    - ``planned``: the plans so far, by the settings that were replaced.
    - ``based_on``: the file that the run comes from; None if there is none, and the run has no settings.
    - ``chosen``: whether that file asks for this sweep; False if it is a guess at what the command line will name.
    - ``unsaid``: possible values of settings that are in no file. A suggestion is refused only if all of them are.
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
        """The parameters that refusals can depend on."""
        return {key: self.parameters[key] for key in self.search.sizes if key in self.parameters}

    def replan(self, values: Mapping[str, object]) -> Plan:
        """The plan of the base run with these settings in it; each is planned once."""
        key = tuple(sorted(values.items()))
        if key not in self.planned:
            settings = {**self.run.settings, **self._suggested(values)}
            self.planned[key] = self.derive(self.run._replace(settings=settings))
        return self.planned[key]

    def plan_alone(self, values: Mapping[str, object]) -> Plan:
        """The plan of a run with only these settings: what it refuses, every run of the sweep refuses."""
        return self.derive(self.run._replace(settings=self._suggested(values)))

    def _suggested(self, values: Mapping[str, object]) -> dict[str, Setting]:
        spans = {name: self.parameters[name].span for name in values if name in self.parameters}
        return {name: Setting(name, value, spans.get(name), note="the sweep") for name, value in values.items()}

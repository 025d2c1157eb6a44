"""What a value is in each run that reads it, what rests on it, and where it was overridden."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metta_lint.base.unknown import Unknown
from metta_lint.base.wording import printable, show
from metta_lint.server.diagnostics import location

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from metta_lint.base.documents import Span
    from metta_lint.plans.plan import Plan, Quantity
    from metta_lint.server.linting import Result
    from metta_lint.server.places import Use

MOST_QUANTITIES = 8
"""What rests on a setting in the end is nearly everything: the first ones tell most."""


def hover(result: Result, uses: Sequence[Use]) -> str:
    """Markdown about a place: runs of which the same is to be said are said together."""
    runs: dict[str, list[str]] = {}
    for use in uses:
        runs.setdefault(_about(result, use), []).append(use.plan.run.label)
    return "\n\n---\n\n".join(f"{_runs(names)}: {text}" for text, names in runs.items())


def _runs(names: Sequence[str]) -> str:
    first = f"**{printable(names[0])}**"
    return first if len(names) == 1 else f"{first} and {len(names) - 1} more"


def _about(result: Result, use: Use) -> str:
    setting = use.setting
    value = f"{_code(setting.key)} is {_code(shown(setting.value))}"
    if isinstance(setting.value, Unknown):
        value = f"{_code(setting.key)} is unknown: {printable(setting.value.because)}"
    rests = list(_rest_on(use.plan, setting.key))
    lines = [_quantity(use.plan, quantity) for quantity in rests[:MOST_QUANTITIES]]
    more = [f"- and {len(rests) - MOST_QUANTITIES} more"] if len(rests) > MOST_QUANTITIES else []
    return "\n".join([f"{value}{_overriding(result, use)}", "", *lines, *more]).rstrip()


def _overriding(result: Result, use: Use) -> str:
    setting = use.setting
    if setting.span is None:
        return f". The {printable(setting.note or 'command line')} overrides this line."
    if not use.wins:
        return f". {_link(result, use, setting.span)} overrides this line."
    overridden = ", ".join(_link(result, use, span) for span in setting.overrides)
    return f", which overrides {overridden}." if overridden else "."


def _link(result: Result, use: Use, span: Span) -> str:
    place = location(result, use.checked, span)
    return f"[{span.path}:{span.line}]({place.uri}#L{span.line})"


def _rest_on(plan: Plan, key: str) -> Iterator[Quantity]:
    """The quantities that rest on a setting: those whose own formula has it first, then those that have these."""
    reached = {key}
    rest = list(plan.quantities.values())
    while found := [quantity for quantity in rest if reached.intersection(quantity.inputs)]:
        yield from found
        reached = {quantity.name for quantity in found}
        rest = [quantity for quantity in rest if quantity.name not in reached]


def _quantity(plan: Plan, quantity: Quantity) -> str:
    steps = [quantity.formula]
    if quantity.unknown_because is not None:
        return f"- {_code(' = '.join([quantity.name, *steps]))} is unknown: {printable(quantity.unknown_because)}"
    if quantity.formula not in quantity.inputs:
        steps.append(plan.formula_with_numbers(quantity.name))
    unit = f" {quantity.unit}" if quantity.unit != "1" else ""
    return f"- {_code(' = '.join([quantity.name, *steps, shown(quantity.value)]))}{unit}"


def shown(value: object) -> str:
    """A value for people; a number of a config's as a config has it, without separators."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else printable(show(value))


def _code(text: str) -> str:
    """Text as code, whatever it holds."""
    flat = printable(" ".join(text.split()))
    return f"`` {flat} ``" if "`" in flat else f"`{flat}`"

"""What a hover shows: a setting's value in each run that reads it, what rests on it, and where it is overridden."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metta_lint.base.unknown import Unknown
from metta_lint.base.wording import printable, show

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from metta_lint.base.documents import Span
    from metta_lint.plans.plan import Plan, Quantity
    from metta_lint.server.linting import Result
    from metta_lint.server.navigation import Use

MOST_QUANTITIES = 8
"""Nearly everything rests on a setting in the end: the first quantities tell most."""


def hover(result: Result, uses: Sequence[Use]) -> str:
    """Markdown about a place, once for all runs of which it says the same."""
    runs: dict[str, list[str]] = {}
    for use in uses:
        runs.setdefault(_about(result, use), []).append(f"**{printable(use.plan.run.label)}**")
    more = {text: f" and {len(names) - 1} more" if len(names) > 1 else "" for text, names in runs.items()}
    return "\n\n---\n\n".join(f"{names[0]}{more[text]}: {text}" for text, names in runs.items())


def _about(result: Result, use: Use) -> str:
    setting = use.setting
    value = f"{_code(setting.key)} is {_code(value_text(setting.value))}"
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
    place = result.location(use.checked.root, span)
    return f"[{span.path}:{span.line}]({place.uri}#L{span.line})"


def _rest_on(plan: Plan, key: str) -> Iterator[Quantity]:
    """The quantities that rest on a setting: those whose own formula has it, then those that rest on these."""
    reached = {key}
    rest = list(plan.quantities.values())
    while found := [quantity for quantity in rest if reached.intersection(quantity.inputs)]:
        yield from found
        reached = {quantity.name for quantity in found}
        rest = [quantity for quantity in rest if quantity.name not in reached]


def _quantity(plan: Plan, quantity: Quantity) -> str:
    """``- total_agents = num_envs * agents_per_env = 4 * 2 = 8 agents``."""
    derived = f"{quantity.name} = {quantity.formula}"
    if quantity.unknown_because is not None:
        return f"- {_code(derived)} is unknown: {printable(quantity.unknown_because)}"
    if quantity.formula not in quantity.inputs:
        derived += f" = {plan.formula_with_numbers(quantity.name)}"
    unit = f" {quantity.unit}" if quantity.unit != "1" else ""
    return f"- {_code(f'{derived} = {value_text(quantity.value)}')}{unit}"


def value_text(value: object) -> str:
    """A value for people; a whole number without separators, as in a config."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else printable(show(value))


def _code(text: str) -> str:
    """Text as code, whatever it holds."""
    flat = printable(" ".join(text.split()))
    return f"`` {flat} ``" if "`" in flat else f"`{flat}`"

"""The part of ``explain --config`` below a rule's page: the rule on the user's own numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metta_lint.base.unknown import Unknown
from metta_lint.base.wording import show
from metta_lint.reports.full import finding_blocks
from metta_lint.reports.solving import proposal_blocks
from metta_lint.reports.text import arithmetic, quantity_text
from metta_lint.rules.engine import Subjects

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from metta_lint.check.explanation import Explanation
    from metta_lint.plans.lineage import LineageStep
    from metta_lint.plans.plan import Plan
    from metta_lint.plans.run import Setting
    from metta_lint.reports.style import Style


def explanation_page(code: str, explanations: Iterable[Explanation], style: Style) -> str:
    """For each run or pair: the findings, how their quantities are derived, and what would fix them."""
    return "\n\n".join("\n\n".join(_blocks(code, each, style)) for each in explanations)


def _blocks(code: str, explanation: Explanation, style: Style) -> Iterator[str]:
    yield style.bold(f"## {code} in {explanation.subject}")
    if explanation.findings:
        pairs = [explanation.pair] if explanation.pair is not None else []
        yield from finding_blocks(explanation.findings, Subjects(explanation.plans, pairs), style)
    else:
        yield "\n".join([f"{code} finds nothing here.", *_not_judged(explanation)])
    for plan, steps in zip(explanation.plans, explanation.derivations, strict=True):
        if steps:
            heading = f"### How it comes about in {plan.run.label} ({plan.run.dialect})"
            yield "\n".join([style.bold(heading), "", *_derivation(plan, steps, style)])
    fixing = list(_takes(explanation))
    if explanation.answer is not None:
        fixing += [line for block in proposal_blocks(explanation.answer, style) for line in block]
    if fixing:
        yield "\n".join([style.bold("### What would fix it"), "", *fixing])


def _not_judged(explanation: Explanation) -> Iterator[str]:
    """The unknown values of each run: no rule fires on an unknown value."""
    for plan, steps in zip(explanation.plans, explanation.derivations, strict=True):
        unknown = {step.quantity.unknown_because for step in steps if step.quantity is not None and not step.depth}
        for because in sorted(reason for reason in unknown if reason is not None):
            yield f"Not all of {plan.run.label} could be judged: {because}."


def _derivation(plan: Plan, steps: Iterable[LineageStep], style: Style) -> Iterator[str]:
    for step in steps:
        margin = "  " * step.depth
        yield f"{margin}{step.name} = {_value(step)}{_end(step)}"
        if step.quantity is not None and step.setting is None and not step.is_repeated:
            yield from (style.dim(f"{margin}    {line}") for line in arithmetic(plan, step.quantity))


def _value(step: LineageStep) -> str:
    if step.quantity is None:
        value = step.setting.value if step.setting is not None else None
        return f"unknown: {value.because}" if isinstance(value, Unknown) else show(value)
    return quantity_text(step.quantity)


def _end(step: LineageStep) -> str:
    if step.is_repeated:
        return " (as above)"
    if step.setting is None:
        return ""
    key = f", {step.setting.key}" if step.setting.key != step.name else ""
    return f"{key} at {_place(step.setting)}" if step.setting.span is not None else f"{key}, {_place(step.setting)}"


def _place(setting: Setting) -> str:
    place = str(setting.span) if setting.span is not None else setting.note or "the command line or the machine"
    over = ", ".join(map(str, setting.overrides))
    return f"{place}, over {over}" if over else place


def _takes(explanation: Explanation) -> Iterator[str]:
    for (side, lines), plan in zip(explanation.takes.items(), explanation.plans, strict=False):
        yield f"check --fix --take {side} ({plan.run.label} is right):"
        yield from (f"  {line}" for line in lines or ["nothing"])

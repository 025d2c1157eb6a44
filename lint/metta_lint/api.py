"""The public API for rules: all that a rule may import.

A rule is a plain class with a code, a name, a severity, a docstring (which is its page), cases, and a method ``check``
that asks for what it needs by the names of its parameters:

- ``pair``: two plans of one environment (``Pair``); the rule runs once for each pair;
- ``plan``: one plan (``Plan``), whose ``run`` has the settings; the rule runs once for each run.

``check`` yields drafts. A draft speaks of places by name (a quantity or a setting of a plan); the engine finds the
lines they came from. A rule does no I/O.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from metta_lint.findings import Claim, Finding, Severity
from metta_lint.numbers import count, percent, ratio, show
from metta_lint.pairs import Pair, same
from metta_lint.plans import IgnoredKey, Plan, Quantity, Refusal
from metta_lint.settings import Run, Setting, Unknown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = [
    "Case",
    "Claim",
    "Draft",
    "Finding",
    "IgnoredKey",
    "Pair",
    "Place",
    "Plan",
    "Quantity",
    "Refusal",
    "Rule",
    "Run",
    "Setting",
    "Severity",
    "Unknown",
    "claimed",
    "count",
    "drift",
    "percent",
    "ratio",
    "same",
    "show",
]


class Place(NamedTuple):
    """A quantity or a setting of a plan: the engine finds the lines that it came from."""

    plan: Plan
    name: str


class Draft(NamedTuple):
    """What a rule has to say.

    ``related`` are further places, each with what is to be seen there; ``claims`` what running both sides will
    measure; ``help`` how to mend it; ``severity`` replaces the rule's own where a case is milder or worse.
    """

    message: str
    at: Place
    related: tuple[tuple[str, Place], ...] = ()
    claims: tuple[Claim, ...] = ()
    help: str = ""
    severity: Severity | None = None


class Case(NamedTuple):
    """A tiny pair of configs, as what differs from a pair that agrees in everything.

    Keys are settings in the trainer's own syntax; ``env.game.*`` go to the environment's YAML. ``claims`` is what the
    reference trainer must measure, left and right (None: not looked at). ``trainers`` name the two dialects.
    """

    left: Mapping[str, object] = {}
    right: Mapping[str, object] = {}
    claims: Mapping[str, tuple[object, object]] = {}
    trainers: tuple[str, str] = ("pufferlib", "metta")


class Rule(Protocol):
    """The shape of a rule."""

    code: str
    name: str
    severity: Severity
    agrees: list[Case]
    drifts: list[Case]
    check: Any


def drift(
    pair: Pair,
    quantity: str,
    message: str,
    *,
    claims: tuple[str, ...] = (),
    help: str = "",  # noqa: A002 - a draft's field is called so
) -> Iterator[Draft]:
    """One draft where both sides' quantity is known and differs; nothing otherwise.

    ``message`` may use ``{left}`` and ``{right}``, the two values. ``claims`` name the quantities that are claimed as
    the plans have them; those that either plan does not know are left out.
    """
    values = pair.differs(quantity)
    if values is None:
        return
    left, right = (show(value) for value in values)
    yield Draft(
        message.format(left=left, right=right),
        at=Place(pair.left, quantity),
        related=((f"{right} here", Place(pair.right, quantity)),),
        claims=claimed(pair, *claims),
        help=help,
    )


def claimed(pair: Pair, *quantities: str) -> tuple[Claim, ...]:
    """Claims of both sides' planned values, for the quantities that both plans know."""
    known = ((name, pair.known(name)) for name in quantities)
    return tuple(Claim(name, *values) for name, values in known if values is not None)

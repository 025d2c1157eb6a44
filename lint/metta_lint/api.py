"""The public API for rules: all that a rule may import.

A rule is a plain class with a code, a name, a severity, a docstring (which is its page), cases, and a method ``check``
that asks for what it needs by the names of its parameters:

- ``pair``: two plans of one environment (``Pair``); the rule runs once for each pair;
- ``plan``: one plan (``Plan``), whose ``run`` has the settings; the rule runs once for each run;
- ``document``: one file that was read (``Document``), every value with its span, whether a run uses it or not;
- ``tree``: one Hydra config tree (``ConfigTree``), its documents by name, and whether a name is there;
- ``environment``: one environment config of a tree (``Environment``), composed, and what its map builder places;
- ``sweep``: one sweep (``Sweep``), its parameters with the spans of their fields, and the plans of its suggestions.

``check`` yields drafts. A draft speaks of places by name (a quantity or a setting of a plan; the engine finds the lines
they came from), or by the span of a document's node. A rule does no I/O.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from metta_lint.corners import Corner, refused_corners, wasteful_corners
from metta_lint.documents import Document, Mapping, Node, Scalar, Sequence, Span, leaves, plain
from metta_lint.environments import Environment, rooms_of
from metta_lint.findings import Claim, Edit, Finding, Fix, Severity
from metta_lint.loops import CONFIG_REQUIREMENTS
from metta_lint.mettagrid.classes import nearest_target
from metta_lint.mettagrid.game_keys import NEW_NAMES, TOP_KEYS, allowed_keys, meant_by, refused_key, stands_for
from metta_lint.mettagrid.maps import AGENT, Thing, kind_of
from metta_lint.mettagrid.rooms import CHARACTERS, ITEMS, PARAMETERS, ROOMS
from metta_lint.numbers import count, percent, ratio, show
from metta_lint.pairs import Pair, same
from metta_lint.plans import HANGS, IgnoredKey, Plan, Quantity, Refusal
from metta_lint.records import NamedTuple
from metta_lint.references import TASKS, Reference, env_references, file_references, target_references
from metta_lint.remedies import removal, renaming, rewriting
from metta_lint.settings import Callee, Run, Setting, Unknown
from metta_lint.spaces import DISTRIBUTIONS, in_domain, is_number
from metta_lint.spelling import close_names, is_slip
from metta_lint.sweeps import Parameter, Sweep
from metta_lint.trees import ConfigTree

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Mapping as MappingABC

    from metta_lint.trainers.default_drift import DefaultDrift

__all__ = [
    "AGENT",
    "CHARACTERS",
    "CONFIG_REQUIREMENTS",
    "DISTRIBUTIONS",
    "HANGS",
    "ITEMS",
    "NEW_NAMES",
    "PARAMETERS",
    "ROOMS",
    "TASKS",
    "TOP_KEYS",
    "Callee",
    "Case",
    "Claim",
    "ConfigTree",
    "Corner",
    "Document",
    "Draft",
    "Edit",
    "Environment",
    "Finding",
    "Fix",
    "IgnoredKey",
    "Mapping",
    "Node",
    "Pair",
    "Parameter",
    "Place",
    "Plan",
    "Quantity",
    "Reference",
    "Refusal",
    "Rule",
    "Run",
    "Scalar",
    "Sequence",
    "Setting",
    "Severity",
    "Span",
    "Sweep",
    "Thing",
    "Unknown",
    "allowed_keys",
    "claimed",
    "close_names",
    "count",
    "default_drifts",
    "drift",
    "env_references",
    "file_references",
    "in_domain",
    "is_number",
    "is_slip",
    "kind_of",
    "leaves",
    "meant_by",
    "nearest_target",
    "percent",
    "plain",
    "ratio",
    "refused_corners",
    "refused_key",
    "removal",
    "renaming",
    "rewriting",
    "rooms_of",
    "same",
    "show",
    "stands_for",
    "target_references",
    "wasteful_corners",
]


class Place(NamedTuple):
    """A quantity or a setting of a plan: the engine finds the lines that it came from."""

    plan: Plan
    name: str


class Draft(NamedTuple):
    """What a rule has to say.

    ``at`` is where: a place of a plan, or the span of a document's node. ``related`` are further places, each with
    what is to be seen there; ``claims`` what running both sides will measure; ``help`` how to mend it; ``severity``
    replaces the rule's own where a case is milder or worse; ``fix`` mends it by edits at spans.
    """

    message: str
    at: Place | Span
    related: tuple[tuple[str, Place | Span], ...] = ()
    claims: tuple[Claim, ...] = ()
    help: str = ""
    severity: Severity | None = None
    fix: Fix | None = None


class Case(NamedTuple):
    """A tiny pair of configs, as what differs from a pair that agrees in everything; or files of their own.

    Keys are settings in the trainer's own syntax; ``env.game.*`` go to the environment's YAML. ``claims`` is what the
    reference trainer must measure, left and right (None: not looked at). ``trainers`` name the two dialects.

    A rule about what no run measures (a document, a tree) has cases of ``files`` instead, text by path; ``at`` names
    the lines that it must find, each as ``path:line``, and no others.
    """

    left: MappingABC[str, object] = {}
    right: MappingABC[str, object] = {}
    claims: MappingABC[str, tuple[object, object]] = {}
    trainers: tuple[str, str] = ("pufferlib", "metta")
    files: MappingABC[str, str] = {}
    at: tuple[str, ...] = ()


class Rule(Protocol):
    """The shape of a rule. One with ``preview = True`` is not yet stable, and runs only where that is asked for."""

    code: str
    name: str
    severity: Severity
    agrees: list[Case]
    drifts: list[Case]
    check: Any


def default_drifts(document: Document) -> Iterator[DefaultDrift]:
    """Where a trainer's own config file says something else than the Python defaults behind it."""
    from metta_lint.trainers.default_drift import default_drifts

    yield from default_drifts(document)


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

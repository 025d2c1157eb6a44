"""The public API for rules: all that a rule may import.

A rule is a plain class with a code, a name, a severity, a docstring (which is its page), cases, and a method ``check``
that asks for what it needs by the names of its parameters:

- ``pair``: two plans of one environment (``Pair``); the rule runs once for each pair;
- ``plan``: one plan (``Plan``), whose ``run`` has the settings; the rule runs once for each run;
- ``document``: one file that was read (``Document``), every value with its span, whether a run uses it or not;
- ``tree``: one Hydra config tree (``ConfigTree``), its documents by name, and whether a name is there;
- ``environment``: one environment config of a tree (``Environment``), composed, and what its map builder places;
- ``sweep``: one sweep (``Sweep``), its parameters with the spans of their fields, and the plans of its suggestions.

``check`` yields drafts. A draft names its places: a quantity or a setting of a plan (the engine finds the lines that it
came from), or the span of a document's node. A rule does no I/O. What only MettaGrid has (its keys, items, rooms, maps)
is in ``metta_lint.api.mettagrid``.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from metta_lint.base.documents import Document, Mapping, Node, Scalar, Sequence, Span, leaves, plain
from metta_lint.base.paths import config_name
from metta_lint.base.unknown import Unknown
from metta_lint.base.values import OFF, is_number
from metta_lint.base.wording import close_names, count, is_slip, percent, ratio, show
from metta_lint.loops.requirements import CONFIG_REQUIREMENTS
from metta_lint.plans.pair import Pair, same
from metta_lint.plans.plan import HANGS, IgnoredKey, Plan, Quantity, Refusal
from metta_lint.plans.quantities import absent_reward, is_reward, traits_of
from metta_lint.plans.run import Callee, Run, Setting
from metta_lint.plans.sweeps.corners import Corner, refused_corners, wasteful_corners
from metta_lint.plans.sweeps.space import DISTRIBUTIONS, in_domain, is_sweepable
from metta_lint.plans.sweeps.sweep import Parameter, Sweep
from metta_lint.plans.waste import Waste, waste_of
from metta_lint.rules.finding import Claim, Finding, Severity
from metta_lint.rules.rule import Case, Draft, Place, Rule
from metta_lint.sources.edit import Edit, Fix, removal, renaming, rewriting
from metta_lint.sources.syntax import INI, MAP
from metta_lint.trainers.dialects import default_drifts
from metta_lint.trainers.trees.environment import Environment
from metta_lint.trainers.trees.references import TASKS, Reference, env_references, file_references, target_references
from metta_lint.trainers.trees.tree import ConfigTree

if TYPE_CHECKING:
    from collections.abc import Iterator


__all__ = [
    "CONFIG_REQUIREMENTS",
    "DISTRIBUTIONS",
    "HANGS",
    "INI",
    "MAP",
    "OFF",
    "TASKS",
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
    "Unknown",
    "Waste",
    "absent_reward",
    "claimed",
    "close_names",
    "config_name",
    "count",
    "default_drifts",
    "drift",
    "env_references",
    "file_references",
    "in_domain",
    "is_number",
    "is_reward",
    "is_slip",
    "is_sweepable",
    "leaves",
    "percent",
    "plain",
    "ratio",
    "refused_corners",
    "removal",
    "renaming",
    "rewriting",
    "same",
    "show",
    "target_references",
    "traits_of",
    "waste_of",
    "wasteful_corners",
]


if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        """Say of a name that moved where it is now."""
        from metta_lint.api.mettagrid import __all__ as moved

        if name in moved:
            # An import statement would not show the text of an AttributeError.
            is_import = sys._getframe(1).f_code.co_name == "_handle_fromlist"  # noqa: SLF001 - who asks is said nowhere else
            kind = ImportError if is_import else AttributeError
            raise kind(f"metta_lint.api.{name} is now metta_lint.api.mettagrid.{name}")
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def drift(
    pair: Pair,
    quantity: str,
    message: str,
    *,
    claims: tuple[str, ...] = (),
    help: str = "",  # noqa: A002 - a draft's field is called so
) -> Iterator[Draft]:
    """One draft if both sides know a quantity and it differs; else nothing.

    ``message`` may use ``{left}`` and ``{right}``, the two values. ``claims`` name quantities whose planned values are
    claimed; those that are unknown on either side are left out.
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
        values=values,
    )


def claimed(pair: Pair, *quantities: str) -> tuple[Claim, ...]:
    """Claims that runs will measure the planned values, for the quantities that both plans know."""
    known = ((name, pair.known(name)) for name in quantities)
    return tuple(Claim(name, *values) for name, values in known if values is not None)

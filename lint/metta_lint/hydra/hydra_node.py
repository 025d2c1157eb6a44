"""The ``hydra`` node, which configures Hydra itself: it is checked and then left out of the config, as Hydra does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metta_lint.errors import InputError
from metta_lint.hydra.grammar import MISSING, is_interpolated
from metta_lint.hydra.tree import Branch, Leaf

if TYPE_CHECKING:
    from metta_lint.hydra.tree import Tree

NODE = "hydra"

# Hydra 1.3, hydra/conf/__init__.py, HydraConf: its defaults list, its keys, and those keys that are mappings.
GROUPS = {
    "hydra/output": "default",
    "hydra/launcher": "basic",
    "hydra/sweeper": "basic",
    "hydra/help": "default",
    "hydra/hydra_help": "default",
    "hydra/hydra_logging": "default",
    "hydra/job_logging": "default",
    "hydra/callbacks": None,
    "hydra/env": "default",
}
_MAPPINGS = frozenset(
    ["run", "sweep", "hydra_logging", "job_logging", "callbacks", "help", "hydra_help", "overrides", "job", "runtime"],
)
_KEYS = _MAPPINGS | {"defaults", "mode", "searchpath", "sweeper", "launcher", "output_subdir", "verbose"}


def check(body: Tree) -> None:
    """Raises InputError where Hydra's own schema refuses what a file says about Hydra."""
    node = body.entries.get(NODE) if isinstance(body, Branch) else None
    if not isinstance(node, Branch):
        return
    for key, value in node.entries.items():
        assert value.span is not None  # noqa: S101 - a file's values have places
        if key not in _KEYS:
            raise InputError(f"Hydra has no setting hydra.{key}", value.span)
        if key in _MAPPINGS and not _may_be_mapping(value):
            raise InputError(f"hydra.{key} must be a mapping", value.span)


def _may_be_mapping(value: Tree) -> bool:
    if not isinstance(value, Leaf):
        return isinstance(value, Branch)
    return isinstance(value.value, str) and (value.value == MISSING or is_interpolated(value.value))

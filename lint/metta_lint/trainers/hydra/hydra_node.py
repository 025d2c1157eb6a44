"""The ``hydra`` node, which configures Hydra itself: it is checked and then left out of the config, as Hydra does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metta_lint.base.errors import InputError
from metta_lint.trainers.hydra.tree import DictNode, is_missing

if TYPE_CHECKING:
    from metta_lint.base.documents import Span
    from metta_lint.trainers.hydra.tree import ConfigNode

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
_KEYS = _MAPPINGS | {"defaults", "mode", "searchpath", "sweeper", "launcher", "output_subdir", "verbose", "env"}


def check_hydra_node(body: ConfigNode) -> None:
    """Raises InputError where Hydra's own schema refuses what a file says about Hydra."""
    node = body.parts.get(NODE) if isinstance(body, DictNode) else None
    if node is None:
        return
    _require_mapping(NODE, node)
    for key, value in node.parts.items() if isinstance(node, DictNode) else ():
        if key not in _KEYS:
            raise InputError(f"Hydra has no setting {NODE}.{key}", _span(value))
        if key in _MAPPINGS:
            _require_mapping(f"{NODE}.{key}", value)


def _require_mapping(name: str, value: ConfigNode) -> None:
    if not isinstance(value, DictNode) and not is_missing(value):
        raise InputError(f"{name} must be a mapping", _span(value))


def _span(value: ConfigNode) -> Span:
    assert value.span is not None  # noqa: S101 - a file's values have places
    return value.span

"""The ``hydra`` node, which configures Hydra itself: it is checked and then left out of the config, as Hydra does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metta_lint.base.errors import InputError
from metta_lint.trainers.hydra.tree import DictNode, is_missing

if TYPE_CHECKING:
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
_MAPPING_KEYS = (
    "run", "sweep", "hydra_logging", "job_logging", "callbacks", "help", "hydra_help", "overrides", "job", "runtime",
)  # fmt: skip
_OTHER_KEYS = ("defaults", "mode", "searchpath", "sweeper", "launcher", "output_subdir", "verbose", "env")
_MAPPINGS = {NODE, *(f"{NODE}.{key}" for key in _MAPPING_KEYS)}
_SETTINGS = {*_MAPPINGS, *(f"{NODE}.{key}" for key in _OTHER_KEYS)}


def check_hydra_node(body: ConfigNode) -> None:
    """Raises InputError for values of the ``hydra`` node that Hydra's own schema refuses."""
    node = body.value.get(NODE) if isinstance(body, DictNode) else None
    if node is None:
        return
    parts = node.value if isinstance(node, DictNode) else {}
    for name, value in {NODE: node, **{f"{NODE}.{key}": value for key, value in parts.items()}}.items():
        assert value.span is not None  # noqa: S101 - a file's values have places
        if name not in _SETTINGS:
            raise InputError(f"Hydra has no setting {name}", value.span)
        if name in _MAPPINGS and not isinstance(value, DictNode) and not is_missing(value):
            raise InputError(f"{name} must be a mapping", value.span)

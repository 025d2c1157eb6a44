"""The environments, files and Python classes that configs refer to in their values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metta_lint.base.documents import Node, Scalar, Span, mappings
from metta_lint.base.records import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

ENV_KEYS = frozenset({"curriculum", "env", "env_cfg_template", "env_cfg_template_path"})
"""Keys whose value is an environment's or a curriculum's path (Metta 2025-07: trainer.yaml, sim/*.yaml, curricula)."""
TASKS = "tasks"
"""The key whose own keys are such paths."""
TARGET = "_target_"


class Reference(NamedTuple):
    """A name in a config, the key that it stands at, and where."""

    text: str
    key: str
    span: Span


def env_references(root: Node) -> Iterator[Reference]:
    """The paths of environments and curricula that a document names."""
    for key, node in mappings(root):
        for name, entry in node.entries.items():
            value = entry.value.value if isinstance(entry.value, Scalar) else None
            if name in ENV_KEYS and _is_env(value):
                yield Reference(str(value), str(name), entry.value.span)
            elif key == TASKS and _is_env(name):
                yield Reference(str(name), TASKS, entry.key_span)


def _is_env(value: object) -> bool:
    return isinstance(value, str) and value.startswith(("env/", "/env/")) and "${" not in value


def file_references(root: Node, folder: str) -> Iterator[Reference]:
    """The tree's own files that a document names, by paths from the tree's folder on: ``configs/a.map``."""
    for _, node in mappings(root):
        for name, entry in node.entries.items():
            value = entry.value.value if isinstance(entry.value, Scalar) else None
            if isinstance(value, str) and value.startswith(f"{folder}/") and "." in value.rpartition("/")[2]:
                yield Reference(value, str(name), entry.value.span)


def target_references(root: Node) -> Iterator[Reference]:
    """The Python classes that a document names in ``_target_``."""
    for _, node in mappings(root):
        target = node.get(TARGET)
        if isinstance(target, Scalar) and isinstance(target.value, str):
            yield Reference(target.value, TARGET, target.span)

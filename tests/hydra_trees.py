"""What tests ask of Hydra trees: one config composed, and a composed config as plain values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metta_lint.trainers.hydra import Composed, ConfigTreeReader
from metta_lint.trainers.hydra.tree import to_container

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def compose(config_dir: str | Path, config_name: str, overrides: Sequence[str] = ()) -> Composed:
    """One config of a tree. Raises InputError for what Hydra refuses."""
    return ConfigTreeReader(config_dir).compose(config_name, overrides)


def container(composed: Composed, *, resolve: bool) -> object:
    """Plain dicts, lists and scalars; unless ``resolve``, interpolations and ``???`` are the text that they are."""
    return to_container(composed.resolved_tree() if resolve else composed.tree)

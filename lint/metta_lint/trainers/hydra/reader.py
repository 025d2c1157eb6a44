"""Composes any config of a Hydra config tree, without running any of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metta_lint.base.unknown import Unknown
from metta_lint.sources.text import file_start
from metta_lint.trainers.hydra import hydra_node
from metta_lint.trainers.hydra.builder import ConfigBuilder
from metta_lint.trainers.hydra.changes import apply_override, read_overrides
from metta_lint.trainers.hydra.composed import Composed
from metta_lint.trainers.hydra.defaults import defaults_list
from metta_lint.trainers.hydra.includes import Hole
from metta_lint.trainers.hydra.interpolation import split_keys
from metta_lint.trainers.hydra.repository import SUFFIX, ConfigRepository
from metta_lint.trainers.hydra.tree import DictNode, NodePlace, embed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from metta_lint.trainers.hydra.defaults import PackagedFile


class ConfigTreeReader:
    """Composes the configs below one folder. Each file is parsed once: make a new reader to see changes."""

    def __init__(self, config_dir: str | Path) -> None:
        self.repository = ConfigRepository(config_dir)
        self._bases: dict[tuple[tuple[str, str], ...], ConfigBuilder] = {}

    def compose(self, config_name: str, overrides: Sequence[str] = (), *, with_holes: bool = False) -> Composed:
        """What Hydra composes for a config (``train_job``, ``env/mettagrid/arena/basic``) and a command line.

        The ``hydra`` node is left out. Interpolations that do not resolve are ``problems`` of the result. Raises
        InputError, at its place, for everything that stops Hydra. ``with_holes``: files that are
        included and missing are ``holes`` of the result, and what they could change in it is Unknown.
        """
        groups, values = read_overrides(overrides, self.repository.has_group)
        name = config_name.removesuffix(SUFFIX)
        start = file_start(self.repository.path_of(name))
        files = defaults_list(self.repository, name, groups, start, with_holes=with_holes)
        builder = self._merged(files)
        for override in values:
            apply_override(override, builder)
        builder.root.value.pop(hydra_node.NODE, None)
        paths = dict.fromkeys(file.path for file in files if not isinstance(file, Hole))
        return Composed(builder.place, tuple(paths), tuple(file for file in files if isinstance(file, Hole)))

    def _merged(self, files: list[PackagedFile | Hole]) -> ConfigBuilder:
        """The files merged, the last one over a copy of the others: many configs include the same ones."""
        *others, last = files
        key = tuple((file.path, file.package) for file in others)
        if key not in self._bases:
            base = ConfigBuilder(NodePlace(DictNode({})))
            for file in others:
                _merge(file, base)
            self._bases[key] = base
        builder = self._bases[key].copy()
        _merge(last, builder)
        return builder


def _merge(file: PackagedFile | Hole, builder: ConfigBuilder) -> None:
    keys = split_keys(file.package)
    if isinstance(file, Hole):
        builder.blur(keys, Unknown(f"{file.path}, which is not there, would be merged over it"))
        return
    if not keys:
        hydra_node.check_hydra_node(file.body)
    builder.merge(embed(file.body, keys))

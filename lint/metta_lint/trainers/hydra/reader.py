"""Reads a Hydra config tree and composes any of its configs, without running any of it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from metta_lint import sources
from metta_lint.base.errors import InputError
from metta_lint.base.unknown import Unknown
from metta_lint.files.file_system import folder_entries, is_file, is_folder
from metta_lint.files.memory import remembers
from metta_lint.sources.text import file_start
from metta_lint.trainers.hydra import hydra_node
from metta_lint.trainers.hydra.changes import apply, sort_changes
from metta_lint.trainers.hydra.composed import Composed
from metta_lint.trainers.hydra.defaults import defaults_list
from metta_lint.trainers.hydra.draft import Draft
from metta_lint.trainers.hydra.includes import ConfigFile, Hole, read_config_file
from metta_lint.trainers.hydra.interpolation import split_keys
from metta_lint.trainers.hydra.tree import Branch, Place, embed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from metta_lint.base.documents import Document
    from metta_lint.trainers.hydra.defaults import Placed
    from metta_lint.trainers.hydra.overrides import Override

SUFFIX = ".yaml"


def _parsed(overrides: Sequence[str]) -> list[Override]:
    from metta_lint.trainers.hydra.overrides import parse_override

    return [parse_override(text, number) for number, text in enumerate(overrides, start=1)]


class ConfigTreeReader:
    """The configs below one folder. Each file is parsed once in a reader's life: make a new one to see changes."""

    def __init__(self, config_dir: str | Path) -> None:
        self.config_dir = str(config_dir)
        self._files: dict[str, ConfigFile | InputError | None] = {}
        self._read: dict[str, tuple[Document, ConfigFile]] = {}
        self._groups: dict[str, bool] = {}
        self._bases: dict[tuple[tuple[str, str], ...], Draft] = {}

    def compose(self, config_name: str, overrides: Sequence[str] = (), *, with_holes: bool = False) -> Composed:
        """What Hydra composes for a config (``train_job``, ``env/mettagrid/arena/basic``) and a command line.

        The ``hydra`` node is left out. Interpolations that do not resolve are ``problems`` of the result. Raises
        InputError, with the place that is to blame, for everything that stops Hydra. ``with_holes``: files that are
        included and not there are ``holes`` of the result, and what they could change in it is Unknown.
        """
        parsed = _parsed(overrides) if overrides else []
        changes = sort_changes(parsed, self.has_group)
        name = config_name.removesuffix(SUFFIX)
        start = file_start(f"{self.config_dir}/{name.lstrip('/')}{SUFFIX}")
        placed = defaults_list(self, name, changes.groups, start, with_holes=with_holes)
        draft = self._merged(placed)
        for override in changes.values:
            apply(override, draft)
        draft.root.parts.pop(hydra_node.NODE, None)
        files = dict.fromkeys(item.file.path for item in placed if isinstance(item.file, ConfigFile))
        holes = tuple(item.file for item in placed if isinstance(item.file, Hole))
        return Composed(draft.place, tuple(files), holes)

    def _merged(self, placed: list[Placed]) -> Draft:
        """The files merged, the last one over a copy of the others: many configs include the same ones."""
        *others, last = placed
        key = tuple((item.file.path, item.package) for item in others)
        if key not in self._bases:
            base = Draft(Place(Branch({})))
            for item in others:
                _merge(item, base)
            self._bases[key] = base
        draft = self._bases[key].copy()
        _merge(last, draft)
        return draft

    # -- files -----------------------------------------------------------------------------------------------------

    def load(self, name: str) -> ConfigFile | None:
        """A config's file, None where there is none.

        Raises InputError for a file that does not parse, and for a name that leads out of the folder.
        """
        if name not in self._files or remembers():
            self._files[name] = self._load(name)
        file = self._files[name]
        if isinstance(file, InputError):
            raise file.again()
        return file

    def _load(self, name: str) -> ConfigFile | InputError | None:
        path = self._path(name)
        if path is None or not is_file(path):
            return None
        try:
            document = sources.read(path)
            known = self._read.get(name)
            if known is None or known[0] is not document:
                known = self._read[name] = document, read_config_file(document)
            return known[1]
        except InputError as error:
            return error

    def _path(self, name: str) -> str | None:
        """Where a config lies; None for what lies outside the folder, which no config has to read."""
        if name.startswith("/") or ".." in name.split("/") or os.path.isabs(name):
            return None
        return f"{self.config_dir}/{name.removesuffix(SUFFIX)}{SUFFIX}"

    def has_group(self, name: str) -> bool:
        """Whether a config group is there, which is a folder."""
        if name not in self._groups or remembers():
            self._groups[name] = is_folder(os.path.join(self.config_dir, name))
        return self._groups[name]

    def options(self, group: str) -> list[str]:
        """The names that a group has configs for."""
        if self._path(group) is None or not self.has_group(group):
            return []
        names = [entry.name for entry in folder_entries(os.path.join(self.config_dir, group))]
        return sorted(name.removesuffix(SUFFIX) for name in names if name.endswith(SUFFIX))


def _merge(item: Placed, draft: Draft) -> None:
    file, package, _ = item
    if isinstance(file, Hole):
        draft.blur(split_keys(package), Unknown(f"{file.path}, which is not there, would be merged over it"))
        return
    if not package:
        hydra_node.check(file.body)
    draft.merge(embed(file.body, split_keys(package)))

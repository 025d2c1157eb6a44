"""Discovery: which files of a tree belong to a trainer, and which of them are runs."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from metta_lint.base.errors import LintError
from metta_lint.base.paths import is_below
from metta_lint.base.records import NamedTuple
from metta_lint.files.confined import leads_out
from metta_lint.files.file_system import current, exists, is_folder, real_path
from metta_lint.files.folders import Folders
from metta_lint.sources.syntax import INI, JSON, MAP, PYTHON, YAML, syntax_of
from metta_lint.trainers.dialects import added_entries
from metta_lint.trainers.metta.pydantic_era.entries import is_dump, is_entry, may_hold_config
from metta_lint.trainers.pufferlib.keys import DEFAULT_FILE, is_default
from metta_lint.trainers.trees.roots import (
    DEFAULTS_LIST,
    first_look,
    is_called_tree,
    is_config_name,
    lies_in_tree,
    normal,
    tree_root,
)
from metta_lint.trainers.trees.tree import ConfigTree

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from metta_lint.base.errors import InputError


_PUFFER_SECTION = re.compile(rb"^\[(base|vec|train|env)\]", re.MULTILINE)
_ENV_NAME = re.compile(rb"^env_name\s*[=:]", re.MULTILINE)
_TRAINER_GROUP = re.compile(rb"^[ \t]*-[ \t]*(?:override[ \t]+)?/?trainer[ \t]*:", re.MULTILINE)


class Discovery(NamedTuple):
    """What a tree holds, in the order of paths: files that must be readable, entry files of runs, Hydra's trees.

    ``unreadable`` are the folders that could not be looked into.
    """

    files: tuple[str, ...]
    entries: tuple[str, ...]
    trees: tuple[ConfigTree, ...] = ()
    unreadable: tuple[InputError, ...] = ()


class ConfigFile(NamedTuple):
    """A config file, whether it is the entry of a run, and the root of the Hydra tree that it lies in.

    ``added`` are the runs of plugins' trainers that it holds.
    """

    path: str
    is_entry: bool
    tree: str | None = None
    added: tuple[str, ...] = ()

    @property
    def entries(self) -> tuple[str, ...]:
        """The runs that start here."""
        return self.added or ((self.path,) if self.is_entry else ())


def discover(paths: Iterable[str], *, respects_gitignore: bool = True) -> Discovery:
    """The configs below the given files and folders.

    A file that is named is always looked at. In a folder, an INI counts if it has a section of PufferLib's, a YAML or
    an ASCII map if it lies in a Hydra tree: the topmost folder with a YAML that has a ``defaults`` list, or one that is
    called as such trees are and has a YAML of Hydra's or a map below it; what git ignores does not. A file that has
    several names, by links or because it is named twice, counts once, by its own name if that is among them. Raises
    LintError for a path that is not there.
    """
    folders = Folders(respects_gitignore=respects_gitignore)
    looked_at = [found for path in paths for found in _looked_at(path, folders)]
    own = {real for _, real, is_link in looked_at if not is_link}
    files: dict[str, ConfigFile] = {}
    for file, real, is_link in looked_at:
        if not (is_link and real in own):
            files.setdefault(real, file)
    trees: dict[str, list[str]] = {}
    for file in files.values():
        if file.tree is not None:
            trees.setdefault(file.tree, []).append(file.path)
    return Discovery(
        tuple(file.path for file in files.values()),
        tuple(entry for file in files.values() for entry in file.entries),
        tuple(ConfigTree(folder, members, folders) for folder, members in trees.items()),
        tuple(folders.unreadable),
    )


def _looked_at(path: str, folders: Folders) -> Iterator[tuple[ConfigFile, str, bool]]:
    """The configs at a path, each with its path without links, and whether it is itself a link."""
    if not exists(path):
        raise LintError(f"{path}: no such file or folder")
    if is_folder(path):
        yield from _in_folder(path, folders)
    else:
        yield _named(path), normal(real_path(path)), current().is_link(path)


def _named(path: str) -> ConfigFile:
    if added := added_entries(path):
        return ConfigFile(path, is_entry=False, added=added)
    in_tree = syntax_of(path) in (YAML, MAP)
    return ConfigFile(path, _is_entry(path), tree_root(path) if in_tree else None)


def _in_folder(root: str, folders: Folders) -> Iterator[tuple[ConfigFile, str, bool]]:
    hydra_root: str | None = tree_root(f"{root}/_") if lies_in_tree(root, folders) else None
    for folder, real, names in folders.judged(root):
        inside = hydra_root is not None and is_below(folder, hydra_root)
        yamls = [name for name in names if is_config_name(name)]
        contents = {name: first_look(os.path.join(folder, name)) for name in yamls} if not inside else {}
        if not inside and (any(map(DEFAULTS_LIST.search, contents.values())) or is_called_tree(folder, folders)):
            hydra_root, inside = normal(folder), True
        links = folders.listed(folder).links
        for name in names:
            path = normal(os.path.join(folder, name))
            data = contents.get(name) if name in yamls else None
            file = _in_tree(path, data, hydra_root) if inside and hydra_root else _outside(path, data)
            is_link = name in links
            if file is not None and not (is_link and leads_out(path)):
                yield file, normal(real_path(path)) if is_link else f"{real.rstrip('/')}/{name}", is_link


def _outside(path: str, data: bytes | None) -> ConfigFile | None:
    """A config that is told by its own content. ``data`` are its first bytes where they are known."""
    name = os.path.basename(path)
    if added := added_entries(path):
        return ConfigFile(path, is_entry=False, added=added)
    if INI.fits(name):
        data = first_look(path)
        if _PUFFER_SECTION.search(data) or exists(os.path.join(os.path.dirname(path), DEFAULT_FILE)):
            return ConfigFile(path, _ENV_NAME.search(data) is not None and not is_default(path))
    elif (data is not None and is_dump(data)) or (may_hold_config(name) and is_entry(path, first_look(path))):
        return ConfigFile(path, is_entry=True)
    return None


def _in_tree(path: str, data: bytes | None, root: str) -> ConfigFile | None:
    """A config of a Hydra tree, or one that only lies there."""
    name = os.path.basename(path)
    if is_config_name(name):
        at_root = os.path.dirname(path) == root or (root == "." and "/" not in path)
        data = data or (first_look(path) if at_root else b"")
        return ConfigFile(path, at_root and _trains(data), root, added_entries(path))
    return ConfigFile(path, is_entry=False, tree=root) if MAP.fits(name) else _outside(path, None)


def _is_entry(path: str) -> bool:
    data = first_look(path)
    syntax = syntax_of(path)
    if syntax is INI:
        return _ENV_NAME.search(data) is not None and not is_default(path)
    if syntax in (PYTHON, JSON):
        return is_entry(path, data)
    return syntax is YAML and (_trains(data) or is_dump(data))


def _trains(data: bytes) -> bool:
    return DEFAULTS_LIST.search(data) is not None and _TRAINER_GROUP.search(data) is not None

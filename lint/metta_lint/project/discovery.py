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
    from collections.abc import Iterable, Iterator, Sequence

    from metta_lint.base.errors import InputError


_PUFFER_SECTION = re.compile(rb"^\[(base|vec|train|env)\]", re.MULTILINE)
_ENV_NAME = re.compile(rb"^env_name\s*[=:]", re.MULTILINE)
_TRAINER_GROUP = re.compile(rb"^[ \t]*-[ \t]*(?:override[ \t]+)?/?trainer[ \t]*:", re.MULTILINE)


class Discovery(NamedTuple):
    """The config files that were found, the runs that start in them, and Hydra's trees, in the order of paths.

    ``unreadable`` are the errors of folders that cannot be listed.
    """

    files: tuple[str, ...]
    entries: tuple[str, ...]
    trees: tuple[ConfigTree, ...] = ()
    unreadable: tuple[InputError, ...] = ()


class FoundFile(NamedTuple):
    """A config file, the runs that start in it, and the root of the Hydra tree that it lies in."""

    path: str
    entries: Sequence[str] = ()
    tree: str | None = None


def discover(paths: Iterable[str], *, respects_gitignore: bool = True) -> Discovery:
    """Find the configs among the given files, and below the given folders.

    A file that is named is always looked at. In a folder, an INI counts if it has one of PufferLib's sections, a YAML
    or an ASCII map if it lies in a Hydra tree: the topmost folder with a YAML that has a ``defaults`` list, or one with
    the name of such a tree (``configs``) and one of Hydra's YAMLs or a map below it. What git ignores does not count. A
    file with several names (by links, or named twice) counts once, by its own name if that is among them. Raises
    LintError for a path that does not exist.
    """
    folders = Folders(respects_gitignore=respects_gitignore)
    looked_at = [found for path in paths for found in _looked_at(path, folders)]
    own = {real for _, real, is_link in looked_at if not is_link}
    files: dict[str, FoundFile] = {}
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


def _looked_at(path: str, folders: Folders) -> Iterator[tuple[FoundFile, str, bool]]:
    """The configs at a path, each with its real path and whether it is itself a link."""
    if not exists(path):
        raise LintError(f"{path}: no such file or folder")
    if is_folder(path):
        yield from _in_folder(path, folders)
    else:
        yield _named(path), normal(real_path(path)), current().is_link(path)


def _named(path: str) -> FoundFile:
    if added := added_entries(path):
        return FoundFile(path, added)
    tree = tree_root(path) if syntax_of(path) in (YAML, MAP) else None
    return FoundFile(path, [path] if _is_entry(path, first_look(path)) else (), tree)


def _in_folder(root: str, folders: Folders) -> Iterator[tuple[FoundFile, str, bool]]:
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


def _outside(path: str, data: bytes | None) -> FoundFile | None:
    """A file outside Hydra's trees, if its content is a config's. ``data`` are its first bytes where known already."""
    name = os.path.basename(path)
    if added := added_entries(path):
        return FoundFile(path, added)
    if INI.fits(name):
        data = first_look(path)
        if _PUFFER_SECTION.search(data) or exists(os.path.join(os.path.dirname(path), DEFAULT_FILE)):
            return FoundFile(path, [path] if _is_entry(path, data) else ())
    elif (data is not None and is_dump(data)) or (may_hold_config(name) and is_entry(path, first_look(path))):
        return FoundFile(path, [path])
    return None


def _in_tree(path: str, data: bytes | None, root: str) -> FoundFile | None:
    """A config of a Hydra tree, or another config that lies in its folder."""
    name = os.path.basename(path)
    if is_config_name(name):
        at_root = os.path.dirname(path) == root or (root == "." and "/" not in path)
        data = data or (first_look(path) if at_root else b"")
        return FoundFile(path, added_entries(path) or ([path] if at_root and _trains(data) else ()), root)
    return FoundFile(path, tree=root) if MAP.fits(name) else _outside(path, None)


def _is_entry(path: str, data: bytes) -> bool:
    """Whether a run starts in a file. ``data`` are its first bytes."""
    syntax = syntax_of(path)
    if syntax is INI:
        return _ENV_NAME.search(data) is not None and not is_default(path)
    if syntax in (PYTHON, JSON):
        return is_entry(path, data)
    return syntax is YAML and (_trains(data) or is_dump(data))


def _trains(data: bytes) -> bool:
    return DEFAULTS_LIST.search(data) is not None and _TRAINER_GROUP.search(data) is not None

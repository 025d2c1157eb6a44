"""Discovery: which files of a tree belong to a trainer, and which of them are runs."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from metta_lint.base.paths import parent_of, parents_of, slashed
from metta_lint.files.file_system import folder_entries, read_bytes
from metta_lint.files.limits import FIRST_LOOK
from metta_lint.sources.syntax import INI, MAP, YAML

if TYPE_CHECKING:
    from metta_lint.files.folders import Folders


TREE_NAMES = frozenset({"configs", "conf"})
"""What Hydra's users call the root of a config tree."""
_UNREADABLE_INI = b"[base]"  # it counts, so that reading it in earnest says what is wrong with it
DEFAULTS_LIST = re.compile(rb"^defaults[ \t]*:[^\n]*\n(?:[ \t]*(?:#[^\n]*)?\r?\n)*[ \t]*-", re.MULTILINE)
_HYDRA_KEY = re.compile(
    rb"^[ \t]*(?:_target_[ \t]*:|defaults[ \t]*:[ \t]*$|distribution[ \t]*:|#[ \t]*@package[ \t])"
    rb"|\{[ \t]*distribution[ \t]*:",
    re.MULTILINE,
)
"""What a YAML of a Hydra tree of trainers says, and others hardly do."""


def normal(path: str) -> str:
    return slashed(os.path.normpath(path))


def tree_root(file: str) -> str:
    """The root of the Hydra tree that a file lies in.

    That is its nearest parent that is called as such trees are, else the topmost of the folders above it, without a
    gap, that hold configs with a ``defaults`` list.
    """
    called = (parent for parent in parents_of(file) if os.path.basename(parent) in TREE_NAMES)
    return next(called, None) or topmost_with_configs(parent_of(file))


def topmost_with_configs(folder: str) -> str:
    """A folder, or the topmost of those above it that hold configs themselves, without a gap."""
    while (parent := parent_of(folder)) != folder and holds_configs(parent):
        folder = parent
    return folder


def lies_in_tree(folder: str, folders: Folders) -> bool:
    """Whether a folder is part of a Hydra tree whose root is above it."""
    return any(os.path.basename(parent) in TREE_NAMES for parent in parents_of(folder)) and is_called_tree(
        tree_root(f"{folder}/_"), folders
    )


def is_called_tree(folder: str, folders: Folders) -> bool:
    """Whether a folder is called as Hydra trees are, and has a YAML of Hydra's or a map anywhere below it."""
    if os.path.basename(os.path.abspath(folder)) not in TREE_NAMES:
        return False
    for parent, content in folders.below(folder):
        if any(MAP.fits(name) for name in content.files):
            return True
        yamls = [os.path.join(parent, name) for name in content.files if is_config_name(name)]
        if any(_HYDRA_KEY.search(first_look(path)) for path in yamls):
            return True
    return False


def holds_configs(folder: str) -> bool:
    """Whether a folder itself, and not one below it, holds configs of a Hydra tree: YAMLs with a ``defaults`` list."""
    names = sorted(entry.name for entry in folder_entries(folder) if is_config_name(entry.name))
    return any(DEFAULTS_LIST.search(first_look(os.path.join(folder, name))) for name in names)


def is_config_name(name: str) -> bool:
    return YAML.fits(name) and not name.startswith(".")


def first_look(path: str) -> bytes:
    """A file's bytes, for a first look; what cannot be read is reported by who reads it in earnest."""
    try:
        return read_bytes(path, FIRST_LOOK)
    except (OSError, ValueError):
        return _UNREADABLE_INI if INI.fits(path) else b""

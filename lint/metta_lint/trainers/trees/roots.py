"""Finds the root folder of the Hydra config tree that a file lies in."""

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
"""Usual names of the root of a Hydra config tree."""
_UNREADABLE_INI = b"[base]"  # counts as a config, so that its reader reports the error
DEFAULTS_LIST = re.compile(rb"^defaults[ \t]*:[^\n]*\n(?:[ \t]*(?:#[^\n]*)?\r?\n)*[ \t]*-", re.MULTILINE)
_HYDRA_KEY = re.compile(
    rb"^[ \t]*(?:_target_[ \t]*:|defaults[ \t]*:[ \t]*$|distribution[ \t]*:|#[ \t]*@package[ \t])"
    rb"|\{[ \t]*distribution[ \t]*:",
    re.MULTILINE,
)
"""Text that is typical of Hydra YAMLs of trainers."""


def normal(path: str) -> str:
    return slashed(os.path.normpath(path))


def tree_root(file: str) -> str:
    """The root of the Hydra tree that a file lies in.

    That is the nearest parent called ``configs`` or ``conf``; without one, the ``topmost_with_configs``.
    """
    called = (parent for parent in parents_of(file) if os.path.basename(parent) in TREE_NAMES)
    return next(called, None) or topmost_with_configs(parent_of(file))


def topmost_with_configs(folder: str) -> str:
    """Goes up from a folder as long as the parent holds configs; returns the last folder reached."""
    while (parent := parent_of(folder)) != folder and holds_configs(parent):
        folder = parent
    return folder


def lies_in_tree(folder: str, folders: Folders) -> bool:
    """Whether a folder is part of a Hydra tree whose root is above it."""
    return any(os.path.basename(parent) in TREE_NAMES for parent in parents_of(folder)) and is_called_tree(
        tree_root(f"{folder}/_"), folders
    )


def is_called_tree(folder: str, folders: Folders) -> bool:
    """Whether a folder is called ``configs`` or ``conf``, with a Hydra YAML or a map anywhere below it."""
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
    """Whether a YAML with a ``defaults`` list lies directly in this folder."""
    names = sorted(entry.name for entry in folder_entries(folder) if is_config_name(entry.name))
    return any(DEFAULTS_LIST.search(first_look(os.path.join(folder, name))) for name in names)


def is_config_name(name: str) -> bool:
    return YAML.fits(name) and not name.startswith(".")


def first_look(path: str) -> bytes:
    """The first bytes of a file; empty if unreadable (the reader reports the error)."""
    try:
        return read_bytes(path, FIRST_LOOK)
    except (OSError, ValueError):
        return _UNREADABLE_INI if INI.fits(path) else b""

"""Discovery: which files of a tree belong to a trainer, and which of them are runs."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from metta_lint.errors import LintError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SKIPPED_FOLDERS = frozenset({"node_modules", "__pycache__", "site-packages", "build", "dist"})
YAML_SUFFIXES = (".yaml", ".yml")

_PUFFER_SECTION = re.compile(rb"^\[(base|vec|train|env)\]", re.MULTILINE)
_FIRST_LOOK = 1 << 20
_UNREADABLE_INI = b"[base]"  # it counts, so that reading it in earnest says what is wrong with it
_ENV_NAME = re.compile(rb"^env_name\s*[=:]", re.MULTILINE)
_DEFAULTS = re.compile(rb"^defaults[ \t]*:[^\n]*\n(?:[ \t]*(?:#[^\n]*)?\r?\n)*[ \t]*-", re.MULTILINE)
_TRAINER_GROUP = re.compile(rb"^[ \t]*-[ \t]*(?:override[ \t]+)?/?trainer[ \t]*:", re.MULTILINE)


class Found(NamedTuple):
    """What a tree holds: the files that must be readable, and the entry files of runs, in the order of their paths."""

    files: tuple[str, ...]
    entries: tuple[str, ...]


def discover(paths: Iterable[str]) -> Found:
    """The configs below the given files and folders.

    A file that is named is always looked at. In a folder, an INI counts if it has a section of PufferLib's, a YAML if
    it lies in a Hydra tree: the topmost folder with a YAML that has a ``defaults`` list, and all below it. Raises
    LintError for a path that does not exist.
    """
    files: dict[str, None] = {}
    entries: dict[str, None] = {}
    for path in paths:
        if not os.path.lexists(path):
            raise LintError(f"{path}: no such file or folder")
        named = [path] if not os.path.isdir(path) else []
        for file, is_entry in ((named[0], _is_entry(named[0])),) if named else _in_folder(path):
            files[file] = None
            if is_entry:
                entries[file] = None
    return Found(tuple(files), tuple(entries))


def _in_folder(root: str) -> Iterator[tuple[str, bool]]:
    hydra_root: str | None = None
    for folder, subfolders, names in os.walk(root):
        subfolders[:] = sorted(name for name in subfolders if not name.startswith(".") and name not in SKIPPED_FOLDERS)
        names.sort()
        inside = hydra_root is not None and (folder == hydra_root or folder.startswith(hydra_root + os.sep))
        yamls = [name for name in names if _is_config_name(name)]
        contents = {name: _bytes(os.path.join(folder, name)) for name in yamls} if not inside else {}
        if not inside and any(_DEFAULTS.search(data) for data in contents.values()):
            hydra_root, inside = folder, True
        for name in names:
            path = os.path.normpath(os.path.join(folder, name)).replace(os.sep, "/")
            if name.endswith(".ini"):
                data = _bytes(path)
                if _PUFFER_SECTION.search(data) or "default.ini" in names:
                    yield path, _ENV_NAME.search(data) is not None and name != "default.ini"
            elif inside and name in yamls:
                yield path, folder == hydra_root and _trains(contents.get(name, b""))


def holds_configs(folder: str) -> bool:
    """Whether a folder itself, and not one below it, holds configs of a Hydra tree: YAMLs with a ``defaults`` list."""
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return False
    return any(_has_defaults(os.path.join(folder, name)) for name in names if _is_config_name(name))


def _is_config_name(name: str) -> bool:
    return name.endswith(YAML_SUFFIXES) and not name.startswith(".")


def _has_defaults(path: str) -> bool:
    return _DEFAULTS.search(_bytes(path)) is not None


def _is_entry(path: str) -> bool:
    data = _bytes(path)
    if path.endswith(".ini"):
        return _ENV_NAME.search(data) is not None and Path(path).name != "default.ini"
    return path.endswith(YAML_SUFFIXES) and _trains(data)


def _trains(data: bytes) -> bool:
    return _DEFAULTS.search(data) is not None and _TRAINER_GROUP.search(data) is not None


def _bytes(path: str) -> bytes:
    """A file's bytes, for a first look; what cannot be read is reported by who reads it in earnest."""
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            return _UNREADABLE_INI if path.endswith(".ini") else b""
        with open(path, "rb") as file:
            return file.read(_FIRST_LOOK)
    except OSError:
        return _UNREADABLE_INI if path.endswith(".ini") else b""

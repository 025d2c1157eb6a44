"""Paths as reports, configs and messages write them: with forward slashes on every system."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


def slashed(path: str, separator: str = os.sep) -> str:
    """A path with forward slashes. On POSIX a backslash is part of a name and stays."""
    return path.replace(separator, "/")


def tidy(path: str) -> str:
    """A path as ``PurePath.as_posix()`` writes it: without ``./`` and doubled slashes; an empty path is ``.``.

    Importing pathlib takes longer than reading a config.
    """
    drive, rest = os.path.splitdrive(slashed(path))
    root = "/" if rest.startswith("/") else ""
    return f"{drive}{root}{'/'.join(part for part in rest.split('/') if part not in ('', '.'))}" or "."


def parent_of(path: str) -> str:
    """The folder above a file or folder; ``.`` and a root are their own parents."""
    return tidy(os.path.dirname(tidy(path)))


def parents_of(path: str) -> Iterator[str]:
    """The folders above a path, from the nearest up to ``.`` or the root."""
    path = tidy(path)
    while (parent := parent_of(path)) != path:
        yield parent
        path = parent


def without_suffix(path: str) -> str:
    """A path without its suffix: ``a/b`` for ``a/b.yaml``."""
    return os.path.splitext(path)[0]


def config_name(text: str) -> str:
    """The name of a Hydra config that a text means: ``env/a`` for ``/env/a.yaml``."""
    return text.strip("/").removesuffix(".yaml")


def is_outside(name: str) -> bool:
    """Whether a name relative to a folder leads out of it."""
    return name.startswith("/") or ".." in name.split("/") or os.path.isabs(name)


def without_lines(message: str) -> str:
    """A message without line numbers, which change with any edit above: ``a.ini`` for ``a.ini:3:1``."""
    return re.sub(r"(\.\w+):\d+(?::\d+)?", r"\1", message)


def from_folder(path: str, folder: str) -> str:
    """A path relative to a folder, with ``/``; absolute if it lies on another drive."""
    try:
        relative = os.path.relpath(path, folder or ".")
    except ValueError:
        relative = os.path.abspath(path)
    return slashed(relative)


def is_below(path: str, folder: str) -> bool:
    """Whether a path is this folder or lies below it. Links are not followed."""
    path, folder = (os.path.normcase(os.path.abspath(each)) for each in (path, folder))
    return path == folder or path.startswith(os.path.join(folder, ""))

"""Paths as reports, configs and messages have them: with forward slashes, on every system."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


def slashed(path: str, separator: str = os.sep) -> str:
    """A path with forward slashes; a backslash in a name stays one where it is no separator."""
    return path.replace(separator, "/")


def tidy(path: str) -> str:
    """A path as pathlib writes it, with slashes: without ``./`` and doubled slashes; what is empty is ``.``.

    pathlib itself takes longer to import than a file of a run takes to read.
    """
    drive, rest = os.path.splitdrive(slashed(path))
    root = "/" if rest.startswith("/") else ""
    return f"{drive}{root}{'/'.join(part for part in rest.split('/') if part not in ('', '.'))}" or "."


def parent_of(path: str) -> str:
    """The folder that a file or folder lies in, of ``.`` and of a root itself."""
    return tidy(os.path.dirname(tidy(path)))


def parents_of(path: str) -> Iterator[str]:
    """The folders above a path, from the nearest to ``.`` or the root."""
    path = tidy(path)
    while (parent := parent_of(path)) != path:
        yield parent
        path = parent


def without_suffix(path: str) -> str:
    """A path without the suffix of its file."""
    return os.path.splitext(path)[0]


def without_lines(message: str) -> str:
    """A message without the lines of the places in it: they move with what stands above them."""
    return re.sub(r"(\.\w+):\d+(?::\d+)?", r"\1", message)


def from_folder(path: str, folder: str) -> str:
    """A path as seen from a folder, with ``/``; one on another drive is absolute."""
    try:
        relative = os.path.relpath(path, folder or ".")
    except ValueError:
        relative = os.path.abspath(path)
    return slashed(relative)


def is_below(path: str, folder: str) -> bool:
    """Whether a path is a folder or lies below it. Links are not followed."""
    path, folder = (os.path.normcase(os.path.abspath(each)) for each in (path, folder))
    return path == folder or path.startswith(os.path.join(folder, ""))

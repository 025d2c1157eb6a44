"""Paths as reports, configs and messages have them: with forward slashes, on every system."""

from __future__ import annotations

import os
import re


def slashed(path: str, separator: str = os.sep) -> str:
    """A path with forward slashes; a backslash in a name stays one where it is no separator."""
    return path.replace(separator, "/")


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

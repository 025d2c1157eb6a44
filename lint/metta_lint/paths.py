"""Paths as reports, configs and messages have them: with forward slashes, on every system."""

from __future__ import annotations

import os


def slashed(path: str, separator: str = os.sep) -> str:
    """A path with forward slashes; a backslash in a name stays one where it is no separator."""
    return path.replace(separator, "/")

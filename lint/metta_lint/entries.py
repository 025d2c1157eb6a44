"""Entries: what a run starts from, a file or one of several runs that a file holds."""

from __future__ import annotations

import os
import re

_NAMED = re.compile(r"(.+?\.[A-Za-z0-9]+):(.+)")


def split_entry(entry: str) -> tuple[str, str]:
    """The file and the name that an entry gives: ``trainer_config.py:TrainerConfig``; no name for a file alone."""
    named = _NAMED.fullmatch(entry)
    return (named[1], named[2]) if named else (entry, "")


def located(entry: str) -> tuple[str, str]:
    """What tells an entry from others, however its path is spelt: where its file really lies, and the name."""
    file, name = split_entry(entry)
    return os.path.realpath(file), name

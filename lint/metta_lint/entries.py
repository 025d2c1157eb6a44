"""Entries: what a run starts from, a file or one of several runs that a file holds."""

from __future__ import annotations

import re

_NAMED = re.compile(r"(.+?\.[A-Za-z0-9]+):(.+)")


def split_entry(entry: str) -> tuple[str, str]:
    """The file and the name that an entry gives: ``trainer_config.py:TrainerConfig``; no name for a file alone."""
    named = _NAMED.fullmatch(entry)
    return (named[1], named[2]) if named else (entry, "")

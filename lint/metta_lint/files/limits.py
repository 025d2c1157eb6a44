"""Limits on what is read: no config comes near them, and what goes beyond them is refused before it costs anything."""

from __future__ import annotations

BYTE_LIMIT = 4_000_000
LINE_LIMIT = 110_000
DEPTH_LIMIT = 100
NODE_LIMIT = 30_000  # values in one file, aliases counted as what they stand for; rules go through them several times
NUMBER_LIMIT = 4300  # characters of one number: Python's own limit for int(str), which keeps conversion linear
FIRST_LOOK = 1 << 20
"""Bytes that are looked at to tell what kind of file it is."""
PYTHON_BYTE_LIMIT = 1_000_000
TOKEN_LIMIT = 30_000
"""Words and signs of a Python file: ast makes up to 2 KB of objects of each, 60 MB and a quarter of a second in all."""
IGNORE_FILE_LIMIT = 1 << 20
IGNORE_LINE_LIMIT = 10_000
PATTERN_LIMIT = 4096
"""Characters of a line of an ignore file: no path is longer."""
LINK_LIMIT = 4096
"""Bytes of a link's target."""

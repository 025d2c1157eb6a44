"""Kinds of files: their suffixes, readers and comment signs.

Whatever else depends on the kind (writing a value, removing an entry, finding comments) is a table by syntax in the
module that does it.
"""

from __future__ import annotations

import os
from functools import lru_cache
from importlib import import_module
from typing import TYPE_CHECKING

from metta_lint.base.records import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from metta_lint.base.documents import Document


class Syntax(NamedTuple):
    """One kind of file. ``comment_signs`` begin a comment line; empty if it has no comments.

    The reader is the module ``name`` beside this one. It is imported when the first such file is read: PyYAML alone
    takes several milliseconds.
    """

    name: str
    suffixes: tuple[str, ...]
    comment_signs: tuple[str, ...] = ()

    def fits(self, path: str) -> bool:
        """Whether a file is of this kind, by its name."""
        return syntax_of(path) is self

    def parse(self, data: bytes, path: str, **options: bool) -> Document:
        """Parse a file's bytes. Raises InputError if they are not of this kind.

        With ``repeats=True`` (INI, YAML, JSON), a duplicate key is not an error: it gets a different name.
        """
        document: Document = import_module(f"metta_lint.sources.{self.name}").parse(data, path, **options)
        return document


class Source(NamedTuple):
    """A reader for another kind of file, added by a plugin.

    ``claims(path, data)`` decides whether a file with one of the ``suffixes`` (``.gin``) is of this kind; otherwise a
    built-in reader of that suffix reads it. ``parse(data, path)`` returns the document with the span of every value. It
    must never run what it reads, and raises InputError with the place of an error.
    """

    name: str
    suffixes: tuple[str, ...]
    claims: Callable[[str, bytes], bool]
    parse: Callable[[bytes, str], Document]


INI = Syntax("ini", (".ini",), ("#", ";"))
YAML = Syntax("yaml", (".yaml", ".yml"), ("#",))
TOML = Syntax("toml", (".toml",), ("#",))
JSON = Syntax("json", (".json",))
PYTHON = Syntax("python", (".py",), ("#",))
MAP = Syntax("map", (".map",))
BY_SUFFIX = {suffix: syntax for syntax in (INI, YAML, TOML, JSON, PYTHON, MAP) for suffix in syntax.suffixes}


@lru_cache(maxsize=1024)  # a sweep's plans ask of the same few files again and again
def syntax_of(path: str) -> Syntax | None:
    """The kind of a file by its suffix; None if no built-in reader knows it."""
    return BY_SUFFIX.get(os.path.splitext(path)[1].lower())

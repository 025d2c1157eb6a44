"""Kinds of files: which suffixes a kind has, what reads it, and what a comment looks like in it.

What else depends on the kind (how a value is written, how an entry is removed, where comments stand) is a table by
syntax in the module that does it.
"""

from __future__ import annotations

import os
from functools import lru_cache
from importlib import import_module
from typing import TYPE_CHECKING

from metta_lint.base.records import NamedTuple

if TYPE_CHECKING:
    from metta_lint.base.documents import Document


class Syntax(NamedTuple):
    """One kind of file. ``comment_signs`` are what a line of comment begins with; empty where there are no comments.

    The reader is the module called ``name`` beside this one. It is imported when the first such file is read: PyYAML
    alone would cost a run that reads only INIs several milliseconds.
    """

    name: str
    suffixes: tuple[str, ...]
    comment_signs: tuple[str, ...] = ()

    def fits(self, path: str) -> bool:
        """Whether a file is of this kind, by its name."""
        return syntax_of(path) is self

    def parse(self, data: bytes, path: str) -> Document:
        """The document that a file's bytes hold. Raises InputError for what is not of this kind."""
        document: Document = import_module(f"metta_lint.sources.{self.name}").parse(data, path)
        return document

    def parse_with_repetitions(self, data: bytes, path: str) -> Document:
        """The same of a file that has keys twice, for the kinds that refuse that at a place of its own."""
        reader = import_module(f"metta_lint.sources.{self.name}")
        document: Document = reader.parse_with_repetitions(data, path)
        return document


INI = Syntax("ini", (".ini",), ("#", ";"))
YAML = Syntax("yaml", (".yaml", ".yml"), ("#",))
TOML = Syntax("toml", (".toml",), ("#",))
JSON = Syntax("json", (".json",))
PYTHON = Syntax("python", (".py",), ("#",))
MAP = Syntax("map", (".map",))
BY_SUFFIX = {suffix: syntax for syntax in (INI, YAML, TOML, JSON, PYTHON, MAP) for suffix in syntax.suffixes}


@lru_cache(maxsize=1024)  # a sweep's plans ask of the same few files again and again
def syntax_of(path: str) -> Syntax | None:
    """The kind of a file, by its suffix; None where no reader of ours knows it."""
    return BY_SUFFIX.get(os.path.splitext(path)[1].lower())

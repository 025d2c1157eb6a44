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
    from collections.abc import Callable

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

    def parse(self, data: bytes, path: str, **options: bool) -> Document:
        """The document that a file's bytes hold. Raises InputError for what is not of this kind.

        ``repeats=True``, of INI, YAML and JSON: a key that stands twice is no error, the second one has another name.
        """
        document: Document = import_module(f"metta_lint.sources.{self.name}").parse(data, path, **options)
        return document


class Source(NamedTuple):
    """A reader of one more kind of file, which a plugin adds.

    ``claims`` says of a file with one of the ``suffixes`` (``.gin``), by its path and its bytes, whether it is of this
    kind; a built-in reader of the same suffix reads the others. ``parse`` makes the document, every value with its
    span; it never runs what it reads, and raises InputError with the place where a file stops making sense.
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
    """The kind of a file, by its suffix; None where no reader of ours knows it."""
    return BY_SUFFIX.get(os.path.splitext(path)[1].lower())

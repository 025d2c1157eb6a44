"""Config trees: the files of one Hydra tree, as rules see them."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from metta_lint.errors import InputError
from metta_lint.sources import SUFFIXES, read

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from metta_lint.documents import Document

YAML_SUFFIXES = (".yaml", ".yml")


class ConfigTree:
    """A folder of configs that Hydra composes, and those of its files that are to be judged.

    ``folder`` is the root that absolute config names start at; ``files`` are the files that were asked about, which are
    all of them where the folder was. Whether another config exists is asked of the file system.
    """

    def __init__(self, folder: str, files: Sequence[str]) -> None:
        self.folder = folder
        self.files = tuple(files)

    @property
    def path(self) -> str:
        """What findings about the tree as a whole are said of."""
        return self.folder

    @cached_property
    def documents(self) -> Mapping[str, Document]:
        """The judged YAML files that can be read, by their config names (``env/mettagrid/arena/basic``)."""
        found = {}
        for file in self.files:
            if file.endswith(YAML_SUFFIXES):
                document = readable(file)
                if document is not None:
                    found[self.name_of(file)] = document
        return found

    def name_of(self, file: str) -> str:
        """The name that a config of this tree has in a defaults list: its path from the root, without the suffix."""
        return PurePosixPath(os.path.relpath(file, self.folder).replace(os.sep, "/")).with_suffix("").as_posix()

    def has(self, name: str) -> bool:
        """Whether the tree has a config of this name. A name that leads out of the tree is none of it."""
        plain = name.strip("/").removesuffix(".yaml")
        if ".." in plain.split("/"):
            return False
        return os.path.isfile(f"{self.folder}/{plain}.yaml")

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of all configs of the tree, judged or not, sorted."""
        found = []
        for parent, folders, files in os.walk(self.folder):
            folders[:] = [name for name in folders if not name.startswith(".")]
            found += [self.name_of(f"{parent}/{name}") for name in files if name.endswith(YAML_SUFFIXES)]
        return tuple(sorted(found))


def readable(path: str) -> Document | None:
    """A file's document, None where it cannot be read: that is a finding of its own."""
    if PurePosixPath(path).suffix.lower() not in SUFFIXES:
        return None
    try:
        return read(path)
    except InputError:
        return None

"""The files of a Hydra config tree."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from metta_lint import sources
from metta_lint.base.errors import InputError
from metta_lint.base.paths import is_outside
from metta_lint.files.file_system import folder_entries, is_file, is_folder
from metta_lint.files.memory import remembers
from metta_lint.trainers.hydra.includes import LoadedConfig, read_config_file

if TYPE_CHECKING:
    from pathlib import Path

    from metta_lint.base.documents import Document

SUFFIX = ".yaml"


class ConfigRepository:
    """The configs below one folder. Each file is parsed once: make a new repository to see changes."""

    def __init__(self, config_dir: str | Path) -> None:
        self.config_dir = str(config_dir)
        self._files: dict[str, LoadedConfig | InputError | None] = {}
        self._read: dict[str, tuple[Document, LoadedConfig]] = {}
        self._groups: dict[str, bool] = {}

    def load(self, name: str) -> LoadedConfig | None:
        """A config's file; None if it is missing.

        Raises InputError for a file that does not parse, and for a name that leads out of the folder.
        """
        if name not in self._files or remembers():
            self._files[name] = self._load(name)
        file = self._files[name]
        if isinstance(file, InputError):
            raise file.with_traceback(None)
        return file

    def _load(self, name: str) -> LoadedConfig | InputError | None:
        path = self.path_of(name)
        if is_outside(name) or not is_file(path):
            return None
        try:
            document = sources.read(path)
            known = self._read.get(name)
            if known is None or known[0] is not document:
                known = self._read[name] = document, read_config_file(document)
            return known[1]
        except InputError as error:
            return error

    def path_of(self, name: str) -> str:
        """The path at which a config of this name is looked up."""
        return f"{self.config_dir}/{name.lstrip('/').removesuffix(SUFFIX)}{SUFFIX}"

    def has_group(self, name: str) -> bool:
        """Whether a config group (a folder) exists."""
        if name not in self._groups or remembers():
            self._groups[name] = is_folder(os.path.join(self.config_dir, name))
        return self._groups[name]

    def options(self, group: str) -> list[str]:
        """The names of a group's configs."""
        if is_outside(group) or not self.has_group(group):
            return []
        folder = os.path.join(self.config_dir, group)
        entries = [entry for entry in folder_entries(folder) if entry.name.endswith(SUFFIX)]
        readable = (each for each in entries if not each.is_link or is_file(os.path.join(folder, each.name)))
        return sorted(entry.name.removesuffix(SUFFIX) for entry in readable)

"""Config trees: the files of one Hydra tree, as rules see them."""

from __future__ import annotations

import os
from functools import cached_property
from typing import TYPE_CHECKING

from metta_lint.base.documents import Mapping
from metta_lint.base.errors import InputError
from metta_lint.base.paths import config_name, is_outside, slashed, tidy, without_suffix
from metta_lint.base.wording import close_names
from metta_lint.files.file_system import exists, folder_entries, is_file, is_folder
from metta_lint.files.folders import Folders
from metta_lint.files.memory import recalled, remembers
from metta_lint.sources import readable
from metta_lint.sources.syntax import PYTHON, YAML
from metta_lint.trainers.trees.references import target_references

if TYPE_CHECKING:
    from collections.abc import Mapping as MappingABC
    from collections.abc import Sequence

    from metta_lint.base.documents import Document
    from metta_lint.trainers.hydra import Composed, ConfigTreeReader
    from metta_lint.trainers.trees.environment import Environment


SOURCE_ROOTS = ("", "src/", "mettagrid/src/", "mettagrid/", "agent/src/", "common/src/")
"""Where a repository keeps Python packages beside its config tree (Metta-AI/metta, 2025)."""
ENV_FOLDER = "env/"
"""Where environments and curricula lie."""
METTA_PACKAGES = ("metta.", "mettagrid.")
SHOWN = 3
"""Names that a finding gives at most."""


class ConfigTree:
    """A folder of configs that Hydra composes, and those of its files that are to be judged.

    ``folder`` is the root that absolute config names start at. ``files`` are the files to check: all of them if the
    folder itself was named. Whether another config exists is looked up in the file system; ``folders`` are those that
    have been listed already.
    """

    def __init__(self, folder: str, files: Sequence[str], folders: Folders | None = None) -> None:
        self.folder = folder
        self._folders = folders or Folders()
        self.files = tuple(files)
        self._composed: dict[str, Composed | None] = {}
        self._environments: dict[str, Environment | None] = {}
        self._packages: dict[str, list[str]] = {}

    @property
    def path(self) -> str:
        """The path at which findings about the whole tree are reported."""
        return self.folder

    @cached_property
    def documents(self) -> MappingABC[str, Document]:
        """The judged YAML files that can be read, by their config names (``env/mettagrid/arena/basic``)."""
        found = {}
        for file in self.files:
            if YAML.fits(file):
                document = readable(file)
                if document is not None:
                    found[self.name_of(file)] = document
        return found

    def name_of(self, file: str) -> str:
        """The name that a config of this tree has in a defaults list: its path from the root, without the suffix."""
        inside = file[len(self.folder) + 1 :] if file.startswith(f"{self.folder}/") else None
        if inside is None or "./" in inside:
            inside = slashed(os.path.relpath(file, self.folder))
        return without_suffix(tidy(inside))

    def has(self, name: str) -> bool:
        """Whether the tree has a config of this name. False for a name that leads out of it."""
        return not is_outside(plain := config_name(name)) and is_file(f"{self.folder}/{plain}.yaml")

    @cached_property
    def is_whole(self) -> bool:
        """Whether runs start here: a config at the root has a defaults list. If not, files may be missing."""
        names = [name.rpartition(".")[0] for name in self._folders.listed(self.folder).files if YAML.fits(name)]
        documents = (readable(f"{self.folder}/{name}.yaml") for name in names)
        roots = (document.root for document in documents if document is not None)
        return any(isinstance(root, Mapping) and "defaults" in root.entries for root in roots)

    @cached_property
    def is_metta(self) -> bool:
        """Whether it makes objects of Metta's. Other projects register configs in Python, which no file shows."""
        return any(
            reference.text.startswith(METTA_PACKAGES)
            for document in self.documents.values()
            for reference in target_references(document.root)
        )

    def has_folder(self, name: str) -> bool:
        """Whether the tree has a folder of this name."""
        return not is_outside(plain := name.strip("/")) and is_folder(f"{self.folder}/{plain}")

    def near(self, name: str) -> tuple[str, ...]:
        """Configs that an unknown name may mean: those in a folder of that name, else the most similar."""
        plain = config_name(name)
        inside = [found for found in self.names if found.startswith(f"{plain}/")]
        if inside:
            return tuple(inside[:SHOWN])
        folder, _, last = plain.rpartition("/")
        called = [found for found in self.names if found.rpartition("/")[2] == last]
        beside = [found for found in self.names if found.rpartition("/")[0] == folder]
        return tuple(close_names(plain, called) or close_names(plain, beside, cutoff=0.85))

    @cached_property
    def other_files(self) -> tuple[str, ...]:
        """The tree's other files, relative to the folder that runs start in, sorted."""
        return tuple(sorted(f"{self.root_name}/{file}" for file in self._every if not YAML.fits(file)))

    @cached_property
    def _every(self) -> tuple[str, ...]:
        """All files of the tree, judged or not, relative to its root; hidden folders are left out."""
        start = len(self.folder.rstrip("/")) + 1
        return tuple(
            f"{slashed(parent)}/{name}"[start:]
            for parent, content in self._folders.below(self.folder)
            for name in content.files
            if name not in content.links or is_file(f"{parent}/{name}")  # a link may lead nowhere, or out of the tree
        )

    @cached_property
    def root_name(self) -> str:
        """What the tree's own folder is called."""
        return os.path.basename(os.path.abspath(self.folder))

    def file(self, path: str) -> str | None:
        """The file of the tree that a path names; paths start at the folder that holds the tree."""
        first, _, inside = path.partition("/")
        if first != self.root_name or is_outside(inside.strip("/")):
            return None
        found = f"{self.folder}/{inside}"
        return found if is_file(found) else None

    def has_module(self, dotted: str) -> bool | None:
        """Whether the Python source beside the tree has a module; None where it does not have the package either."""
        package, _, name = dotted.rpartition(".")
        if package not in self._packages:
            beside = os.path.dirname(os.path.abspath(self.folder))
            folders = [f"{beside}/{root}{package.replace('.', '/')}" for root in SOURCE_ROOTS]
            self._packages[package] = [
                folder
                for folder in folders
                if is_folder(folder) and any(PYTHON.fits(entry.name) for entry in folder_entries(folder))
            ]
        there = self._packages[package]
        if not there:
            return None
        return any(exists(f"{folder}/{name}{suffix}") for folder in there for suffix in (".py", "/__init__.py"))

    @cached_property
    def reader(self) -> ConfigTreeReader:
        """Composes configs of the tree."""
        from metta_lint.trainers.hydra import ConfigTreeReader

        return ConfigTreeReader(self.folder)

    def composed(self, name: str) -> Composed | None:
        """What Hydra composes for a config, cached; None if Hydra refuses it for more than missing files."""
        if remembers():
            return recalled(("composed", self.folder, name), lambda: self._compose(name))
        if name not in self._composed:
            self._composed[name] = self._compose(name)
        return self._composed[name]

    def _compose(self, name: str) -> Composed | None:
        try:
            return self.reader.compose(name, with_holes=True)
        except InputError:
            return None

    def environment(self, name: str) -> Environment | None:
        """A config of the tree, judged or not, as an environment, cached; None if it is not one."""
        from metta_lint.trainers.trees.environment import Environment, environment_alone

        if name not in self._environments or remembers():
            alone = environment_alone(self.composed(name), name)
            self._environments[name] = None if alone is None else Environment(self.folder, name, alone, self.file)
        return self._environments[name]

    @cached_property
    def environments(self) -> tuple[Environment, ...]:
        """The judged environment configs, composed, by name."""
        return tuple(found for name in self.environment_names if (found := self.environment(name)) is not None)

    @property
    def environment_names(self) -> list[str]:
        """The judged configs that may be environments, by name."""
        return sorted(name for name in self.documents if name.startswith(ENV_FOLDER))

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of all configs of the tree, judged or not, sorted."""
        return tuple(sorted(file.rpartition(".")[0] for file in self._every if YAML.fits(file)))

"""Plugins: rules, sources and trainers from installed packages and from a repository's own files.

An installed package has entry points in the groups ``metta_lint.rules``, ``metta_lint.sources`` and
``metta_lint.trainers``; a repository lists Python files in its configuration. Both define lists named ``RULES``,
``SOURCES`` and ``TRAINERS``. Of a repository, only the listed files are ever run.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from functools import lru_cache
from importlib import import_module
from importlib.machinery import PathFinder
from typing import TYPE_CHECKING, Any

from metta_lint.base.errors import LintError, PluginFileError
from metta_lint.base.records import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence


RULES = "metta_lint.rules"
SOURCES = "metta_lint.sources"
TRAINERS = "metta_lint.trainers"
METADATA = (".dist-info", ".egg-info")

REQUIRED = {
    RULES: ("code", "name", "severity", "check"),
    SOURCES: ("name", "suffixes", "claims", "parse"),
    TRAINERS: ("name", "suffixes", "entries", "read_run", "derive"),
}
"""The attributes that each kind of plugin must have."""


class Added(NamedTuple):
    """An item that a plugin adds, and the module or file it comes from."""

    origin: str
    item: Any


_files: tuple[str, ...] = ()
_modules: tuple[object, ...] = ()


def use(files: Sequence[str]) -> None:
    """Use these plugin files from now on, instead of those used before.

    Raises PluginFileError for a plugin file that cannot be loaded.
    """
    global _files, _modules  # noqa: PLW0603 - which plugins there are belongs to the process, as codecs do
    modules = []
    for file in files:
        try:
            modules.append(_loaded(file))
        except LintError as error:
            raise PluginFileError(str(error), file) from error
    if tuple(modules) != _modules:
        _files = tuple(map(os.path.abspath, files))  # the current folder may change before they are asked for
        _modules = tuple(modules)
        _added.cache_clear()


def in_use() -> tuple[object, ...]:
    """The plugin files in use, as modules. Parsed files are cached by them: a plugin can add sources."""
    return _modules


def items(group: str) -> tuple[Added, ...]:
    """The items that installed packages and the plugin files in use add to a group."""
    return _added(group, tuple(sys.path), _files)


@lru_cache(maxsize=8)
def _added(group: str, _path: tuple[str, ...], files: tuple[str, ...]) -> tuple[Added, ...]:
    installed = (added for point in entry_points(group) for added in point.items())
    return (*installed, *(added for file in files for added in listed_items(group, file)))


def listed_items(group: str, file: str) -> list[Added]:
    """The items that one plugin file adds to a group. Raises LintError if it cannot be loaded."""
    return _items(getattr(_loaded(file), _list_name(group), ()), group, file)


def _list_name(group: str) -> str:
    return group.rpartition(".")[2].upper()


def _items(listed: object, group: str, origin: str) -> list[Added]:
    """The checked items of a plugin's list. Raises LintError for one that lacks a required attribute."""
    name = _list_name(group)
    if not isinstance(listed, list | tuple):
        raise LintError(f"{origin}: {name} is not a list")
    for item in listed:
        if missing := _missing(item, group):
            kind = name.lower().removesuffix("s")
            raise LintError(f"{origin}: {item!r} in {name} is not a {kind}: it has no {', '.join(missing)}")
    return [Added(origin, item) for item in listed]


def _missing(item: object, group: str) -> list[str]:
    return [name for name in REQUIRED[group] if not hasattr(item, name)]


# -- files -------------------------------------------------------------------------------------------------------------


def _loaded(path: str) -> object:
    """A plugin file as a module; it runs again only after it has changed."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):  # ValueError: a NUL in the path
        raise LintError(f"plugin {path}: no such file") from None
    try:
        module = _run(os.path.abspath(path), status.st_mtime_ns, status.st_size)
    except (Exception, SystemExit) as error:
        raise LintError(f"plugin {path}: {type(error).__name__}: {error}") from error
    if module is None:
        raise LintError(f"plugin {path}: not a Python file")
    for group in REQUIRED:  # what is wrong with them is said at once
        _items(getattr(module, _list_name(group), ()), group, path)
    if not any(hasattr(module, _list_name(group)) for group in REQUIRED):
        raise LintError(f"{path}: no list {', '.join(map(_list_name, REQUIRED))}")
    return module


@lru_cache(maxsize=64)
def _run(path: str, _changed: int, _size: int) -> object | None:
    """Run a file as a module. Lets any exception through; None for a file that is not Python."""
    from importlib.util import module_from_spec, spec_from_file_location

    spec = spec_from_file_location(f"metta_lint_plugin_{abs(hash(path))}", path)
    if spec is None or spec.loader is None or not os.path.isfile(path):
        return None
    module = sys.modules[spec.name] = module_from_spec(spec)  # where dataclasses look up what annotations mean
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[spec.name]
        raise
    return module


# -- installed packages ------------------------------------------------------------------------------------------------


class EntryPoint(NamedTuple):
    """One line of a package's ``entry_points.txt``: ``name = module`` or ``name = module:object``."""

    package: str
    group: str
    name: str
    value: str

    def __str__(self) -> str:
        return f"plugin {self.package} ({self.group}: {self.name} = {self.value})"

    @property
    def module(self) -> str:
        """The module's name: ``a.b`` of ``a.b:plugin``."""
        return self.value.partition("[")[0].partition(":")[0].strip()

    def load(self) -> Any:
        """Import the module or object that the entry point names; a class is instantiated.

        Raises LintError, which names the package, if that fails.
        """
        _, _, path = self.value.partition("[")[0].partition(":")  # extras stand in brackets
        try:
            found: Any = import_module(self.module)
            for name in path.strip().split(".") if path else ():
                found = getattr(found, name)
            return found() if isinstance(found, type) else found
        except (Exception, SystemExit) as error:
            raise LintError(f"{self}: {type(error).__name__}: {error}") from error

    def items(self) -> list[Added]:
        """The items for the group: the object's list of that name, the object itself, or the list that it is."""
        found = self.load()
        name = _list_name(self.group)
        alone = [found] if not _missing(found, self.group) else found if isinstance(found, list | tuple) else ()
        listed = getattr(found, name, alone)
        if not listed:
            raise LintError(f"{self}: no list {name}")
        return _items(listed, self.group, str(self))


def entry_points(group: str) -> list[EntryPoint]:
    """The entry points of a group that installed packages have.

    The same ones as ``importlib.metadata.entry_points`` finds, which takes longer to import than a pair takes to lint.
    This reads the text of all packages once. Zip files and other importers are left to importlib.
    """
    others = [finder for finder in sys.meta_path if finder is not PathFinder and hasattr(finder, "find_distributions")]
    if others or any(os.path.isfile(folder) or folder.endswith(".egg") for folder in sys.path):
        from importlib import metadata

        found = metadata.entry_points(group=group)
        return [EntryPoint(point.dist.name if point.dist else "?", group, point.name, point.value) for point in found]
    return [
        EntryPoint(package, group, name, value)
        for package, text in _installed(tuple(sys.path))
        for name, value in _named_in(text, group)
    ]


@lru_cache(maxsize=1)
def _installed(path: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """The name of every installed package, and the text of its ``entry_points.txt``."""
    found: dict[str, tuple[str, str]] = {}
    for folder in path:
        with suppress(OSError):
            for name in os.listdir(folder or "."):
                package = name.partition("-")[0]
                project = package.replace(".", "_").lower()
                if name.endswith(METADATA) and project not in found:  # the first of a name is the one that is imported
                    found[project] = package, ""
                    file = os.path.join(folder, name, "entry_points.txt")
                    with suppress(OSError), open(file, encoding="utf-8") as text:
                        found[project] = package, text.read()
    return tuple(found.values())


def _named_in(text: str, group: str) -> list[tuple[str, str]]:
    """Names and values of one section of an ``entry_points.txt``: ``name = module`` line by line, # for comments."""
    _, _, section = f"\n{text}".partition(f"\n[{group}]")
    lines = section.partition("\n[")[0].splitlines()[1:]
    pairs = (line.partition("=")[::2] for line in lines if "=" in line and not line.startswith("#"))
    return [(name.strip(), value.strip()) for name, value in pairs]

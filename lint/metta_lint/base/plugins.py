"""Plugins: the rules, sources and trainers that installed packages and a repository's own files add.

An installed package names a module under the entry-point groups ``metta_lint.rules``, ``metta_lint.sources`` and
``metta_lint.trainers``; a repository lists Python files of its own. A module or file has lists ``RULES``, ``SOURCES``
and ``TRAINERS``. A listed file is the only thing that is looked at and run.
"""

from __future__ import annotations

import os
import sys
from functools import lru_cache
from importlib import import_module
from importlib.machinery import PathFinder
from typing import TYPE_CHECKING, Any

from metta_lint.base.errors import LintError
from metta_lint.base.records import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence


RULES = "metta_lint.rules"
SOURCES = "metta_lint.sources"
TRAINERS = "metta_lint.trainers"
METADATA = (".dist-info", ".egg-info")

REQUIRED = {
    RULES: ("code", "name", "severity", "check"),
    SOURCES: ("name", "suffixes", "claims", "parse"),
    TRAINERS: ("name", "suffixes", "entries", "read_run", "derive"),
}
"""What each kind of plugin has at least."""


class Added(NamedTuple):
    """Something that a plugin adds, and the module or file that brings it."""

    origin: str
    item: Any


_files: tuple[str, ...] = ()
_modules: tuple[object, ...] = ()
_listeners: list[Callable[[], None]] = []


def use(files: Sequence[str]) -> None:
    """From now on look for sources and trainers in these plugin files too, and in no others.

    What a file means depends on the sources that there are, so that files which were read are read again. Raises
    LintError for a plugin file that cannot be loaded.
    """
    global _files, _modules  # noqa: PLW0603 - which plugins there are belongs to the process, as codecs do
    modules = tuple(map(_loaded, files))
    if modules == _modules:
        return
    _files = tuple(map(os.path.abspath, files))  # the current folder may change before they are asked for
    _modules = modules
    _added.cache_clear()
    for forget in _listeners:
        forget()


def on_change(forget: Callable[[], None]) -> None:
    """Call ``forget`` whenever other plugin files are used: what was read with the plugins before is out of date."""
    _listeners.append(forget)


def items(group: str) -> tuple[Added, ...]:
    """What installed packages and the plugin files in use add to a group."""
    return _added(group, tuple(sys.path), _files)


def items_with(group: str, files: Sequence[str]) -> Iterator[Added]:
    """What installed packages and these plugin files add to a group."""
    yield from _installed(group)
    for file in files:
        yield from _listed_in(group, file)


@lru_cache(maxsize=8)
def _added(group: str, _path: tuple[str, ...], files: tuple[str, ...]) -> tuple[Added, ...]:
    return tuple(items_with(group, files))


def _installed(group: str) -> Iterator[Added]:
    for name in modules_named(group):
        items = _items(import_module(name), group, name)
        if not items:
            raise LintError(f"{name}: no list {_list_name(group)}")
        yield from items


def _listed_in(group: str, file: str) -> Iterator[Added]:
    yield from _items(_loaded(file), group, file)


def _list_name(group: str) -> str:
    return group.rpartition(".")[2].upper()


def _items(module: object, group: str, origin: str) -> list[Added]:
    listed = getattr(module, _list_name(group), ())
    if not isinstance(listed, list | tuple):
        raise LintError(f"{origin}: {_list_name(group)} is no list")
    for item in listed:
        missing = [name for name in REQUIRED[group] if not hasattr(item, name)]
        if missing:
            kind = group.rpartition(".")[2].removesuffix("s")
            raise LintError(f"{origin}: {item!r} in {_list_name(group)} is no {kind}: it has no {', '.join(missing)}")
    return [Added(origin, item) for item in listed]


# -- files -------------------------------------------------------------------------------------------------------------


def _loaded(path: str) -> object:
    """A plugin file as a module, run once for as long as it does not change."""
    try:
        status = os.stat(path)
    except OSError:
        raise LintError(f"plugin {path}: no such file") from None
    try:
        module = _run(os.path.abspath(path), status.st_mtime_ns, status.st_size)
    except (Exception, SystemExit) as error:
        raise LintError(f"plugin {path}: {type(error).__name__}: {error}") from error
    if module is None:
        raise LintError(f"plugin {path}: not a Python file")
    for group in REQUIRED:
        _items(module, group, path)  # what is wrong with them is said at once
    if not any(hasattr(module, _list_name(group)) for group in REQUIRED):
        raise LintError(f"{path}: no list {', '.join(map(_list_name, REQUIRED))}")
    return module


@lru_cache(maxsize=64)
def _run(path: str, _changed: int, _size: int) -> object | None:
    """What running a file makes of it, whatever that raises; None for what is no Python file."""
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


def modules_named(group: str) -> list[str]:
    """The modules that installed packages name as entry points of a group.

    They are those of ``importlib.metadata.entry_points``, which takes longer to import than a pair takes to lint: here
    only text is read, once for all groups. A zip file or another importer is left to it.
    """
    if any(os.path.isfile(folder) or folder.endswith(".egg") for folder in sys.path) or _other_importers():
        from importlib.metadata import entry_points

        return [point.value for point in entry_points(group=group)]
    return [module for text in _entry_points(tuple(sys.path)) for module in _named_in(text, group)]


@lru_cache(maxsize=1)
def _entry_points(path: tuple[str, ...]) -> tuple[str, ...]:
    """The entry points of every installed package, as they are written."""
    found: dict[str, str] = {}
    for folder in path:
        for name in _listed(folder):
            project = name.partition("-")[0].replace(".", "_").lower()
            if name.endswith(METADATA) and project not in found:  # the first of a name is the one that is imported
                found[project] = _text(os.path.join(folder, name, "entry_points.txt"))
    return tuple(found.values())


def _other_importers() -> bool:
    return any(finder is not PathFinder and hasattr(finder, "find_distributions") for finder in sys.meta_path)


def _listed(folder: str) -> list[str]:
    try:
        return os.listdir(folder or ".")
    except OSError:
        return []


def _text(path: str) -> str:
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except OSError:
        return ""


def _named_in(text: str, group: str) -> list[str]:
    """The values of one section of an ``entry_points.txt``: ``name = module`` line by line, # for comments."""
    _, _, section = f"\n{text}".partition(f"\n[{group}]")
    lines = section.partition("\n[")[0].splitlines()[1:]
    return [line.partition("=")[2].strip() for line in lines if "=" in line and not line.startswith("#")]

"""What an editor holds, its folders and its open documents, and the roots: the folders that are linted as a whole."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from metta_lint.base.errors import InputError, LintError
from metta_lint.base.paths import is_below
from metta_lint.base.records import NamedTuple
from metta_lint.files.file_system import is_file, is_folder
from metta_lint.project.config import find_config

if TYPE_CHECKING:
    from collections.abc import Mapping


class Held(NamedTuple):
    """An open document: its URI and path as the editor spells them, and its text, saved or not."""

    uri: str
    path: str
    version: int
    content: str

    @property
    def data(self) -> bytes:
        """The bytes of the file if it were saved now. Half a surrogate pair stays, for the reader to refuse."""
        return self.content.encode("utf-8", "surrogatepass")


class EditorState(NamedTuple):
    """All that an editor holds after so many changes; ``held`` is by the file's key."""

    number: int = 0
    folders: tuple[str, ...] = ()
    held: Mapping[str, Held] = {}

    def contents(self) -> dict[str, bytes]:
        """The texts to read instead of files. A document that was never saved is part of no run yet."""
        return {held.path: held.data for held in self.held.values() if os.path.isfile(held.path)}


def file_key(path: str) -> str:
    """The same for every spelling of a file's path, by an editor or a config."""
    return os.path.normcase(os.path.realpath(path))


class Root(NamedTuple):
    """A folder that is linted by one check, as the editor spells it; ``paths`` are what is linted, if not all of it."""

    folder: str
    paths: tuple[str, ...] = ()


def roots(state: EditorState) -> list[Root]:
    """The roots of a state, each once: the folders of the configs that are nearest to the editor's folders and files.

    Without a config, the root is the editor's folder; a file in no such folder is linted alone. Changes the current
    folder.
    """
    found: dict[str, Root] = {}
    for folder in state.folders:
        if is_folder(folder):
            root = _config_folder(folder) or folder
            found.setdefault(file_key(root), Root(root))
    for path in (held.path for held in state.held.values() if is_file(held.path)):
        folder, name = os.path.split(path)
        config = _config_folder(folder)
        if config is not None:
            found.setdefault(file_key(config), Root(config))
        elif not any(is_below(file_key(path), key) for key in found):
            found[file_key(path)] = Root(folder, (name,))
    return list(found.values())


def _config_folder(folder: str) -> str | None:
    """The folder of the nearest config in or above a folder; None without one."""
    os.chdir(folder)
    try:
        path = find_config(".").path
    except InputError as error:
        path = error.span.path
    except LintError:
        path = None
    if path is None:
        return None
    spelt = os.path.normpath(os.path.join(folder, os.path.dirname(path)))
    real = os.path.realpath(os.path.dirname(path))
    return spelt if file_key(spelt) == os.path.normcase(real) else real

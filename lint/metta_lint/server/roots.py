"""Which folders are linted as a whole: those of the editor's folders' configs, and of the configs of open files."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from metta_lint.base.errors import InputError, LintError
from metta_lint.base.paths import is_below
from metta_lint.base.records import NamedTuple
from metta_lint.files.file_system import is_file, is_folder
from metta_lint.project.config import find_config
from metta_lint.server.state import resolved

if TYPE_CHECKING:
    from collections.abc import Iterator

    from metta_lint.server.state import EditorState


class Root(NamedTuple):
    """A folder that one check is made in, spelt as the editor does; ``paths`` are what is linted, if not all of it."""

    folder: str
    paths: tuple[str, ...] = ()


def roots(state: EditorState) -> list[Root]:
    """The roots of a state, each once.

    A file's root is the folder of its nearest config; without one, the editor's folder that it lies in; without that
    too, the file is linted alone. Changes the current folder.
    """
    found: dict[str, Root] = {}
    for folder in state.folders:
        if is_folder(folder):
            root = _config_folder(folder) or folder
            found.setdefault(resolved(root), Root(root))
    for held in _there(state):
        folder, name = os.path.split(held)
        config = _config_folder(folder)
        if config is not None:
            found.setdefault(resolved(config), Root(config))
        elif not any(is_below(resolved(held), key) for key in found):
            found[resolved(held)] = Root(folder, (name,))
    return list(found.values())


def _there(state: EditorState) -> Iterator[str]:
    """The open files that are on disk: what was never saved is no part of any run yet."""
    yield from (held.path for held in state.held.values() if is_file(held.path))


def _config_folder(folder: str) -> str | None:
    """The folder of the nearest config upward from a folder, None where there is none."""
    os.chdir(folder)
    try:
        path = find_config(".").path
    except InputError as error:
        path = error.span.path
    except LintError:
        path = None
    if path is None:
        return None
    real = os.path.realpath(os.path.dirname(path))
    spelt = os.path.normpath(os.path.join(folder, os.path.dirname(path)))
    return spelt if resolved(spelt) == os.path.normcase(real) else real

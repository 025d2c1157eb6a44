"""What an editor holds: its folders, and the documents that it has open, saved or not."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from metta_lint.base.records import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class Held(NamedTuple):
    """An open document: its address and path as the editor spells them, and what it holds now."""

    uri: str
    path: str
    version: int
    content: str

    @property
    def data(self) -> bytes:
        """What the file would hold if it were saved now; half of a surrogate pair is left for the reader to refuse."""
        return self.content.encode("utf-8", "surrogatepass")


class EditorState(NamedTuple):
    """All that an editor holds at one moment, by the number of its changes; ``held`` is by the resolved path."""

    number: int = 0
    folders: tuple[str, ...] = ()
    held: Mapping[str, Held] = {}

    def contents(self) -> dict[str, bytes]:
        """What is to be read in the place of files, by every path that they are asked for by.

        What was never saved is no part of any run yet.
        """
        saved = {key: held for key, held in self.held.items() if os.path.isfile(held.path)}
        return {path: held.data for key, held in saved.items() for path in (key, os.path.abspath(held.path))}


def resolved(path: str) -> str:
    """What tells files apart, however an editor or a config spells their paths."""
    return os.path.normcase(os.path.realpath(path))

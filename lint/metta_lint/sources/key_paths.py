"""What stands at a place of a file, by its keys: a finding's subject does not change with its line."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from metta_lint.base import plugins
from metta_lint.base.documents import Mapping, Scalar, Sequence
from metta_lint.base.records import NamedTuple
from metta_lint.files.file_system import identity
from metta_lint.sources import readable

if TYPE_CHECKING:
    from metta_lint.base.documents import Entry, Node, Span
    from metta_lint.files.file_system import Identity


class EntryAt(NamedTuple):
    """An entry with its mapping and key."""

    mapping: Mapping
    key: object
    entry: Entry


class Keyed(NamedTuple):
    """What stands at a place: the keys that lead there (``rooms[].width``), and its value if it has one.

    Items of a list are not numbered: one more above them would make others of them. ``entry`` is the one whose key or
    value it is.
    """

    path: str = ""
    values: tuple[object, ...] = ()
    entry: EntryAt | None = None


def keyed_at(span: Span) -> Keyed:
    """What stands at or around a span; an empty ``Keyed`` for nothing, and for a file that cannot be read."""
    try:
        places = _index(identity(span.path), plugins.in_use())
    except (OSError, ValueError):  # a file that is gone
        return Keyed()
    around = [place for place in places if place.holds(span)] if span not in places else [span]
    innermost = max(around, key=lambda place: (place[1:3], -place.end_line, -place.end_column), default=None)
    return places[innermost] if innermost is not None else Keyed()


def entry_at(span: Span) -> EntryAt | None:
    """The entry whose key or value has exactly this span; for a merged entry, the original one."""
    return _index(identity(span.path), plugins.in_use()).get(span, Keyed()).entry


@lru_cache(maxsize=8)
def _index(file: Identity, _plugins: tuple[object, ...]) -> dict[Span, Keyed]:
    """All spans of a file's keys and values; a span with several keys (an alias) has the first."""
    document = readable(file[0], repeats=True)
    found: dict[Span, Keyed] = {}
    if document is not None:
        _add(document.root, "", found)
    return found


def _add(node: Node, path: str, found: dict[Span, Keyed], at: EntryAt | None = None) -> None:
    found.setdefault(node.span, Keyed(path, (node.value,) if isinstance(node, Scalar) else (), at))
    if isinstance(node, Mapping):
        for key, entry in node.entries.items():
            below = f"{path}.{key}" if path else str(key)
            held = EntryAt(node, key, entry)
            found.setdefault(entry.key_span, Keyed(below, entry=held))
            _add(entry.value, below, found, held)
    elif isinstance(node, Sequence):
        for item in node.items:
            _add(item, path if isinstance(item, Scalar) else f"{path}[]", found)

"""The keys that lead to a place of a file: what a finding at a place speaks of, whatever its line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metta_lint.base.documents import Mapping, Scalar, Sequence
from metta_lint.base.records import NamedTuple
from metta_lint.sources import readable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from metta_lint.base.documents import Node, Span


class Keyed(NamedTuple):
    """What stands at a place: the keys that lead there (``rooms[].width``), and its value if it has one.

    Items of a list are not numbered: one more above them would make others of them.
    """

    path: str = ""
    values: tuple[object, ...] = ()


def keyed_at(span: Span) -> Keyed:
    """What stands at a place of a file; nothing where the file is no document, or nothing of it stands there."""
    document = readable(span.path)
    if document is None:  # of a file that has a key twice, what stands at the second one can be told
        from metta_lint.sources.edits import readable_with_repetitions

        document = readable_with_repetitions(span.path)
    return _at(document.root, span, "") if document is not None else Keyed()


def _at(node: Node, span: Span, path: str) -> Keyed:
    if isinstance(node, Scalar):
        return Keyed(path, (node.value,))
    for key_span, value, below in _parts(node, path):
        if key_span == span:
            return Keyed(below)
        if value.span.holds(span):
            return _at(value, span, below)
    return Keyed(path)


def _parts(node: Mapping | Sequence, path: str) -> Iterator[tuple[Span | None, Node, str]]:
    """The parts of a node, each with the place of its key and the keys that lead to it."""
    if isinstance(node, Mapping):
        for key, entry in node.entries.items():
            yield entry.key_span, entry.value, f"{path}.{key}" if path else str(key)
    else:
        for item in node.items:
            yield None, item, path if isinstance(item, Scalar) else f"{path}[]"

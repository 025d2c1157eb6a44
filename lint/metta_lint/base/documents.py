"""Documents: the parsed content of a file, where every value knows the place it was written at."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from metta_lint.base.records import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Mapping as MappingABC


COMMAND_LINE = "<command line>"
"""What stands for the path where a command line says something."""


class Span(NamedTuple):
    """A range of a file's text. Lines and columns are 1-based; columns count characters; the end is exclusive."""

    path: str
    line: int
    column: int
    end_line: int
    end_column: int

    def holds(self, other: Span) -> bool:
        """Whether another span lies within this one."""
        return self.path == other.path and self[1:3] <= other[1:3] and other[3:] <= self[3:]

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}"


class Scalar(NamedTuple):
    """A value without parts: str, int, float, bool, None, or a date or bytes where a format has them."""

    value: object
    span: Span


class Sequence(NamedTuple):
    """A list of nodes."""

    items: tuple[Node, ...]
    span: Span


class Entry(NamedTuple):
    """One entry of a mapping: where its key stands, and its value."""

    key_span: Span
    value: Node


class Mapping(NamedTuple):
    """Keys, in the order of the file, each with its value."""

    entries: MappingABC[object, Entry]
    span: Span

    def get(self, *keys: object) -> Node | None:
        """The node at a path of keys, or None where the path leaves the tree."""
        node: Node = self
        for key in keys:
            if not isinstance(node, Mapping) or (entry := node.entries.get(key)) is None:
                return None
            node = entry.value
        return node


Node: TypeAlias = Scalar | Sequence | Mapping


class Comment(NamedTuple):
    """A comment for metta-lint, such as ``# metta-lint: ignore[ML101] tuned``.

    ``span`` includes the comment sign. The comment applies up to ``last_line``: to its own line or, if it stands
    ``alone`` on it, to the next line that is not a comment. ``in_value`` is set if configparser, and so the trainer,
    reads it as part of the value. ``blanks`` counts the spaces between value and comment.
    """

    text: str
    span: Span
    last_line: int
    alone: bool
    in_value: bool = False
    blanks: int = 0


class MergeDrift(NamedTuple):
    """A key whose merged value depends on the version: ``before`` up to PyYAML 6.0.3, ``since`` from 6.0.4 on.

    ``span`` is the place of the ``<<``, ``mapping`` that of the mapping around it.
    """

    span: Span
    mapping: Span
    key: object
    before: Entry
    since: Entry


class Document(NamedTuple):
    """One parsed file.

    ``header`` holds the leading comment lines (without ``#``), where Hydra looks for ``@package``. ``comments`` are
    those for metta-lint, in file order; ``merges`` are the merged keys on which versions of PyYAML disagree.
    """

    path: str
    root: Node
    header: tuple[str, ...] = ()
    comments: tuple[Comment, ...] = ()
    merges: tuple[MergeDrift, ...] = ()


def plain(node: Node) -> object:
    """The node's value as dicts, lists and scalars, without places."""
    match node:
        case Scalar(value=value):
            return value
        case Sequence(items=items):
            return [plain(item) for item in items]
        case Mapping(entries=entries):
            return {key: plain(entry.value) for key, entry in entries.items()}


def leaves(node: Node, prefix: tuple[object, ...] = ()) -> Iterator[tuple[tuple[object, ...], Node]]:
    """Every scalar, list and empty mapping below a node, with the path of keys that leads to it."""
    if not isinstance(node, Mapping) or not node.entries:
        yield prefix, node
        return
    waiting = [(prefix, iter(node.entries.items()))]  # a generator in a generator in a generator takes twice the time
    while waiting:
        above, entries = waiting[-1]
        for key, (_, value) in entries:
            if isinstance(value, Mapping) and value.entries:
                waiting.append(((*above, key), iter(value.entries.items())))
                break
            yield (*above, key), value
        else:
            waiting.pop()


def mappings(root: Node) -> Iterator[tuple[object, Mapping]]:
    """Every mapping at and below a node, with the key that it stands at."""
    waiting: list[tuple[object, Node]] = [(None, root)]
    while waiting:
        key, node = waiting.pop()
        if isinstance(node, Mapping):
            yield key, node
            inside = [(name, value) for name, (_, value) in node.entries.items() if not isinstance(value, Scalar)]
        else:
            items = node.items if isinstance(node, Sequence) else ()
            inside = [(key, item) for item in items if not isinstance(item, Scalar)]
        inside.reverse()
        waiting += inside

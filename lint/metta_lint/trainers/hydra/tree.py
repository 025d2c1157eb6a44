"""The nodes of a config: every value with its place in a file and the places that it overrode."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeAlias, TypeVar

from metta_lint.base.documents import Entry, Mapping, Scalar, Sequence
from metta_lint.base.errors import InputError
from metta_lint.base.records import NamedTuple
from metta_lint.trainers.hydra.grammar import MISSING, GrammarError, is_interpolated, parse_interpolation

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Self

    from metta_lint.base.documents import Node, Span

INTERPOLATION_LIMIT = 4_000  # in one file
TEXT_LIMIT = 10_000  # characters of one value that has interpolations


V = TypeVar("V")


# Written out: the decorator of dataclasses takes as long as reading a config.
class _Node(Generic[V]):
    """A value, where it was written last, and where before (``overrides``, latest first).

    The value of a list or mapping is its nodes. ``owner`` is the builder that may change these in place; without
    an owner it is shared and never changes. ``is_resolved``: they are known to hold neither interpolations nor ``???``;
    ``node`` is what rules see, once made.
    """

    __slots__ = ("is_resolved", "node", "note", "overrides", "owner", "span", "value")

    def __init__(
        self,
        value: V,
        span: Span | None = None,
        overrides: tuple[Span, ...] = (),
        note: str = "",
        owner: object = None,
    ) -> None:
        self.value = value
        self.span = span
        self.overrides = overrides
        self.note = note
        self.owner = owner
        self.is_resolved = False
        self.node: Node | None = None

    @property
    def spans(self) -> tuple[Span, ...]:
        """Its places: the one that won, then those that it overrode, the latest first."""
        return self.overrides if self.span is None else (self.span, *self.overrides)

    def having(self, value: V, owner: object = None) -> Self:
        """A copy with another value and owner."""
        return type(self)(value, self.span, self.overrides, self.note, owner)

    def over(self, old: ConfigNode) -> Self:
        """The same, once it has overridden another node."""
        return type(self)(self.value, self.span, (*self.overrides, *old.spans), self.note)


class ValueNode(_Node[object]):
    """A value without parts, as it is written: interpolations are still text."""

    __slots__ = ()

    def owned_by(self, _owner: object) -> ValueNode:
        """Itself: it is never changed in place."""
        return self


class ListNode(_Node["list[ConfigNode]"]):
    """A list."""

    __slots__ = ()

    def child(self, key: object) -> ConfigNode | None:
        """The item at an index, which may be text."""
        try:
            index = int(str(key))
        except ValueError:
            return None
        return self.value[index] if 0 <= index < len(self.value) else None

    def put(self, key: object, node: ConfigNode) -> None:
        """Replaces the item at an index, which may be text."""
        self.value[int(str(key))] = node

    def children(self) -> Iterable[tuple[object, ConfigNode]]:
        """Every item with its index."""
        return enumerate(self.value)

    def owned_by(self, owner: object) -> ListNode:
        """The same if it is this builder's already, else a copy that the builder may change."""
        return self if self.owner is owner else self.having(list(self.value), owner)

    def rebuilt(self, nodes: Iterable[ConfigNode]) -> ListNode:
        """The same list of other nodes."""
        return self.having(list(nodes))


class DictNode(_Node["dict[object, ConfigNode]"]):
    """A mapping."""

    __slots__ = ()

    def child(self, key: object) -> ConfigNode | None:
        """The value of a key."""
        return self.value.get(key)

    def put(self, key: object, node: ConfigNode) -> None:
        """Sets the value of a key."""
        self.value[key] = node

    def children(self) -> Iterable[tuple[object, ConfigNode]]:
        """Every value with its key."""
        return self.value.items()

    def owned_by(self, owner: object) -> DictNode:
        """The same if it is this builder's already, else a copy that the builder may change."""
        return self if self.owner is owner else self.having(dict(self.value), owner)

    def rebuilt(self, nodes: Iterable[ConfigNode]) -> DictNode:
        """The same mapping with other nodes for its keys."""
        return self.having(dict(zip(self.value, nodes, strict=True)))


ConfigNode: TypeAlias = ValueNode | ListNode | DictNode


class NodePlace(NamedTuple):
    """A node and the way to it from the root of its tree.

    ``scope`` distinguishes trees at the same keys: a merged copy keeps the original's parents, as in OmegaConf.
    """

    node: ConfigNode
    parent: NodePlace | None = None
    key: object = None
    scope: int = 0

    def child(self, key: object) -> NodePlace | None:
        """The place one key (of a mapping) or one index (of a list, as text or number) down; None if missing."""
        found = None if isinstance(self.node, ValueNode) else self.node.child(key)
        return None if found is None else NodePlace(found, self, key, self.scope)

    def keys(self) -> tuple[object, ...]:
        """The keys that lead here from the root."""
        keys = []
        place = self
        while place.parent is not None:
            keys.append(place.key)
            place = place.parent
        return tuple(reversed(keys))

    def parents(self) -> list[NodePlace]:
        """The places around it, innermost first, with the root last."""
        parents = []
        place = self.parent
        while place is not None:
            parents.append(place)
            place = place.parent
        return parents

    def same(self, other: NodePlace) -> bool:
        """Whether both are the same place, not only equal values."""
        return self.node is other.node and self.scope == other.scope and self.keys() == other.keys()

    def __str__(self) -> str:
        return full_key(self.keys())


def full_key(keys: tuple[object, ...]) -> str:
    """Keys as a setting's name: ``trainer.optimizer.type``."""
    return ".".join(map(str, keys))


# -- from and to documents -------------------------------------------------------------------------------------------


def from_document(node: Node) -> ConfigNode:
    """The tree of a document's node.

    Raises InputError for what OmegaConf refuses: an interpolation that does not parse, a null key.
    """
    return _Conversion().tree(node)


class _Conversion:
    """Makes the tree of one file."""

    def __init__(self) -> None:
        self.interpolations = 0

    def tree(self, node: Node) -> ConfigNode:
        if isinstance(node, Scalar):
            value, span = node
            if isinstance(value, str) and is_interpolated(value):
                self._check(value, span)
            return ValueNode(value, span)
        if isinstance(node, Sequence):
            return ListNode([self.tree(item) for item in node.items], node.span)
        if None in node.entries:
            raise InputError("null is not a key that a config can have", node.entries[None].key_span)
        return DictNode({key: self.tree(value) for key, (_, value) in node.entries.items()}, node.span)

    def _check(self, text: str, span: Span) -> None:
        self.interpolations += text.count("${")
        if self.interpolations > INTERPOLATION_LIMIT or len(text) > TEXT_LIMIT:
            raise InputError("more interpolations than any config has", span)
        try:
            parse_interpolation(text)
        except GrammarError as error:
            raise InputError(str(error), span) from None


def to_document(tree: ConfigNode, around: Span) -> Node:
    """The nodes that rules see. A node that no file gives gets the span of the node around it, at the top ``around``.

    A key gets the span of its value. Only for finished trees: configs share parts, whose nodes are made once.
    """
    span = tree.span or around
    if isinstance(tree, ValueNode):
        return Scalar(tree.value, span)
    if tree.node is None or tree.span is None:
        nodes = {
            key: Scalar(child.value, child.span or span) if isinstance(child, ValueNode) else to_document(child, span)
            for key, child in tree.children()
        }
        if isinstance(tree, ListNode):
            tree.node = Sequence(tuple(nodes.values()), span)
        else:
            tree.node = Mapping({key: Entry(node.span, node) for key, node in nodes.items()}, span)
    return tree.node


# -- from and to plain values ----------------------------------------------------------------------------------------


def from_plain(value: object, note: str = "") -> ConfigNode:
    """The tree of dicts, lists and scalars that no file gives. Raises GrammarError for a bad interpolation."""
    if isinstance(value, dict):
        return DictNode({key: from_plain(item, note) for key, item in value.items()}, note=note)
    if isinstance(value, list):
        return ListNode([from_plain(item, note) for item in value], note=note)
    if isinstance(value, str) and is_interpolated(value):
        parse_interpolation(value)
    return ValueNode(value, note=note)


def to_container(tree: ConfigNode) -> object:
    """The tree as dicts, lists and scalars, interpolations as text."""
    if isinstance(tree, DictNode):
        return {key: to_container(item) for key, item in tree.value.items()}
    if isinstance(tree, ListNode):
        return [to_container(item) for item in tree.value]
    return tree.value


# -- single nodes ----------------------------------------------------------------------------------------------------


def embed(tree: ConfigNode, keys: tuple[str, ...]) -> ConfigNode:
    """The tree with mappings around it, one for each key."""
    for key in reversed(keys):
        tree = DictNode({key: tree}, tree.span, note=tree.note)
    return tree


def is_missing(tree: ConfigNode) -> bool:
    """Whether this is ``???``: the value must be set elsewhere."""
    return isinstance(tree, ValueNode) and tree.value == MISSING

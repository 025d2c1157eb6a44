"""A config tree in memory: every value with the place that it comes from and the places that it overrode."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeAlias, TypeVar

from metta_lint.base.documents import Scalar, Sequence
from metta_lint.base.errors import InputError
from metta_lint.base.records import NamedTuple
from metta_lint.trainers.hydra.grammar import MISSING, GrammarError, is_interpolated, parse

if TYPE_CHECKING:
    from typing import Self

    from metta_lint.base.documents import Node, Span

INTERPOLATION_LIMIT = 4_000  # in one file
TEXT_LIMIT = 10_000  # characters of one value that has interpolations


# Written out: the decorator of dataclasses takes as long as reading a config.
class Leaf:
    """A value without parts, as it is written: interpolations are still text."""

    __slots__ = ("note", "overrides", "span", "value")

    def __init__(
        self, value: object, span: Span | None = None, overrides: tuple[Span, ...] = (), note: str = ""
    ) -> None:
        self.value = value
        self.span = span
        self.overrides = overrides
        self.note = note

    def having(self, value: object) -> Leaf:
        """The same with another value."""
        return Leaf(value, self.span, self.overrides, self.note)


P = TypeVar("P")


class _Parts(Generic[P]):
    """What a list and a mapping have alike.

    ``span`` is where it was written last, ``overrides`` where it was written before, latest first. ``owner`` is the
    draft that may change it in place; what nobody owns is shared and never changes. ``is_resolved``: it is known to
    hold neither interpolations nor ``???``; ``node`` is what rules see, once made.
    """

    __slots__ = ("is_resolved", "node", "note", "overrides", "owner", "parts", "span")

    def __init__(
        self,
        parts: P,
        span: Span | None = None,
        overrides: tuple[Span, ...] = (),
        note: str = "",
        owner: object = None,
    ) -> None:
        self.parts = parts
        self.span = span
        self.overrides = overrides
        self.note = note
        self.owner = owner
        self.is_resolved = False
        self.node: Node | None = None

    def having(self, parts: P, owner: object = None) -> Self:
        """The same with other parts, as another draft's."""
        return type(self)(parts, self.span, self.overrides, self.note, owner)

    def copy(self) -> Self:
        """The same, with the same parts."""
        return self.having(self.parts)


class Items(_Parts["list[Tree]"]):
    """A list."""

    __slots__ = ()


class Branch(_Parts["dict[object, Tree]"]):
    """A mapping."""

    __slots__ = ()


Tree: TypeAlias = Leaf | Items | Branch


class Place(NamedTuple):
    """A node and the way to it from the root of its tree.

    ``scope`` tells trees apart that lie at the same keys: a merged copy keeps the original's parents, as in OmegaConf.
    """

    node: Tree
    parent: Place | None = None
    key: object = None
    scope: int = 0

    def child(self, key: object) -> Place | None:
        """The place one key (of a mapping) or one index (of a list, as text or number) down, None where nothing is."""
        node = self.node
        if isinstance(node, Branch):
            found = node.parts.get(key)
        else:
            found = _item(node, key) if isinstance(node, Items) else None
        return None if found is None else Place(found, self, key, self.scope)

    def keys(self) -> tuple[object, ...]:
        """The keys that lead here from the root."""
        keys = []
        place = self
        while place.parent is not None:
            keys.append(place.key)
            place = place.parent
        return tuple(reversed(keys))

    def root(self) -> Place:
        """The place that absolute interpolations start from."""
        place = self
        while place.parent is not None:
            place = place.parent
        return place

    def same(self, other: Place) -> bool:
        """Whether both are one place, not only equal values."""
        return self.node is other.node and self.scope == other.scope and self.keys() == other.keys()

    def __str__(self) -> str:
        return dotted(self.keys())


def dotted(keys: tuple[object, ...]) -> str:
    """Keys joined as a setting is named."""
    return ".".join(map(str, keys))


def _item(node: Items, key: object) -> Tree | None:
    try:
        index = int(str(key))
    except ValueError:
        return None
    return node.parts[index] if 0 <= index < len(node.parts) else None


def from_document(node: Node) -> Tree:
    """The tree of a document's node.

    Raises InputError for what OmegaConf does not take: an interpolation that does not parse, a null key.
    """
    return _Conversion().tree(node)


class _Conversion:
    """Makes the tree of one file."""

    def __init__(self) -> None:
        self.interpolations = 0

    def tree(self, node: Node) -> Tree:
        if isinstance(node, Scalar):
            value, span = node
            if isinstance(value, str) and is_interpolated(value):
                self._check(value, span)
            return Leaf(value, span)
        if isinstance(node, Sequence):
            return Items([self.tree(item) for item in node.items], node.span)
        if None in node.entries:
            raise InputError("null is not a key that a config can have", node.entries[None].key_span)
        return Branch({key: self.tree(value) for key, (_, value) in node.entries.items()}, node.span)

    def _check(self, text: str, span: Span) -> None:
        self.interpolations += text.count("${")
        if self.interpolations > INTERPOLATION_LIMIT or len(text) > TEXT_LIMIT:
            raise InputError("more interpolations than any config has", span)
        try:
            parse(text)
        except GrammarError as error:
            raise InputError(str(error), span) from None


def from_plain(value: object, note: str = "") -> Tree:
    """The tree of dicts, lists and scalars that no file gives. Raises GrammarError for a bad interpolation."""
    if isinstance(value, dict):
        return Branch({key: from_plain(item, note) for key, item in value.items()}, note=note)
    if isinstance(value, list):
        return Items([from_plain(item, note) for item in value], note=note)
    if isinstance(value, str) and is_interpolated(value):
        parse(value)
    return Leaf(value, note=note)


def plain(tree: Tree) -> object:
    """The tree as dicts, lists and scalars, interpolations as text."""
    if isinstance(tree, Branch):
        return {key: plain(item) for key, item in tree.parts.items()}
    if isinstance(tree, Items):
        return [plain(item) for item in tree.parts]
    return tree.value


def embed(tree: Tree, keys: tuple[str, ...]) -> Tree:
    """The tree with mappings around it, one for each key."""
    for key in reversed(keys):
        tree = Branch({key: tree}, tree.span, note=tree.note)
    return tree


def over(new: Tree, old: Tree) -> Tree:
    """``new`` as it stands once it has overridden ``old``."""
    made: Tree = new.having(new.value) if isinstance(new, Leaf) else new.copy()
    made.overrides = (*new.overrides, *places(old))
    return made


def places(tree: Tree) -> tuple[Span, ...]:
    """Where a value is written and what it overrode, latest first."""
    return tree.overrides if tree.span is None else (tree.span, *tree.overrides)


def is_missing(tree: Tree) -> bool:
    """Whether this is ``???``, which says that a value must come from elsewhere."""
    return isinstance(tree, Leaf) and tree.value == MISSING

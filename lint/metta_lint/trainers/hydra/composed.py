"""A composed config: its settings, each with the place that won and the places that it overrode."""

from __future__ import annotations

from functools import cached_property
from itertools import count
from operator import is_
from typing import TYPE_CHECKING

from metta_lint.base.documents import Entry, Mapping, Node, Scalar, Sequence, Span
from metta_lint.plans.run import Setting
from metta_lint.trainers.hydra.draft import Draft
from metta_lint.trainers.hydra.grammar import MISSING, is_interpolated
from metta_lint.trainers.hydra.interpolation import Resolver
from metta_lint.trainers.hydra.tree import Branch, Items, Leaf, Place, Tree, dotted

if TYPE_CHECKING:
    from metta_lint.base.errors import InputError
    from metta_lint.trainers.hydra.includes import Hole


_scopes = count(1)


class Composed:
    """A config that has been put together, or a part of one.

    Nothing is resolved before ``settings``, ``problems`` or ``container`` asks for it. ``files`` are the files that
    were merged, in their order; ``holes`` those that are included and not there.
    """

    def __init__(self, place: Place, files: tuple[str, ...], holes: tuple[Hole, ...] = ()) -> None:
        self.place = place
        self.files = files
        self.holes = holes

    @property
    def tree(self) -> Tree:
        """The values as they are written, each with its place."""
        return self.place.node

    @cached_property
    def settings(self) -> dict[str, Setting]:
        """Every scalar, list and empty mapping by its dotted key, resolved.

        A mapping that an interpolation names appears here key by key, at the places that it is written at.
        """
        return self._resolved[0]

    @cached_property
    def problems(self) -> tuple[InputError, ...]:
        """The interpolations that cannot be resolved; their settings are Unknown.

        Where files are missing there are none: what an interpolation names may be theirs.
        """
        return () if self.holes else self._resolved[1]

    @cached_property
    def _resolved(self) -> tuple[dict[str, Setting], tuple[InputError, ...]]:
        flattening = _Flattening()
        flattening.visit(self.place, "", "")
        return flattening.settings, tuple(flattening.resolver.problems)

    def at(self, *keys: object) -> Composed:
        """The part that keys lead to. As with a node of OmegaConf's, absolute interpolations still start at the root.

        Raises KeyError where there is no such mapping or list.
        """
        resolver = Resolver()
        place = resolver.find(self.place, keys)
        value = resolver.value(place) if place is not None else None
        if not isinstance(value, Place):
            raise KeyError(dotted(keys))
        return Composed(value, self.files, self.holes)

    def detached(self) -> Composed:
        """The same part with nothing around it: absolute interpolations start here."""
        return Composed(Place(self.place.node), self.files, self.holes)

    def merged(self, tree: Tree, files: tuple[str, ...] = ()) -> Composed:
        """This config with another tree merged over it, as ``OmegaConf.merge`` does, before anything is resolved.

        ``files`` are those that the tree comes from. The result keeps this config's surroundings, which see nothing of
        the merge. Raises InputError where a list and a mapping meet.
        """
        draft = Draft(self.place._replace(scope=next(_scopes)))
        draft.merge(tree)
        return Composed(draft.place, tuple(dict.fromkeys((*self.files, *files))), self.holes)

    def resolved_tree(self) -> Tree:
        """The values resolved, each with the place that its setting names; fit to be merged over another config.

        What needed no resolving is shared with this config.
        """
        return _Copying().copy(self.place)


class _Flattening:
    """Collects the settings of a config."""

    def __init__(self) -> None:
        self.settings: dict[str, Setting] = {}
        self.resolver = Resolver()

    def visit(self, place: Place, key: str, note: str) -> None:
        node = place.node
        if isinstance(node, Branch) and node.parts:
            self._visit_entries(place, node, key, note)
        elif isinstance(node, Leaf):
            self._visit_leaf(place, node, key, note)
        else:
            self._add(key, self.resolver.plain(place), node, note)

    def _visit_entries(self, place: Place, branch: Branch, key: str, note: str) -> None:
        prefix = f"{key}." if key else ""
        self.resolver.enter(branch)
        for name, entry in branch.parts.items():
            if isinstance(entry, Leaf) and _is_fixed(entry.value):
                self._add(f"{prefix}{name}", entry.value, entry, note)
            else:
                self.visit(Place(entry, place, name, place.scope), f"{prefix}{name}", note)
        self.resolver.leave()

    def _visit_leaf(self, place: Place, leaf: Leaf, key: str, note: str) -> None:
        value = self.resolver.value(place)
        if not isinstance(value, Place):
            self._add(key, value, leaf, note)
            return
        with self.resolver.copying(leaf, value) as refused:
            if refused is not None:
                self._add(key, refused, leaf, note)
            elif isinstance(value.node, Items):
                self._add(key, self.resolver.plain(value), leaf, note)
            else:
                self.visit(value, key, note or f"by interpolation of {value}")

    def _add(self, key: str, value: object, node: Tree, note: str) -> None:
        self.settings[key] = Setting(key, value, node.span, node.overrides, node.note or note)


def _is_fixed(value: object) -> bool:
    return not isinstance(value, str) or not (is_interpolated(value) or value == MISSING)


class _Copying:
    """Copies a tree with its interpolations resolved."""

    def __init__(self) -> None:
        self.resolver = Resolver()

    def copy(self, place: Place) -> Tree:
        """The copy; the tree itself where nothing in it needs resolving, which is shared by all that include it."""
        node = place.node
        if isinstance(node, Leaf):
            return node if _is_fixed(node.value) else self._copy_leaf(place, node)
        if node.is_resolved and not self.resolver.is_copying:
            return node
        self.resolver.enter(node)
        copy = self._copy_items(place, node) if isinstance(node, Items) else self._copy_entries(place, node)
        self.resolver.leave()
        return copy

    def _copy_items(self, place: Place, node: Items) -> Items:
        items = [self.copy(Place(item, place, index, place.scope)) for index, item in enumerate(node.parts)]
        node.is_resolved = all(map(is_, items, node.parts))
        return node if node.is_resolved else node.having(items)

    def _copy_entries(self, place: Place, node: Branch) -> Branch:
        entries = {
            key: item
            if isinstance(item, Leaf) and _is_fixed(item.value)
            else self.copy(Place(item, place, key, place.scope))
            for key, item in node.parts.items()
        }
        node.is_resolved = all(map(is_, entries.values(), node.parts.values()))
        return node if node.is_resolved else node.having(entries)

    def _copy_leaf(self, place: Place, leaf: Leaf) -> Tree:
        value = self.resolver.value(place)
        if not isinstance(value, Place):
            return leaf.having(value)
        with self.resolver.copying(leaf, value) as refused:
            return self.copy(value) if refused is None else leaf.having(refused)


def as_node(tree: Tree, around: Span) -> Node:
    """The same values as nodes; what has no place of its own is at that of what it stands in, ``around`` at the top.

    Where the keys stand is not kept: each is said to stand where its value does. A tree that no longer changes is asked
    for; configs share parts of theirs, whose nodes are made once.
    """
    span = tree.span or around
    if isinstance(tree, Leaf):
        return Scalar(tree.value, span)
    if tree.node is not None and tree.span is not None:
        return tree.node
    tree.node = _collection(tree, span)
    return tree.node


def _collection(tree: Branch | Items, span: Span) -> Node:
    if isinstance(tree, Items):
        return Sequence(tuple([as_node(item, span) for item in tree.parts]), span)
    nodes = {
        key: Scalar(item.value, item.span or span) if isinstance(item, Leaf) else as_node(item, span)
        for key, item in tree.parts.items()
    }
    return Mapping({key: Entry(node.span, node) for key, node in nodes.items()}, span)


def open_texts(tree: Tree) -> list[str]:
    """The strings of a tree as they are written; not those of parts that are known to have nothing to resolve."""
    found = []
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Leaf):
            if isinstance(node.value, str):
                found.append(node.value)
        elif not node.is_resolved:
            waiting += reversed(node.parts if isinstance(node, Items) else node.parts.values())
    return found

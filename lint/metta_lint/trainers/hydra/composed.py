"""A composed config: its settings, each with the place that won and the places that it overrode."""

from __future__ import annotations

from functools import cached_property
from itertools import count
from typing import TYPE_CHECKING

from metta_lint.plans.run import Setting
from metta_lint.trainers.hydra.builder import ConfigBuilder
from metta_lint.trainers.hydra.grammar import is_fixed
from metta_lint.trainers.hydra.interpolation import Resolver
from metta_lint.trainers.hydra.tree import (
    ConfigNode,
    DictNode,
    ListNode,
    NodePlace,
    ValueNode,
    full_key,
    to_container,
    to_document,
)

if TYPE_CHECKING:
    from metta_lint.base.documents import Node, Span
    from metta_lint.base.errors import InputError
    from metta_lint.trainers.hydra.includes import Hole

_scopes = count(1)


class Composed:
    """A composed config, or a part of one.

    Nothing is resolved before ``settings``, ``problems`` or ``resolved_tree`` asks for it. ``files`` are the files that
    were merged, in their order; ``holes`` those that are included and missing.
    """

    def __init__(self, place: NodePlace, files: tuple[str, ...], holes: tuple[Hole, ...] = ()) -> None:
        self.place = place
        self.files = files
        self.holes = holes

    @property
    def tree(self) -> ConfigNode:
        """The values as they are written, each with its place."""
        return self.place.node

    def written(self, key: object) -> ConfigNode | None:
        """The node at a key, as it is written; None where there is none."""
        place = self.place.child(key)
        return place.node if place is not None else None

    @cached_property
    def settings(self) -> dict[str, Setting]:
        """Every scalar, list and empty mapping by its dotted key, resolved.

        A mapping that an interpolation names appears here key by key, at the places that it is written at.
        """
        return self._flattened.settings

    @cached_property
    def problems(self) -> tuple[InputError, ...]:
        """The interpolations that cannot be resolved; their settings are Unknown.

        None are reported if files are missing: an interpolation's target may be in them.
        """
        return () if self.holes else tuple(self._flattened.resolver.problems)

    @cached_property
    def _flattened(self) -> _Flattening:
        flattening = _Flattening()
        flattening.visit(self.place, "", "")
        return flattening

    def at(self, *keys: object) -> Composed:
        """The part at these keys. As in OmegaConf, absolute interpolations still start at the root.

        Raises KeyError where there is no such mapping or list.
        """
        resolver = Resolver()
        place = resolver.find(self.place, keys)
        value = resolver.value(place) if place is not None else None
        if not isinstance(value, NodePlace):
            raise KeyError(full_key(keys))
        return Composed(value, self.files, self.holes)

    def detached(self) -> Composed:
        """The same part as a root of its own: absolute interpolations start here."""
        return Composed(NodePlace(self.place.node), self.files, self.holes)

    def merged(self, tree: ConfigNode, files: tuple[str, ...] = ()) -> Composed:
        """This config with another tree merged over it, as ``OmegaConf.merge`` does, before anything is resolved.

        ``files`` are those that the tree comes from. The result keeps this config's surroundings, which see nothing of
        the merge. Raises InputError where a list and a mapping meet.
        """
        builder = ConfigBuilder(self.place._replace(scope=next(_scopes)))
        builder.merge(tree)
        return Composed(builder.place, tuple(dict.fromkeys((*self.files, *files))), self.holes)

    def resolved_tree(self) -> ConfigNode:
        """The resolved values, each with its place in a file, ready to be merged over another config."""
        return Resolver().resolved(self.place)

    def document_node(self, around: Span) -> Node:
        """The resolved values, as rules see them. Values that no file gives get the span ``around``."""
        return to_document(self.resolved_tree(), around)

    def unresolved_texts(self) -> list[str]:
        """The strings as written; parts that are known to have nothing to resolve are skipped."""
        found = []
        waiting = [self.tree]
        while waiting:
            node = waiting.pop()
            if isinstance(node, ValueNode):
                if isinstance(node.value, str):
                    found.append(node.value)
            elif not node.is_resolved:
                waiting += reversed([child for _, child in node.children()])
        return found


class _Flattening:
    """Collects the settings of a config."""

    def __init__(self) -> None:
        self.settings: dict[str, Setting] = {}
        self.resolver = Resolver()

    def visit(self, place: NodePlace, key: str, note: str) -> None:
        node = place.node
        if isinstance(node, DictNode) and node.value:
            self._visit_entries(place, node, key, note)
        elif not isinstance(node, ValueNode):
            self._add(key, to_container(self.resolver.resolved(place)), node, note)
        elif isinstance(value := self.resolver.value(place), NodePlace):
            with self.resolver.reading(value, node) as refused:
                if refused is not None:
                    self._add(key, refused, node, note)
                elif isinstance(value.node, ListNode):
                    self._add(key, to_container(self.resolver.resolved(value)), node, note)
                else:
                    self.visit(value, key, note or f"by interpolation of {value}")
        else:
            self._add(key, value, node, note)

    def _visit_entries(self, place: NodePlace, node: DictNode, key: str, note: str) -> None:
        prefix = f"{key}." if key else ""
        self.resolver.enter(node)
        for name, entry in node.value.items():
            if isinstance(entry, ValueNode) and is_fixed(entry.value):
                self._add(f"{prefix}{name}", entry.value, entry, note)
            else:
                self.visit(NodePlace(entry, place, name, place.scope), f"{prefix}{name}", note)
        self.resolver.leave()

    def _add(self, key: str, value: object, node: ConfigNode, note: str) -> None:
        self.settings[key] = Setting(key, value, node.span, node.overrides, node.note or note)

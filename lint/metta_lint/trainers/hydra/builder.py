"""Puts a config together: files merged one over another, then the command line's overrides."""

from __future__ import annotations

from metta_lint.base.errors import InputError, LintError
from metta_lint.trainers.hydra.grammar import is_fixed
from metta_lint.trainers.hydra.interpolation import COMMAND_LINE_SPAN, Resolver
from metta_lint.trainers.hydra.tree import ConfigNode, DictNode, ListNode, NodePlace, ValueNode, is_missing

WORK_LIMIT = 200_000  # values that are merged, copied, or read through interpolations on the way
DEPTH_LIMIT = 250  # of the finished tree


class NoSuchKeyError(LintError):
    """A change to a missing key, where only existing keys may change."""


class ConfigBuilder:
    """A tree that is changed in place; shared nodes are copied first."""

    def __init__(self, place: NodePlace) -> None:
        self._owner = object()
        self._work = 0
        self.place = place._replace(node=place.node.owned_by(self._owner))

    @property
    def root(self) -> DictNode:
        """The mapping that is built."""
        assert isinstance(self.place.node, DictNode)  # noqa: S101 - for the type checker
        return self.place.node

    def copy(self) -> ConfigBuilder:
        """An independent builder that starts with this tree. This one no longer changes."""
        copy = ConfigBuilder(self.place)
        copy._work = self._work
        return copy

    # -- merging -------------------------------------------------------------------------------------------------

    def merge(self, source: ConfigNode) -> None:
        """Merges as OmegaConf does: mappings key by key, everything else is replaced, ``???`` replaces nothing.

        Raises InputError where a list and a mapping meet, which OmegaConf refuses to merge.
        """
        if not isinstance(source, DictNode):
            raise _clash(source, self.place)
        self._merge(self.place, self.root.value, source, closed=False)

    def _merge(self, place: NodePlace, parts: dict[object, ConfigNode], source: DictNode, *, closed: bool) -> None:
        """Merges into a mapping that this builder owns; ``closed``: new keys are refused."""
        self._count(len(source.value), source)
        for key, new in source.value.items():
            old = parts.get(key)
            if old is None:
                if closed:
                    raise _no_such_key(place, key)
                parts[key] = new
                continue
            if isinstance(old, ValueNode) and not is_fixed(old.value):
                old = self._read_through(old, NodePlace(old, place, key, place.scope))
            if isinstance(new, DictNode) and isinstance(old, DictNode):
                owned = parts[key] = old.owned_by(self._owner)
                self._merge(NodePlace(owned, place, key, place.scope), owned.value, new, closed=closed)
                owned.span, owned.overrides, owned.note = new.span, (*new.overrides, *owned.spans), new.note
            elif is_missing(new):
                parts[key] = old
            else:
                parts[key] = _replaced(new, old, place, key)

    def _read_through(self, node: ValueNode, place: NodePlace) -> ConfigNode:
        """The node; for an interpolation of a mapping or list, a copy of its present target."""
        resolver = Resolver()
        value = resolver.value(place)
        self._count(resolver.work, node)
        return self._copy(value.node, len(place.keys()), node) if isinstance(value, NodePlace) else node

    def _count(self, work: int, cause: ConfigNode) -> None:
        self._work += work
        if self._work > WORK_LIMIT:
            message = f"more than {WORK_LIMIT} values are merged; no config is that large"
            raise InputError(message, cause.span or COMMAND_LINE_SPAN)

    def _copy(self, node: ConfigNode, depth: int, cause: ValueNode) -> ConfigNode:
        self._count(1, cause)
        if depth > DEPTH_LIMIT:
            message = "merging over an interpolation nests the config deeper and deeper"
            raise InputError(message, cause.span or COMMAND_LINE_SPAN)
        if isinstance(node, ValueNode):
            return node
        return node.rebuilt(self._copy(child, depth + 1, cause) for _, child in node.children())

    def blur(self, keys: tuple[str, ...], value: object) -> None:
        """Replaces every value below keys by one value, usually Unknown: a missing file may change them."""
        place = self.place
        for key in keys:
            if place.child(key) is None:
                return
            place = self._own(place, key)
        if place.parent is None:
            self.place = place._replace(node=_blurred(place.node, value).owned_by(self._owner))
        else:
            _put(place.parent, place.key, _blurred(place.node, value))

    # -- single changes ------------------------------------------------------------------------------------------

    def set(self, keys: tuple[str, ...], value: ConfigNode, *, add: bool) -> None:
        """Sets the value at keys, as ``OmegaConf.update`` does; mappings are merged into mappings.

        Raises NoSuchKeyError for a new key unless ``add``, InputError for a list merged with a mapping.
        """
        *parents, last = keys
        place = self.place
        for key in parents:
            old = self._find(place, key, add=add)
            if old is None or isinstance(old, ValueNode):  # gives way to an empty mapping
                _put(place, key, DictNode({}) if old is None else DictNode({}).over(old))
            place = self._own(place, key)
        old = self._find(place, last, add=add)
        if isinstance(old, DictNode) and isinstance(value, DictNode):
            old = old.owned_by(self._owner)
            _put(place, last, old)
            self._merge(NodePlace(old, place, last, place.scope), old.value, value, closed=not add)
        else:
            _put(place, last, value if old is None else _replaced(value, old, place, last))

    @staticmethod
    def _find(place: NodePlace, key: str, *, add: bool) -> ConfigNode | None:
        """The node at a key; None if a new one may be put there."""
        if isinstance(place.node, ListNode) and not key.isdecimal():
            raise NoSuchKeyError(f"{place} is a list, and {key} is no index")
        child = place.child(key)
        if child is None and isinstance(place.node, ListNode):
            raise NoSuchKeyError(f"{place} has no item {key}")
        if child is None and not add:
            raise _no_such_key(place, key)
        return None if child is None else child.node

    def delete(self, place: NodePlace) -> None:
        """Removes the node at a place. Raises NoSuchKeyError for an item of a list, which Hydra cannot delete."""
        owned = self.place
        *way, last = place.keys()[len(self.place.keys()) :]
        for key in way:
            owned = self._own(owned, key)
        if not isinstance(owned.node, DictNode):
            raise NoSuchKeyError(f"{place} is an item of a list, which cannot be deleted")
        del owned.node.value[last]

    # -- ownership -----------------------------------------------------------------------------------------------

    def _own(self, place: NodePlace, key: object) -> NodePlace:
        """The node at a key, copied first if this builder does not own it."""
        child = place.child(key)
        assert child is not None  # noqa: S101 - every caller has looked
        owned = child._replace(node=child.node.owned_by(self._owner))
        _put(place, key, owned.node)
        return owned


def _put(place: NodePlace, key: object, node: ConfigNode) -> None:
    assert not isinstance(place.node, ValueNode)  # noqa: S101 - for the type checker
    place.node.put(key, node)


def _no_such_key(place: NodePlace, key: object) -> NoSuchKeyError:
    where = f" in {place}" if place.parent else ""
    return NoSuchKeyError(f"there is no {key}{where}")


def _blurred(node: ConfigNode, value: object) -> ConfigNode:
    if isinstance(node, DictNode):
        return node.rebuilt(_blurred(child, value) for child in node.value.values())
    return ValueNode(value, node.span, node.overrides, node.note)


def _replaced(new: ConfigNode, old: ConfigNode, place: NodePlace, key: object) -> ConfigNode:
    """The new node for a key. Raises InputError if a list would replace a mapping, or a mapping a list."""
    if isinstance(new, ValueNode) or isinstance(old, ValueNode) or type(new) is type(old):
        return new.over(old)
    raise _clash(new, NodePlace(old, place, key, place.scope))


def _clash(new: ConfigNode, old: NodePlace) -> InputError:
    kinds = {DictNode: "a mapping", ListNode: "a list", ValueNode: "a single value"}
    what = str(old) or "the config's root"
    there = f" ({old.node.span})" if old.node.span else ""
    message = f"{kinds[type(new)]} cannot be merged into {what}, which is {kinds[type(old.node)]}{there}"
    return InputError(message, new.span or COMMAND_LINE_SPAN)

"""A config tree that is being put together: files merged one over another, then the command line's changes."""

from __future__ import annotations

from metta_lint.base.errors import InputError, LintError
from metta_lint.trainers.hydra.grammar import is_interpolated
from metta_lint.trainers.hydra.interpolation import COMMAND_LINE_SPAN, Resolver
from metta_lint.trainers.hydra.tree import Branch, Items, Leaf, Place, Tree, dotted, is_missing, over, places

WORK_LIMIT = 200_000  # values that are merged, copied, or read through interpolations on the way
DEPTH_LIMIT = 250  # of the finished tree


class NoSuchKeyError(LintError):
    """A change to a key that is not there, where only keys that are there may change."""


class Draft:
    """A tree that changes in place. What it shares with documents and with other trees it copies before it changes."""

    def __init__(self, place: Place) -> None:
        self._owner = object()
        self._work = 0
        self.place = place._replace(node=self._owned(place.node))

    @property
    def root(self) -> Branch:
        """The mapping that is put together."""
        assert isinstance(self.place.node, Branch)  # noqa: S101 - for the type checker
        return self.place.node

    def copy(self) -> Draft:
        """A draft that goes on from here by itself. This one no longer changes."""
        copy = Draft(self.place)
        copy._work = self._work
        return copy

    # -- merging -------------------------------------------------------------------------------------------------

    def merge(self, source: Tree) -> None:
        """Merges as OmegaConf does: mappings key by key, everything else is replaced, ``???`` replaces nothing.

        Raises InputError where a list and a mapping meet, which OmegaConf refuses to merge.
        """
        if not isinstance(source, Branch):
            raise _clash(source, self.place)
        self._merge(self.place, source, closed=False)

    def _merge(self, place: Place, source: Branch, *, closed: bool) -> None:
        self._count(len(source.parts), source)
        entries = _entries(place)
        for key, new in source.parts.items():
            old = entries.get(key)
            if old is None:
                self._require_open(place, key, closed=closed)
                entries[key] = new
            elif isinstance(new, Branch) and isinstance(old, Branch):
                self._merge_branch(place, key, old, new, closed=closed)
            else:
                self._merge_entry(place, key, new, closed=closed)

    def _merge_branch(self, place: Place, key: object, old: Branch, new: Branch, *, closed: bool) -> None:
        owned = self._owned(old)
        if owned is not old:
            _entries(place)[key] = owned
        self._merge(Place(owned, place, key, place.scope), new, closed=closed)
        _record(owned, new)

    def _merge_entry(self, place: Place, key: object, new: Tree, *, closed: bool) -> None:
        entries = _entries(place)
        old = entries[key]
        if isinstance(old, Leaf) and isinstance(old.value, str) and is_interpolated(old.value):
            old = entries[key] = self._read_through(Place(old, place, key, place.scope), old)
        if is_missing(new):
            return
        if isinstance(new, Branch) and isinstance(old, Branch):
            self._merge_branch(place, key, old, new, closed=closed)
        elif isinstance(new, Leaf) or isinstance(old, Leaf) or type(new) is type(old):
            entries[key] = over(new, old)
        else:
            raise _clash(new, Place(old, place, key, place.scope))

    def _read_through(self, place: Place, old: Leaf) -> Tree:
        """An old interpolation; if it names a mapping or list, a copy of what it names by now."""
        resolver = Resolver()
        value = resolver.value(place)
        self._count(resolver.work, old)
        return self._copy(value.node, len(place.keys()), old) if isinstance(value, Place) else old

    def _count(self, work: int, cause: Tree) -> None:
        self._work += work
        if self._work > WORK_LIMIT:
            message = f"more than {WORK_LIMIT} values are merged; no config is that large"
            raise InputError(message, cause.span or COMMAND_LINE_SPAN)

    def _copy(self, tree: Tree, depth: int, cause: Leaf) -> Tree:
        self._count(1, cause)
        if depth > DEPTH_LIMIT:
            message = "merging over an interpolation nests the config deeper and deeper"
            raise InputError(message, cause.span or COMMAND_LINE_SPAN)
        if isinstance(tree, Leaf):
            return tree
        if isinstance(tree, Items):
            return tree.having([self._copy(item, depth + 1, cause) for item in tree.parts])
        return tree.having({key: self._copy(item, depth + 1, cause) for key, item in tree.parts.items()})

    def blur(self, keys: tuple[str, ...], value: object) -> None:
        """Replaces every value below keys by one, where there are any: something that is not known can change them."""
        place = self.place
        for key in keys:
            if place.child(key) is None:
                return
            place = self._own(place, key)
        if place.parent is None:
            self.place = place._replace(node=self._owned(_blurred(place.node, value)))
        else:
            _put(place.parent, place.key, _blurred(place.node, value))

    # -- single changes ------------------------------------------------------------------------------------------

    def set(self, keys: tuple[str, ...], value: Tree, *, add: bool) -> None:
        """Sets what keys lead to, as ``OmegaConf.update`` does; mappings are merged into mappings.

        Raises NoSuchKeyError for a new key unless ``add``, InputError for a list merged with a mapping.
        """
        place = self.place
        for key in keys[:-1]:
            place = self._enter(place, key, add=add)
        last = _index(place, keys[-1])
        old = place.child(last)
        if old is None:
            self._require_open(place, last, closed=not add)
            _put(place, last, value)
        elif isinstance(old.node, Leaf) or isinstance(value, Leaf):
            _put(place, last, over(value, old.node))
        else:
            self._merge_container(place, last, value, closed=not add)

    def _merge_container(self, place: Place, key: object, value: Tree, *, closed: bool) -> None:
        child = self._own(place, key)
        if isinstance(child.node, Branch) and isinstance(value, Branch):
            self._merge(child, value, closed=closed)
        elif isinstance(child.node, Items) and isinstance(value, Items):
            _put(place, key, over(value, child.node))
        else:
            raise _clash(value, child)

    def _enter(self, place: Place, key: str, *, add: bool) -> Place:
        """One key further down; what is no mapping or list there gives way to an empty mapping."""
        step = _index(place, key)
        old = place.child(step)
        if old is None or isinstance(old.node, Leaf):
            if old is None:
                self._require_open(place, step, closed=not add)
            empty = Branch({})
            _put(place, step, empty if old is None else over(empty, old.node))
        return self._own(place, step)

    def delete(self, place: Place) -> None:
        """Removes what is at a place. Raises NoSuchKeyError for an item of a list, which Hydra cannot delete."""
        owned = self.place
        *way, last = place.keys()[len(self.place.keys()) :]
        for key in way:
            owned = self._own(owned, key)
        if not isinstance(owned.node, Branch):
            raise NoSuchKeyError(f"{place} is an item of a list, which cannot be deleted")
        del owned.node.parts[last]

    @staticmethod
    def _require_open(place: Place, key: object, *, closed: bool) -> None:
        if isinstance(place.node, Items):
            raise NoSuchKeyError(f"{place} has no item {key}")
        if closed:
            where = f" in {place}" if place.parent else ""
            raise NoSuchKeyError(f"there is no {key}{where}")

    # -- ownership -----------------------------------------------------------------------------------------------

    def _own(self, place: Place, key: object) -> Place:
        child = place.child(key)
        assert child is not None  # noqa: S101 - every caller has looked
        owned = self._owned(child.node)
        if owned is child.node:
            return child
        _put(place, key, owned)
        return Place(owned, place, key, place.scope)

    def _owned(self, tree: Tree) -> Tree:
        """The tree itself if this draft may change it, else a copy of its topmost level that it may."""
        if isinstance(tree, Leaf) or tree.owner is self._owner:
            return tree
        if isinstance(tree, Items):
            return tree.having(list(tree.parts), self._owner)
        return tree.having(dict(tree.parts), self._owner)


def _blurred(tree: Tree, value: object) -> Tree:
    if isinstance(tree, Branch):
        return tree.having({key: _blurred(item, value) for key, item in tree.parts.items()})
    return Leaf(value, tree.span, tree.overrides, tree.note)


def _entries(place: Place) -> dict[object, Tree]:
    assert isinstance(place.node, Branch)  # noqa: S101 - for the type checker
    return place.node.parts


def _put(place: Place, key: object, tree: Tree) -> None:
    if isinstance(place.node, Items):
        place.node.parts[int(str(key))] = tree
    else:
        _entries(place)[key] = tree


def _index(place: Place, key: str) -> object:
    if isinstance(place.node, Items) and not key.isdecimal():
        raise NoSuchKeyError(f"{place} is a list, and {key} is no index")
    return key


def _record(tree: Tree, new: Branch) -> None:
    """Notes on an owned mapping that another one has been merged into it."""
    assert isinstance(tree, Branch)  # noqa: S101 - for the type checker
    tree.span, tree.overrides, tree.note = new.span, (*new.overrides, *places(tree)), new.note


def _clash(new: Tree, old: Place) -> InputError:
    kinds = {Branch: "a mapping", Items: "a list", Leaf: "a single value"}
    what = dotted(old.keys()) or "the config's root"
    there = f" ({old.node.span})" if old.node.span else ""
    message = f"{kinds[type(new)]} cannot be merged into {what}, which is {kinds[type(old.node)]}{there}"
    return InputError(message, new.span or COMMAND_LINE_SPAN)

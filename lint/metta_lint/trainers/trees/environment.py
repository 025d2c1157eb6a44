"""Environment configs of a tree, each composed with its defaults."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from metta_lint.base.documents import Mapping, Node, Scalar, Span, leaves, mappings
from metta_lint.base.unknown import Unknown
from metta_lint.trainers.mettagrid.game_keys import MOVED, NEW_NAMES, allowed_keys
from metta_lint.trainers.mettagrid.maps import agents_placed, kind_of, things_placed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from metta_lint.base.documents import Document
    from metta_lint.trainers.hydra import Composed
    from metta_lint.trainers.mettagrid.maps import Placed, Thing

GAME = "game"


class Environment:
    """One environment config: what Hydra composes for it, every value with the line that won.

    ``root`` holds the values resolved; one that no file gives is ``Unknown``. ``missing`` names what its defaults
    include and the tree does not have: what is absent from ``root`` may be there. ``file`` finds a file of the
    tree by the path that a config gives.
    """

    def __init__(self, folder: str, name: str, composed: Composed, file: Callable[[str], str | None]) -> None:
        self.name = name
        self.path = f"{folder}/{name}.yaml"
        self._file = file
        self.missing = tuple(hole.path for hole in composed.holes)
        self._composed = composed

    @cached_property
    def root(self) -> Mapping:
        """The composed values."""
        node = self._composed.document_node(Span(self.path, 1, 1, 1, 1))
        return node if isinstance(node, Mapping) else Mapping({}, node.span)

    @property
    def is_complete(self) -> bool:
        """Whether all files that its defaults include exist, so that a key that is absent is really not set."""
        return not self.missing

    def get(self, *keys: object) -> Node | None:
        """The node at a path of keys below ``game``, None where there is none."""
        game = self._game
        if isinstance(game, Mapping):
            return game.get(*keys)
        return None if keys else game

    @cached_property
    def _game(self) -> Node | None:  # rules ask for its nodes thousands of times
        return self.root.get(GAME)

    def value(self, *keys: object) -> object:
        """The scalar at a path of keys below ``game``; Unknown where there is none."""
        node = self.get(*keys)
        return node.value if isinstance(node, Scalar) else Unknown(f"{'.'.join(map(str, keys))} is not set")

    def entries(self, *keys: object) -> Iterator[tuple[str, Node]]:
        """The keys and values of the mapping at a path of keys below ``game``; none where there is no mapping."""
        node = self.get(*keys)
        if isinstance(node, Mapping):
            for key, entry in node.entries.items():
                yield str(key), entry.value

    @property
    def map_builder(self) -> Node | None:
        """The node ``game.map_builder``."""
        return self.get("map_builder")

    @cached_property
    def agents_placed(self) -> Placed | None:
        """How many agents the map builder places, None where that is not certain."""
        return agents_placed(self.map_builder, self._map_file)

    @cached_property
    def things_placed(self) -> tuple[Thing, ...]:
        """The objects that the map builder certainly places."""
        return tuple(things_placed(self.map_builder, self._map_file))

    def _map_file(self, uri: str) -> Document | None:
        from metta_lint.sources import readable

        path = self._file(uri)
        return readable(path) if path is not None else None

    @cached_property
    def is_template(self) -> bool:
        """Whether something must be filled in first: a value is ``???``, or the map is missing."""
        return self.map_builder is None or any(text == "???" for text in self._texts)

    @cached_property
    def has_new_names(self) -> bool:
        """Whether it uses keys of 2025-06 or later; earlier keys are then wrong in it."""
        return any(part in NEW_NAMES for keys, _ in leaves(self.root) for part in keys)

    def key_like(self, keys: tuple[str, ...]) -> str:
        """The key of the environment that shares the longest ending with another key; empty if none does."""
        *parents, last = keys
        if last in MOVED and allowed_keys(tuple(parents)) is not None:
            return ".".join([GAME, *parents, MOVED[last]])
        paths = [tuple(map(str, path)) for path, _ in leaves(self.root)]
        for length in range(len(keys), 0, -1):
            found = [".".join(path) for path in paths if path[-length:] == keys[-length:]]
            if found:
                return min(found, key=lambda path: path.count("."))
        return ""

    def reads(self, key: str) -> bool:
        """Whether an interpolation of the config names a key."""
        return any(f"{{{key}}}" in text or f"{{{key}," in text or f".{key}}}" in text for text in self._interpolations)

    @cached_property
    def _interpolations(self) -> tuple[str, ...]:
        return tuple(text for text in self._texts if "${" in text)

    @cached_property
    def _texts(self) -> tuple[str, ...]:
        """Its strings that may hold an interpolation or ``???``."""
        return tuple(self._composed.unresolved_texts())


def rooms_of(node: Node | None) -> Iterator[tuple[str, Mapping]]:
    """The map builders, rooms and scenes at and below a node, each with the bare name of its class."""
    for _, mapping in mappings(node) if node is not None else ():
        if kind := kind_of(mapping):
            yield kind, mapping


def environment_alone(composed: Composed | None, name: str) -> Composed | None:
    """An environment config without the groups that Hydra wraps it in (Metta 2025-07 config_from_path()).

    None where the composed result has no ``game``, or nothing could be composed: a run that uses it reports that.
    """
    groups = name.split("/")[:-1]
    try:
        alone = composed.at(*groups).detached() if composed is not None else None
    except KeyError:
        return None
    return alone if alone is not None and alone.written(GAME) is not None else None

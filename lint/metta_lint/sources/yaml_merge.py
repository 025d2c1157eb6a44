"""Merge keys (``<<``) as the installed PyYAML reads them, and the keys on which its versions disagree.

If several merged mappings have the same key, one of them wins. Up to PyYAML 6.0.3 that is the first in a list and the
last of several ``<<``. From 6.0.4 on it is the last one in both cases, except that a repeated key is skipped. PyYAML
takes two keys for the same if their texts are one object in memory: those of a mapping that is merged twice, and all
keys of one character.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from yaml.constructor import SafeConstructor
from yaml.nodes import MappingNode, ScalarNode, SequenceNode

from metta_lint.base.documents import Entry, Mapping, MergeDrift
from metta_lint.sources.yaml_scalars import MERGE_TAG

if TYPE_CHECKING:
    from metta_lint.base.documents import Span

Pairs: TypeAlias = list[tuple[ScalarNode, tuple[object, Entry]]]
"""A mapping as PyYAML has it while it merges: a key can come several times, and the last one holds."""


def _installed(merges: list[list[Pairs]]) -> Pairs:
    node = MappingNode("", [(ScalarNode(MERGE_TAG, "<<"), _list_of(sources)) for sources in merges])
    SafeConstructor().flatten_mapping(node)
    pairs: Pairs = node.value
    return pairs


def _list_of(sources: list[Pairs]) -> SequenceNode:
    return SequenceNode("", [MappingNode("", pairs) for pairs in sources])


def _up_to_6_0_3(merges: list[list[Pairs]]) -> Pairs:
    return [pair for sources in merges for pairs in reversed(sources) for pair in pairs]


def _from_6_0_4(merges: list[list[Pairs]]) -> Pairs:
    found: dict[int, tuple[ScalarNode, tuple[object, Entry]]] = {}
    for pair in (pair for sources in merges for pairs in sources for pair in pairs):
        found.setdefault(id(pair[0].value), pair)
    return list(found.values())


_ORDERS = (_installed, _up_to_6_0_3, _from_6_0_4)


class Merges:
    """The merges of one file, in the order of the file."""

    def __init__(self) -> None:
        self.drifts: list[MergeDrift] = []
        self._orders: dict[Span, tuple[Pairs, ...]] = {}
        self._drifts: dict[Span, dict[object, tuple[Entry, Entry]]] = {}

    def size(self, mapping: Mapping) -> int:
        """How many pairs a mapping has in PyYAML; lists of lists of merges double them, so they are limited."""
        return max(map(len, self._pairs(mapping)))

    def flatten(self, own: Mapping, merges: list[tuple[Span, list[Mapping]]]) -> Mapping:
        """A mapping with the entries that its ``<<`` keys merge. ``merges`` has the span and mappings of each."""
        orders = tuple(
            [*order([[self._pairs(mapping)[number] for mapping in mappings] for _, mappings in merges]), *_pairs(own)]
            for number, order in enumerate(_ORDERS)
        )
        self._orders[own.span] = orders
        installed, before, since = (dict(item for _, item in pairs) for pairs in orders)
        drifts = {key: (entry, since[key]) for key, entry in before.items() if entry is not since[key]}
        if drifts:
            self._drifts[own.span] = drifts
            sources = [mapping for _, mappings in merges for mapping in mappings]
            inherited = [self._drifts.get(mapping.span, {}) for mapping in sources]
            for key, pair in drifts.items():
                if not any(there.get(key) == pair for there in inherited):  # else it is known where it came about
                    self.drifts.append(MergeDrift(merges[0][0], own.span, key, *pair))
        return own._replace(entries=installed)

    def _pairs(self, mapping: Mapping) -> tuple[Pairs, ...]:
        if mapping.span not in self._orders:
            self._orders[mapping.span] = (_pairs(mapping),) * len(_ORDERS)
        return self._orders[mapping.span]


def _pairs(mapping: Mapping) -> Pairs:
    return [(ScalarNode("", _text(key, entry)), (key, entry)) for key, entry in mapping.entries.items()]


def _text(key: object, entry: Entry) -> object:
    """The object that PyYAML has for a key's text; if that is not known, an object that no other key has."""
    if isinstance(key, str):
        return key
    is_digit = entry.key_span.end_column - entry.key_span.column == 1
    return str(key)[0] if is_digit else entry

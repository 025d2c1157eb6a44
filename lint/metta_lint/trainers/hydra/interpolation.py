"""Resolves interpolations where they stand, as OmegaConf does when a value is read. The environment is never read."""

from __future__ import annotations

import re
from contextlib import contextmanager
from functools import lru_cache
from operator import is_
from typing import TYPE_CHECKING

from metta_lint.base.documents import COMMAND_LINE, Span
from metta_lint.base.errors import InputError
from metta_lint.base.unknown import Unknown
from metta_lint.trainers.hydra.grammar import (
    DictContainer,
    Element,
    GrammarError,
    InterpolatedText,
    Interpolation,
    NodeInterpolation,
    ResolverCall,
    is_fixed,
    parse_element,
    parse_interpolation,
)
from metta_lint.trainers.hydra.resolvers import ResolverError, resolve
from metta_lint.trainers.hydra.tree import (
    ConfigNode,
    DictNode,
    ListNode,
    NodePlace,
    ValueNode,
    full_key,
    is_missing,
    to_container,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

COMMAND_LINE_SPAN = Span(COMMAND_LINE, 1, 1, 1, 1)  # of a value that no file gives
DEPTH_LIMIT = 240  # of nested mappings and of interpolations (which count three times) that lead to one another
TEXT_LIMIT = 10_000  # characters that one interpolated string may have
WORK_LIMIT = 20_000  # values read through interpolations, and interpolations evaluated

_INTERPOLATION_DEPTH = 3
_TOO_MUCH = f"interpolations stand for more than {WORK_LIMIT} values"
_KEYS = re.compile(r"\[(.*?)\]|(?:\A|\.)([^.\[]*)")


class _UnresolvableError(Exception):
    """OmegaConf would raise when this value is read."""


class _AbsentError(_UnresolvableError):
    """A path of keys leads to nothing."""


class _TooMuchError(_UnresolvableError):
    """The limit of work is reached, and every interpolation from here on fails."""


class _UnsettledError(Exception):
    """The value depends on one that no file gives."""

    def __init__(self, unknown: Unknown) -> None:
        super().__init__(unknown.because)
        self.unknown = Unknown(unknown.because)  # what rests on a drawn value is not drawn from its set


@lru_cache(maxsize=4096)
def split_keys(path: str) -> tuple[str, ...]:
    """The keys of a path such as ``a.b[0].c``; of an empty path, none."""
    return tuple(bracketed or plain_key for bracketed, plain_key in _KEYS.findall(path)) if path else ()


class Resolver:
    """Resolves the values of a finished tree; ``problems`` are the values that cannot be resolved."""

    def __init__(self) -> None:
        self.problems: list[InputError] = []
        self._known: dict[tuple[int, tuple[object, ...]], object] = {}
        self._open: list[tuple[int, tuple[object, ...]]] = []
        self._read: list[NodePlace] = []
        self._depth = 0
        self._did_too_much = False
        self.work = 0

    def value(self, place: NodePlace) -> object:
        """The value at a place: a scalar, a resolver's list or dict, Unknown, or the place of a mapping or list."""
        node = place.node
        if not isinstance(node, ValueNode):
            return place
        if is_fixed(node.value):
            return node.value
        return Unknown(f"{place} is mandatory (???)") if is_missing(node) else self._interpolated(place, node)

    def resolved(self, place: NodePlace) -> ConfigNode:
        """The node at a place with everything below it resolved, each value with the place that it is written at.

        A node without interpolations is returned itself: all configs that include it share it.
        """
        node = place.node
        if isinstance(node, ValueNode):
            return node if is_fixed(node.value) else self._resolved_value(place, node)
        is_shared = not (self._read or self._open)
        if is_shared and node.is_resolved:
            return node
        self.enter(node)
        try:
            nodes = [
                child
                if (is_shared and child.is_resolved) or (isinstance(child, ValueNode) and is_fixed(child.value))
                else self.resolved(NodePlace(child, place, key, place.scope))
                for key, child in node.children()
            ]
        finally:
            self.leave()
        node.is_resolved = all(map(is_, nodes, node.value if isinstance(node, ListNode) else node.value.values()))
        return node if node.is_resolved else node.rebuilt(nodes)

    def _resolved_value(self, place: NodePlace, node: ValueNode) -> ConfigNode:
        value = self.value(place)
        if not isinstance(value, NodePlace):
            return node.having(value)
        with self.reading(value, node) as refused:
            return self.resolved(value) if refused is None else node.having(refused)

    @contextmanager
    def reading(self, target: NodePlace, node: ValueNode) -> Iterator[Unknown | None]:
        """Context for reading a whole mapping through an interpolation; yields why it is refused, or None."""
        refused = self._refusal(node, target)
        self._read.append(target)
        self._depth += _INTERPOLATION_DEPTH
        try:
            yield refused
        finally:
            self._depth -= _INTERPOLATION_DEPTH
            self._read.pop()

    def _refusal(self, node: ValueNode, target: NodePlace) -> Unknown | None:
        if any(target.same(place) for place in self._read):
            return self._problem(node, _UnresolvableError(f"interpolation makes {target} a part of itself"))
        if self._depth > DEPTH_LIMIT:
            return self._problem(node, _UnresolvableError("interpolations nest too deep"))
        if self.work > WORK_LIMIT:
            return self._problem(node, _TooMuchError(_TOO_MUCH))
        return None

    def enter(self, node: ListNode | DictNode) -> None:
        """Called before the parts of a mapping or list are read; counts them if an interpolation leads there."""
        self._depth += 1
        if self._read or self._open:
            self.work += len(node.value)

    def leave(self) -> None:
        """Called after the parts have been read."""
        self._depth -= 1

    def _problem(self, node: ValueNode, error: _UnresolvableError) -> Unknown:
        """Record an unresolvable value; the limit is reported once."""
        if not (isinstance(error, _TooMuchError) and self._did_too_much):
            self.problems.append(InputError(str(error), node.span or COMMAND_LINE_SPAN))
        self._did_too_much |= isinstance(error, _TooMuchError)
        return Unknown(str(error))

    # -- one interpolation ---------------------------------------------------------------------------------------

    def _interpolated(self, place: NodePlace, node: ValueNode) -> object:
        key = (place.scope, place.keys())
        if key in self._known:
            return self._known[key]
        if key in self._open:
            way = (*self._open[self._open.index(key) :], key)
            raise _UnresolvableError(f"interpolation in a circle: {' -> '.join(full_key(keys) for _, keys in way)}")
        self._open.append(key)
        try:
            value = self._evaluate(parse_interpolation(str(node.value)), place)
        except _UnresolvableError as error:
            value = self._problem(node, error)
        self._open.pop()
        self._known[key] = value
        return value

    def _evaluate(self, element: Element, place: NodePlace) -> object:
        """The value of an element; a mapping or list of the config as its place."""
        self.work += 1
        if self._depth > DEPTH_LIMIT:
            raise _UnresolvableError("interpolations nest too deep")
        if self.work > WORK_LIMIT:
            raise _TooMuchError(_TOO_MUCH)
        self._depth += _INTERPOLATION_DEPTH
        try:
            value = self._evaluate_element(element, place)
        except _UnsettledError as error:
            return error.unknown
        finally:
            self._depth -= _INTERPOLATION_DEPTH
        if isinstance(value, list | dict):
            self._weigh(value)
        return value

    def _weigh(self, value: object) -> None:
        """Counts the parts of a list or dict from a resolver: the same part may be repeated many times."""
        parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        self.work += len(parts)
        if self.work > WORK_LIMIT:
            raise _TooMuchError(_TOO_MUCH)
        for part in parts:
            self._weigh(part)

    def _evaluate_element(self, element: Element, place: NodePlace) -> object:
        match element:
            case NodeInterpolation(path=path):
                return self._follow(place, self._text(path, place))
            case ResolverCall():
                return self._call(element, place)
            case InterpolatedText(parts=parts):
                return self._text(parts, place)
            case list():
                return [self._argument(item, place) for item in element]
            case DictContainer(items=pairs):
                return {key: self._argument(item, place) for key, item in pairs}
            case _:
                return element

    def _text(self, parts: tuple[str | Interpolation, ...], place: NodePlace) -> str:
        text = ""
        for part in parts:
            text += part if isinstance(part, str) else self._as_text(part, place)
            if len(text) > TEXT_LIMIT:
                raise _UnresolvableError(f"interpolated text is longer than {TEXT_LIMIT} characters")
        return text

    def _as_text(self, part: Interpolation, place: NodePlace) -> str:
        value = self._evaluate(part, place)
        if isinstance(value, Unknown):
            raise _UnsettledError(value)
        text = str(to_container(value.node) if isinstance(value, NodePlace) else value)
        self.work += len(text) // 8
        return text

    # -- references ----------------------------------------------------------------------------------------------

    def _follow(self, place: NodePlace, path: str) -> object:
        value = self.value(self._find(*_start(place, path)))
        if isinstance(value, NodePlace) and any(value.same(parent) for parent in place.parents()):
            raise _UnresolvableError(f"interpolation to {str(value) or 'the root'}, of which it is a part")
        return value

    def find(self, start: NodePlace, keys: tuple[object, ...]) -> NodePlace | None:
        """The place that keys lead to, through interpolations on the way; None where there is none."""
        try:
            return self._find(start, keys)
        except (_UnresolvableError, _UnsettledError):
            return None

    def _find(self, start: NodePlace, keys: tuple[object, ...]) -> NodePlace:
        place = start
        for key in keys:
            container = self._container(place)
            found = container.child(key)
            if found is None:
                where = f" in {container}" if container.parent else ""
                raise _AbsentError(f"interpolation to {full_key(keys)}: there is no {key}{where}")
            place = found
        return place

    def _container(self, place: NodePlace) -> NodePlace:
        value = self.value(place)
        if isinstance(value, Unknown):
            raise _UnsettledError(value)
        if not isinstance(value, NodePlace):
            raise _AbsentError(f"interpolation through {place}, which is neither a mapping nor a list")
        return value

    # -- resolvers -----------------------------------------------------------------------------------------------

    def _call(self, call: ResolverCall, place: NodePlace) -> object:
        name = self._text(call.name, place)
        used = call.arguments[:1] if name == "oc.env" else call.arguments  # its default may be a secret
        arguments = tuple(self._argument(item, place) for item in used)
        try:
            if name == "oc.select":
                return self._oc_select(arguments, place)
            if name == "oc.decode":
                return self._oc_decode(arguments, place)
            return resolve(name, arguments)
        except (ResolverError, GrammarError) as error:
            raise _UnresolvableError(str(error)) from None

    def _argument(self, element: Element, place: NodePlace) -> object:
        """An argument's value; an unknown one is passed on as such."""
        value = self._evaluate(element, place)
        if isinstance(value, NodePlace):
            value = to_container(self.resolved(value))
            self._weigh(value)
        return value

    def _oc_select(self, arguments: tuple[object, ...], place: NodePlace) -> object:
        if not 1 <= len(arguments) <= 2:
            raise ResolverError("oc.select takes a key and a default")
        key, default = arguments if len(arguments) == 2 else (*arguments, None)
        if isinstance(key, Unknown):
            return key
        try:
            found = self._find(*_start(place, str(key)))
        except _AbsentError:
            return default
        return default if is_missing(found.node) else self.value(found)

    def _oc_decode(self, arguments: tuple[object, ...], place: NodePlace) -> object:
        if len(arguments) != 1:
            raise ResolverError("oc.decode takes one string")
        text = arguments[0]
        if text is None or isinstance(text, Unknown):
            return text
        if not isinstance(text, str):
            raise ResolverError("oc.decode takes a string")
        return self._argument(parse_element(text), place)


def _start(place: NodePlace, path: str) -> tuple[NodePlace, tuple[str, ...]]:
    """Where a path begins and the keys that it has: one dot is the mapping around the value, each more its parent."""
    dots = len(path) - len(path.lstrip("."))
    parents = place.parents()
    if dots > len(parents):
        raise _UnresolvableError(f"interpolation to {path} climbs above the root")
    start = parents[dots - 1] if parents else place
    return start, split_keys(path[dots:])

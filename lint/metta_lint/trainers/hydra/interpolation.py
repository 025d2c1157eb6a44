"""Resolves interpolations where they stand, as OmegaConf does when a value is read. The environment is never read."""

from __future__ import annotations

import re
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING

from metta_lint.base.documents import COMMAND_LINE, Span
from metta_lint.base.errors import InputError
from metta_lint.base.records import NamedTuple
from metta_lint.base.unknown import Unknown
from metta_lint.trainers.hydra.grammar import (
    Call,
    DictOf,
    Element,
    GrammarError,
    Interpolation,
    Joined,
    ListOf,
    Literal,
    Reference,
    is_interpolated,
    parse,
    parse_element,
)
from metta_lint.trainers.hydra.resolvers import ResolverError, resolve
from metta_lint.trainers.hydra.tree import Branch, Items, Leaf, Place, dotted, is_missing, plain

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


class _UnsettledError(Exception):
    """The value rests on one that no file gives."""

    def __init__(self, unknown: Unknown) -> None:
        super().__init__(unknown.because)
        self.unknown = unknown


class _Key(NamedTuple):
    scope: int
    keys: tuple[object, ...]


@lru_cache(maxsize=4096)
def split_keys(path: str) -> tuple[str, ...]:
    """The keys of a path such as ``a.b[0].c``; of an empty path, none."""
    return tuple(bracketed or plain_key for bracketed, plain_key in _KEYS.findall(path)) if path else ()


class Resolver:
    """Resolves the values of a tree that no longer changes; ``problems`` are those that cannot be resolved."""

    def __init__(self) -> None:
        self.problems: list[InputError] = []
        self._known: dict[_Key, object] = {}
        self._open: list[_Key] = []
        self._copied: list[Place] = []
        self._depth = 0
        self.work = 0

    def value(self, place: Place) -> object:
        """The value at a place: a scalar, a resolver's list or dict, Unknown, or the place of a mapping or list."""
        node = place.node
        if not isinstance(node, Leaf):
            return place
        if not isinstance(node.value, str):
            return node.value
        if is_missing(node):
            return Unknown(f"{place} is mandatory (???)")
        return self._interpolated(place, node) if is_interpolated(node.value) else node.value

    def plain(self, place: Place) -> object:
        """The value at a place and below it as dicts, lists and scalars; Unknown where one is not known."""
        node = place.node
        if isinstance(node, Leaf):
            return self._plain_leaf(place, node)
        self.enter(node)
        try:
            if isinstance(node, Items):
                return [self.plain(Place(item, place, index, place.scope)) for index, item in enumerate(node.parts)]
            return {key: self.plain(Place(item, place, key, place.scope)) for key, item in node.parts.items()}
        finally:
            self.leave()

    def _plain_leaf(self, place: Place, leaf: Leaf) -> object:
        value = self.value(place)
        if not isinstance(value, Place):
            return value
        with self.copying(leaf, value) as refused:
            return self.plain(value) if refused is None else refused

    @contextmanager
    def copying(self, leaf: Leaf, target: Place) -> Iterator[Unknown | None]:
        """Around what reads a whole mapping or list through the interpolation that names it; gives a reason not to."""
        refused = self._refusal(leaf, target)
        self._copied.append(target)
        self._depth += _INTERPOLATION_DEPTH
        try:
            yield refused
        finally:
            self._depth -= _INTERPOLATION_DEPTH
            self._copied.pop()

    @property
    def is_copying(self) -> bool:
        """Whether a mapping or list is being read through an interpolation: what is read then is counted."""
        return bool(self._copied)

    def _refusal(self, leaf: Leaf, target: Place) -> Unknown | None:
        if any(target.same(place) for place in self._copied):
            return self.problem(leaf, f"interpolation makes {target} a part of itself")
        if self._depth > DEPTH_LIMIT:
            return self.problem(leaf, "interpolations nest too deep")
        if self.work > WORK_LIMIT:
            return self.problem(leaf, _TOO_MUCH)
        return None

    def enter(self, node: Items | Branch) -> None:
        """Before a mapping's or list's parts are read; counts them if it is an interpolation that leads there."""
        self._depth += 1
        if self._copied or self._open:
            self.work += len(node.parts)

    def leave(self) -> None:
        """After they have been read."""
        self._depth -= 1

    def problem(self, leaf: Leaf, message: str) -> Unknown:
        """Records that a value cannot be resolved; that there is no end to them is said once."""
        if message != _TOO_MUCH or all(problem.message != message for problem in self.problems):
            self.problems.append(InputError(message, leaf.span or COMMAND_LINE_SPAN))
        return Unknown(message)

    # -- one interpolation ---------------------------------------------------------------------------------------

    def _interpolated(self, place: Place, leaf: Leaf) -> object:
        key = _Key(place.scope, place.keys())
        if key in self._known:
            return self._known[key]
        if key in self._open:
            way = (*self._open[self._open.index(key) :], key)
            raise _UnresolvableError(f"interpolation in a circle: {' -> '.join(dotted(step.keys) for step in way)}")
        self._open.append(key)
        self._known[key] = self._evaluated(place, leaf)
        self._open.pop()
        return self._known[key]

    def _evaluated(self, place: Place, leaf: Leaf) -> object:
        try:
            return self._evaluate(parse(str(leaf.value)), place)
        except _UnsettledError as error:
            return error.unknown
        except _UnresolvableError as error:
            return self.problem(leaf, str(error))

    def _evaluate(self, element: Element, place: Place) -> object:
        self.work += 1
        if self._depth > DEPTH_LIMIT:
            raise _UnresolvableError("interpolations nest too deep")
        if self.work > WORK_LIMIT:
            raise _UnresolvableError(_TOO_MUCH)
        self._depth += _INTERPOLATION_DEPTH
        try:
            value = self._evaluate_element(element, place)
        finally:
            self._depth -= _INTERPOLATION_DEPTH
        if isinstance(value, list | dict):
            self._weigh(value)
        return value

    def _weigh(self, value: object) -> None:
        """Counts the parts of a list or dict that a resolver gave: they may be the same ones over and over."""
        parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        self.work += len(parts)
        if self.work > WORK_LIMIT:
            raise _UnresolvableError(_TOO_MUCH)
        for part in parts:
            self._weigh(part)

    def _evaluate_element(self, element: Element, place: Place) -> object:
        match element:
            case Literal(value=value):
                return value
            case Reference(path=path):
                return _settled(self._follow(place, self._text(path, place)))
            case Call():
                return _settled(self._call(element, place))
            case Joined(parts=parts):
                return self._text(parts, place)
            case ListOf(items=items):
                return [self._argument(item, place) for item in items]
            case DictOf(items=pairs):
                return {key: self._argument(item, place) for key, item in pairs}

    def _text(self, parts: tuple[str | Interpolation, ...], place: Place) -> str:
        text = ""
        for part in parts:
            text += part if isinstance(part, str) else self._as_text(part, place)
            if len(text) > TEXT_LIMIT:
                raise _UnresolvableError(f"interpolated text is longer than {TEXT_LIMIT} characters")
        return text

    def _as_text(self, part: Interpolation, place: Place) -> str:
        try:
            value = self._evaluate(part, place)
        except _UnsettledError as error:  # a text around a drawn value is not that value
            raise _UnsettledError(Unknown(error.unknown.because)) from None
        text = str(plain(value.node) if isinstance(value, Place) else value)
        self.work += len(text) // 8
        return text

    # -- references ----------------------------------------------------------------------------------------------

    def _follow(self, place: Place, path: str) -> object:
        value = self.value(self._find(*_start(place, path)))
        if isinstance(value, Place) and _holds(value, place):
            raise _UnresolvableError(f"interpolation to {str(value) or 'the root'}, of which it is a part")
        return value

    def find(self, start: Place, keys: tuple[object, ...]) -> Place | None:
        """The place that keys lead to, through interpolations on the way; None where there is none."""
        try:
            return self._find(start, keys)
        except (_UnresolvableError, _UnsettledError):
            return None

    def _find(self, start: Place, keys: tuple[object, ...]) -> Place:
        place = start
        for key in keys:
            container = self._container(place)
            found = container.child(key)
            if found is None:
                where = f" in {container}" if container.parent else ""
                raise _AbsentError(f"interpolation to {dotted(keys)}: there is no {key}{where}")
            place = found
        return place

    def _container(self, place: Place) -> Place:
        value = self.value(place)
        if isinstance(value, Unknown):
            raise _UnsettledError(Unknown(value.because))
        if not isinstance(value, Place):
            raise _AbsentError(f"interpolation through {place}, which is neither a mapping nor a list")
        return value

    # -- resolvers -----------------------------------------------------------------------------------------------

    def _call(self, call: Call, place: Place) -> object:
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

    def _argument(self, element: Element, place: Place) -> object:
        """An argument's value; an unknown one is passed on as such."""
        try:
            value = self._evaluate(element, place)
        except _UnsettledError as error:
            return error.unknown
        if isinstance(value, Place):
            value = self.plain(value)
            self._weigh(value)
        return value

    def _oc_select(self, arguments: tuple[object, ...], place: Place) -> object:
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

    def _oc_decode(self, arguments: tuple[object, ...], place: Place) -> object:
        if len(arguments) != 1:
            raise ResolverError("oc.decode takes one string")
        text = arguments[0]
        if text is None or isinstance(text, Unknown):
            return text
        if not isinstance(text, str):
            raise ResolverError("oc.decode takes a string")
        return self._argument(parse_element(text), place)


def _settled(value: object) -> object:
    if isinstance(value, Unknown):
        raise _UnsettledError(value)
    return value


def _start(place: Place, path: str) -> tuple[Place, tuple[str, ...]]:
    """Where a path begins and the keys that it has: one dot is the mapping around the value, each more its parent."""
    dots = len(path) - len(path.lstrip("."))
    keys = split_keys(path[dots:])
    if not dots:
        return place.root(), keys
    start = place.parent
    for _ in range(dots - 1):
        start = start.parent if start is not None else None
    if start is None:
        raise _UnresolvableError(f"interpolation to {path} climbs above the root")
    return start, keys


def _holds(container: Place, place: Place) -> bool:
    around = place.parent
    while around is not None:
        if around.same(container):
            return True
        around = around.parent
    return False

"""Applies command-line overrides: some choose config groups, the others change the merged config."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metta_lint.base.errors import InputError
from metta_lint.base.wording import IN_BRACKETS, did_you_mean
from metta_lint.trainers.hydra.builder import ConfigBuilder, NoSuchKeyError
from metta_lint.trainers.hydra.defaults import GroupOverrides
from metta_lint.trainers.hydra.grammar import GrammarError
from metta_lint.trainers.hydra.hydra_node import GROUPS, NODE
from metta_lint.trainers.hydra.includes import Include, Option
from metta_lint.trainers.hydra.interpolation import Resolver
from metta_lint.trainers.hydra.tree import DictNode, from_plain, is_missing, to_container

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from metta_lint.trainers.hydra.overrides import Override

NOTE = "command line"
KEY_LIMIT = 50  # keys in one path


def read_overrides(texts: Sequence[str], is_group: Callable[[str], bool]) -> tuple[GroupOverrides, Sequence[Override]]:
    """The overrides of config groups, and those of values.

    Raises InputError for changes of a group that Hydra refuses.
    """
    if not texts:
        return GroupOverrides(), ()
    from metta_lint.trainers.hydra.overrides import parse_override

    choices: dict[str, Include] = {}
    appended: list[Include] = []
    deletions: dict[str, Include] = {}
    values: list[Override] = []
    for number, text in enumerate(texts, start=1):
        override = parse_override(text, number)
        key = override.key if override.package is None else f"{override.key}@{override.package}"
        if override.key in GROUPS or override.key.partition(".")[0] == NODE:
            continue  # Hydra's own node is no part of the config
        if isinstance(override.value, dict) or not is_group(override.key):
            values.append(override)
        elif override.sign == "~":
            deletions[key] = _include(override)
        elif override.sign == "+":
            appended.append(_include(override))
        else:
            choices[key] = _include(override)
    return GroupOverrides(choices, tuple(appended), deletions), values


def _include(override: Override) -> Include:
    """The override of a group as an item of a defaults list."""
    if override.sign == "++":
        raise InputError("a config group cannot be added by force; write one +", override.span)
    deletes = override.sign == "~"
    many = isinstance(override.value, list) and not deletes
    names = override.value if isinstance(override.value, list) and many else [override.value]
    if deletes and not override.has_value:
        names = []
    options = tuple(Option(name, override.span) for name in names if isinstance(name, str))
    if len(options) < len(names):
        kind = "a string" if deletes else "a string or a list of them"
        raise InputError(f"{override.key} is a config group: its option is {kind}", override.span)
    return Include(override.key, options, override.span, override.package, many=many, external=True)


# -- values ----------------------------------------------------------------------------------------------------------


def apply_override(override: Override, builder: ConfigBuilder) -> None:
    """Changes one value. Raises InputError for a missing key, and for an existing one with ``+``."""
    if override.package is not None:
        raise InputError(f"there is no config group {override.key}", override.span)
    keys = tuple(override.key.split("."))
    if len(keys) > KEY_LIMIT:
        raise InputError(f"a path of more than {KEY_LIMIT} keys", override.span)
    try:
        if override.sign == "~":
            _delete(override, keys, builder)
        else:
            _set(override, keys, builder)
    except NoSuchKeyError as error:
        adds = f"; +{override.text} adds it" if override.sign == "" else ""
        message = f"{override.text} changes nothing: {error}{_hint(keys, builder)}{adds}"
        raise InputError(message, override.span) from None


def _set(override: Override, keys: tuple[str, ...], builder: ConfigBuilder) -> None:
    try:
        value = from_plain(override.value, NOTE)
        if override.sign == "+" and not isinstance(override.value, dict | list):
            _require_absent(override, keys, builder)
        builder.set(keys, value, add=override.sign != "")
    except GrammarError as error:
        raise InputError(str(error), override.span) from None
    except InputError as error:  # its span is the command line's first argument, whichever this one is
        raise InputError(error.message, override.span) from None


def _require_absent(override: Override, keys: tuple[str, ...], builder: ConfigBuilder) -> None:
    resolver = Resolver()
    place = resolver.find(builder.place, keys)
    if place is not None and not is_missing(place.node) and resolver.value(place) is not None:
        changes = f"{override.text[1:]} changes it, +{override.text} adds or changes it"
        raise InputError(f"{override.key} is there already: {changes}", override.span)


def _delete(override: Override, keys: tuple[str, ...], builder: ConfigBuilder) -> None:
    resolver = Resolver()
    place = resolver.find(builder.place, keys)
    value = None if place is None or is_missing(place.node) else to_container(resolver.resolved(place))
    if place is None or value is None:
        raise NoSuchKeyError(f"there is no {override.key} to delete")
    if override.value is not None and override.value != value:
        raise InputError(f"{override.key} has another value than the one to delete", override.span)
    builder.delete(place)


def _hint(keys: tuple[str, ...], builder: ConfigBuilder) -> str:
    """The known key that the first unknown one resembles."""
    place = builder.place
    for key in keys:
        child = place.child(key)
        if child is None:
            return did_you_mean(key, place.node.value if isinstance(place.node, DictNode) else (), form=IN_BRACKETS)
        place = child
    return ""

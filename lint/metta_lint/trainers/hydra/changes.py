"""Puts command-line overrides to work: some choose config groups, the others change the merged config."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metta_lint.base.errors import InputError
from metta_lint.base.records import NamedTuple
from metta_lint.base.wording import IN_BRACKETS, did_you_mean
from metta_lint.trainers.hydra.defaults import GroupChanges, GroupChoice
from metta_lint.trainers.hydra.draft import Draft, NoSuchKeyError
from metta_lint.trainers.hydra.grammar import GrammarError
from metta_lint.trainers.hydra.hydra_node import GROUPS, NODE
from metta_lint.trainers.hydra.includes import Include, Option
from metta_lint.trainers.hydra.interpolation import Resolver
from metta_lint.trainers.hydra.tree import Branch, Tree, from_plain, is_missing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from metta_lint.trainers.hydra.overrides import Override

NOTE = "command line"
KEY_LIMIT = 50  # keys in one path


class Changes(NamedTuple):
    """Overrides by what they change."""

    groups: GroupChanges
    values: tuple[Override, ...]


def sort_changes(overrides: Iterable[Override], is_group: Callable[[str], bool]) -> Changes:
    """Tells overrides of config groups from overrides of values.

    Raises InputError for what Hydra does not let one do to a group.
    """
    choices: dict[str, GroupChoice] = {}
    appended: list[Include] = []
    deletions: dict[str, Option] = {}
    values: list[Override] = []
    for override in overrides:
        if override.key in GROUPS or override.key.partition(".")[0] == NODE:
            continue  # Hydra's own node is no part of the config
        if isinstance(override.value, dict) or not is_group(override.key):
            values.append(override)
        elif override.sign == "~":
            deletions[_group_key(override)] = _deletion(override)
        elif override.sign == "+":
            appended.append(_appended(override))
        else:
            choices[_group_key(override)] = _choice(override)
    return Changes(GroupChanges(choices, tuple(appended), deletions), tuple(values))


def _group_key(override: Override) -> str:
    return override.key if override.package is None else f"{override.key}@{override.package}"


def _choice(override: Override) -> GroupChoice:
    if override.sign == "++":
        raise InputError("a config group cannot be added by force; write one +", override.span)
    many = isinstance(override.value, list)
    return GroupChoice(_options(override), many, override.span, external=True)


def _appended(override: Override) -> Include:
    many = isinstance(override.value, list)
    return Include(
        override.key,
        _options(override),
        many,
        override.package,
        optional=False,
        override=False,
        span=override.span,
        external=True,
    )


def _options(override: Override) -> tuple[Option, ...]:
    names = override.value if isinstance(override.value, list) else [override.value]
    options = tuple(Option(name, override.span) for name in names if isinstance(name, str))
    if len(options) < len(names):
        raise InputError(f"{override.key} is a config group: its option is a string or a list of them", override.span)
    return options


def _deletion(override: Override) -> Option:
    if override.has_value and not isinstance(override.value, str):
        raise InputError(f"{override.key} is a config group: its option is a string", override.span)
    return Option(override.value if isinstance(override.value, str) else "", override.span)


# -- values ----------------------------------------------------------------------------------------------------------


def apply(override: Override, draft: Draft) -> None:
    """Changes one value. Raises InputError for a key that is not there, or is there already where ``+`` adds one."""
    if override.package is not None:
        raise InputError(f"there is no config group {override.key}", override.span)
    keys = tuple(override.key.split("."))
    if len(keys) > KEY_LIMIT:
        raise InputError(f"a path of more than {KEY_LIMIT} keys", override.span)
    try:
        if override.sign == "~":
            _delete(override, keys, draft)
        else:
            _set(override, keys, draft)
    except NoSuchKeyError as error:
        raise InputError(_no_such_key(override, keys, draft, str(error)), override.span) from None


def _set(override: Override, keys: tuple[str, ...], draft: Draft) -> None:
    value = _tree(override)
    if override.sign == "+" and not isinstance(override.value, dict | list):
        _require_absent(override, keys, draft)
    try:
        draft.set(keys, value, add=override.sign != "")
    except InputError as error:  # its span is the command line's first argument, whichever this one is
        raise InputError(error.message, override.span) from None


def _tree(override: Override) -> Tree:
    try:
        return from_plain(override.value, NOTE)
    except GrammarError as error:
        raise InputError(str(error), override.span) from None


def _require_absent(override: Override, keys: tuple[str, ...], draft: Draft) -> None:
    resolver = Resolver()
    place = resolver.find(draft.place, keys)
    if place is not None and not is_missing(place.node) and resolver.value(place) is not None:
        message = (
            f"{override.key} is there already: {override.text[1:]} changes it, +{override.text} adds or changes it"
        )
        raise InputError(message, override.span)


def _delete(override: Override, keys: tuple[str, ...], draft: Draft) -> None:
    resolver = Resolver()
    place = resolver.find(draft.place, keys)
    value = None if place is None or is_missing(place.node) else resolver.plain(place)
    if place is None or value is None:
        raise NoSuchKeyError(f"there is no {override.key} to delete")
    if override.value is not None and override.value != value:
        raise InputError(f"{override.key} has another value than the one to delete", override.span)
    draft.delete(place)


def _no_such_key(override: Override, keys: tuple[str, ...], draft: Draft, reason: str) -> str:
    adds = f"; +{override.text} adds it" if override.sign == "" else ""
    return f"{override.text} changes nothing: {reason}{_hint(keys, draft)}{adds}"


def _hint(keys: tuple[str, ...], draft: Draft) -> str:
    place = draft.place
    for key in keys:
        child = place.child(key)
        if child is None:
            return did_you_mean(key, place.node.parts if isinstance(place.node, Branch) else (), form=IN_BRACKETS)
        place = child
    return ""

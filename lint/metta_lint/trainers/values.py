"""Values that are not what a trainer needs: a batch of 2.5, 'auto' in the wrong place, a text for a number, nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metta_lint.base.unknown import Unknown
from metta_lint.plans.plan import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from metta_lint.plans.derivation import Derivation


def check_whole(
    d: Derivation,
    keys: Iterable[str],
    requirement: str,
    *,
    exception: str,
    words: tuple[object, ...],
) -> None:
    """Refuse what is no whole number, save for the words that the trainer takes instead (``auto``)."""
    for key in keys:
        value = d.run.value(key)
        if not isinstance(value, int | Unknown) and value not in words:
            message = f"{key} = {value!r} is a {type(value).__name__}; it must be a whole number"
            d.refuse(Refusal(requirement, exception, message, (key,)))


def check_positive(d: Derivation, keys: Iterable[str], requirement: str, *, exception: str) -> None:
    """Refuse whole numbers below 1."""
    for key in keys:
        value = d.run.value(key)
        if isinstance(value, int) and value < 1:
            d.refuse(Refusal(requirement, exception, f"{key} = {value} must be at least 1", (key,)))


def check_number(
    d: Derivation,
    keys: Iterable[str],
    requirement: str,
    *,
    exception: str,
    words: tuple[object, ...] = (),
) -> bool:
    """Refuse what is no number at all, save for the words that the trainer takes instead; whether nothing was."""
    refused = [
        (key, value)
        for key in keys
        if not isinstance(value := d.run.value(key), int | float | Unknown) and value not in words
    ]
    for key, value in refused:
        message = f"{key} = {value!r} is a {type(value).__name__}; it must be a number"
        d.refuse(Refusal(requirement, exception, message, (key,)))
    return not refused

"""Sizes that are none: what a trainer does with a batch of 2.5, 'auto' in the wrong place, or nothing at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metta_lint.plans import Refusal
from metta_lint.settings import Unknown

if TYPE_CHECKING:
    from collections.abc import Iterable

    from metta_lint.plans import Derivation


def check_whole(
    d: Derivation, keys: Iterable[str], requirement: str, *, exception: str, words: tuple[object, ...]
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


def check_number(d: Derivation, keys: Iterable[str], requirement: str, *, exception: str) -> None:
    """Refuse what is no number at all."""
    for key in keys:
        value = d.run.value(key)
        if not isinstance(value, int | float | Unknown):
            message = f"{key} = {value!r} is a {type(value).__name__}; it must be a number"
            d.refuse(Refusal(requirement, exception, message, (key,)))

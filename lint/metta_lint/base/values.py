"""Checks of plain values that every package shares."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import TypeGuard

OFF = "off"
"""The value of a quantity that the trainer does not use: no KL stop, no reward clamp."""


def is_number(value: object) -> TypeGuard[int | float]:
    """Whether a value is an int or float; True and False are not numbers here."""
    return isinstance(value, int | float) and not isinstance(value, bool)

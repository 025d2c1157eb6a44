"""Words and questions about plain values that every package shares."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import TypeGuard

OFF = "off"
"""The value of a quantity that the trainer does without: no KL stop, no reward clamp."""


def is_number(value: object) -> TypeGuard[int | float]:
    """Whether a value is a number; True and False are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)

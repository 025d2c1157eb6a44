"""JSON as its standard has it: Python's own writer makes NaN and Infinity, which other readers refuse."""

from __future__ import annotations

from math import isfinite
from typing import Any


def as_json(data: object) -> str:
    """A report for scripts. What JSON has no number for is a text: ``"inf"``, ``"-inf"``, ``"nan"``."""
    import json

    try:
        return json.dumps(data, indent=2, default=str, allow_nan=False)
    except ValueError:
        return json.dumps(_finite(data), indent=2, default=str, allow_nan=False)


def _finite(data: Any) -> Any:
    """Data with texts for numbers that are not finite."""
    match data:
        case float():
            return data if isfinite(data) else str(data)
        case dict():
            return {key: _finite(value) for key, value in data.items()}
        case list() | tuple():
            return [_finite(item) for item in data]
    return data

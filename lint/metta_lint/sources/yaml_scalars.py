"""What a YAML scalar's text means: YAML 1.1 as PyYAML has it, with OmegaConf's floats and without dates."""

from __future__ import annotations

import re
from base64 import decodebytes
from typing import TYPE_CHECKING

from metta_lint.files.limits import NUMBER_LIMIT

if TYPE_CHECKING:
    from collections.abc import Callable

MERGE_TAG = "tag:yaml.org,2002:merge"
_BOOLS = {"yes": True, "no": False, "true": True, "false": False, "on": True, "off": False}
_CONSTANTS: dict[str, object] = {
    "": None,
    **dict.fromkeys(("~", "null", "Null", "NULL")),
    **{form(word): value for word, value in _BOOLS.items() for form in (str.lower, str.upper, str.capitalize)},
}
_SHORT = 18  # digits; the most frequent numbers need no pattern
_NUMBER_STARTS = frozenset("-+.0123456789")

_INT = re.compile(
    r"""
      [-+]?0b[01_]+
    | [-+]?0x[0-9a-fA-F_]+
    | [-+]?0[0-7_]*                           # octal, and zero
    | [-+]?[1-9][0-9_]*(?::[0-5]?[0-9])*+      # decimal; base 60 with colons
    """,
    re.VERBOSE,
)
_FLOAT = re.compile(
    r"""
      [-+]?[0-9][0-9_]*\.[0-9_]*(?:e[-+][0-9]+)?
    | [-+]?[0-9]++(?:_[0-9]++)*+(?:\.[0-9_]*)?e[-+]?[0-9]+   # OmegaConf's: 1e-12, 1.5e3
    | \.[0-9][0-9_]*(?:e[-+][0-9]+)?
    | [-+]?[0-9][0-9_]*(?::[0-5]?[0-9])++\.[0-9_]*          # base 60
    """,
    re.VERBOSE | re.IGNORECASE,
)
_FLOAT_1_1 = r"""(?xi)
      [-+]?[0-9][0-9_]*\.[0-9_]*(?:e[-+][0-9]+)?
    | \.[0-9][0-9_]*(?:e[-+][0-9]+)?
    | [-+]?[0-9][0-9_]*(?::[0-5]?[0-9])++\.[0-9_]*
"""
"""PyYAML's, which plugins alone ask for."""
_SPECIAL_FLOATS = frozenset(
    [f"{sign}.{name}" for sign in ("", "+", "-") for name in ("inf", "Inf", "INF")] + [".nan", ".NaN", ".NAN"],
)
_UNUSABLE = {"<<": "a merge key, not a value", "=": "YAML's default-value key, not a value"}


def plain_value(text: str) -> object:
    """The value of a plain (unquoted, untagged) scalar. Raises ValueError for a number that cannot be converted."""
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if text[0] in _NUMBER_STARTS:
        if text[0] != "0" and len(text) <= _SHORT and text.isascii() and text.isdecimal():
            return int(text)
        if _INT.fullmatch(text):
            return _int(text)
        if _FLOAT.fullmatch(text) or text in _SPECIAL_FLOATS:
            return _float(text)
    elif text in _UNUSABLE:
        raise ValueError(f"{text!r} is {_UNUSABLE[text]}; quote it to mean a string")
    return text


def plain_value_1_1(text: str) -> object:
    """The value of a plain scalar as PyYAML's SafeLoader has it: ``1e-4`` and ``1.5e3`` are texts there."""
    value = plain_value(text)
    is_text = isinstance(value, float) and not re.fullmatch(_FLOAT_1_1, text) and text not in _SPECIAL_FLOATS
    return text if is_text else value


def string(text: str) -> str:
    """The text itself. Raises ValueError for half a surrogate pair, which an escape can write and no file can hold."""
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise ValueError("string holds half of a surrogate pair") from None
    return text


def _unsigned(text: str) -> tuple[int, str]:
    if len(text) > NUMBER_LIMIT:
        raise ValueError(f"a number of {len(text)} characters is too long (limit {NUMBER_LIMIT})")
    sign = -1 if text.startswith("-") else 1
    return sign, text[text.startswith(("-", "+")) :].replace("_", "").lower()


def _int(text: str) -> int:
    sign, digits = _unsigned(text)
    try:
        return sign * _magnitude(digits)
    except ValueError:
        raise ValueError(f"{text!r} is not an integer") from None


def _magnitude(digits: str) -> int:
    if digits.startswith(("0b", "0x")):
        return int(digits[2:], 2 if digits[1] == "b" else 16)
    if digits.startswith("0"):
        return int(digits, 8)
    total = 0
    for part in digits.split(":"):
        total = total * 60 + int(part)
    return total


def _float(text: str) -> float:
    sign, digits = _unsigned(text)
    try:
        if digits in (".inf", ".nan"):
            return sign * float(digits[1:])
        if ":" not in digits:
            return sign * float(digits)
        # Summed from the smallest place up, as PyYAML does: the order decides the last bit.
        return sign * sum((float(part) * 60**place for place, part in enumerate(reversed(digits.split(":")))), 0.0)
    except (ValueError, OverflowError):
        raise ValueError(f"{text!r} is not a number") from None


def _bool(text: str) -> bool:
    try:
        return _BOOLS[text.lower()]
    except KeyError:
        raise ValueError(f"{text!r} is not a boolean") from None


def _null(_text: str) -> None:
    return None


def _binary(text: str) -> bytes:
    try:
        return decodebytes(text.encode("ascii"))
    except ValueError:  # not ASCII, or not base64
        raise ValueError("!!binary does not hold base64 text") from None


TAGGED: dict[str, Callable[[str], object]] = {
    "tag:yaml.org,2002:str": string,
    "tag:yaml.org,2002:int": _int,
    "tag:yaml.org,2002:float": _float,
    "tag:yaml.org,2002:bool": _bool,
    "tag:yaml.org,2002:null": _null,
    "tag:yaml.org,2002:binary": _binary,
}

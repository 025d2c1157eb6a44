"""The values of YAML scalars: YAML 1.1 as in PyYAML, with OmegaConf's floats and without dates."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from yaml import SafeLoader
from yaml.constructor import ConstructorError, SafeConstructor
from yaml.nodes import ScalarNode

from metta_lint.files.limits import NUMBER_LIMIT

if TYPE_CHECKING:
    from collections.abc import Callable

INT_TAG = "tag:yaml.org,2002:int"
FLOAT_TAG = "tag:yaml.org,2002:float"
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
    | [-+]?[1-9][0-9_]*(?::[0-5]?[0-9])*+      # decimal; base 60 with colons, which costs no memory
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
    """The value of a plain scalar in PyYAML's SafeLoader, where ``1e-4`` and ``1.5e3`` are texts."""
    value = plain_value(text)
    if not isinstance(value, float):
        return value
    resolvers = SafeLoader.yaml_implicit_resolvers[text[0]]
    return value if any(tag == FLOAT_TAG and pattern.match(text) for tag, pattern in resolvers) else text


def string(text: str) -> str:
    """The text itself. Raises ValueError for half a surrogate pair, which only an escape can write."""
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise ValueError("string holds half of a surrogate pair") from None
    return text


def _by_pyyaml(tag: str, otherwise: str) -> Callable[[str], Any]:
    """PyYAML's constructor for a tag, as a function of the text; ``otherwise`` is the error's message."""
    construct = SafeLoader.yaml_constructors[tag]

    def value(text: str) -> Any:
        if len(text) > NUMBER_LIMIT and tag in (INT_TAG, FLOAT_TAG):
            raise ValueError(f"a number of {len(text)} characters is too long (limit {NUMBER_LIMIT})")
        try:
            return construct(SafeConstructor(), ScalarNode(tag, text))
        except (ValueError, LookupError, OverflowError, ConstructorError):
            raise ValueError(otherwise.format(text)) from None

    return value


_int = _by_pyyaml(INT_TAG, "{!r} is not an integer")
_float = _by_pyyaml(FLOAT_TAG, "{!r} is not a number")
TAGGED: dict[str, Callable[[str], object]] = {
    "tag:yaml.org,2002:str": string,
    INT_TAG: _int,
    FLOAT_TAG: _float,
    **{
        f"tag:yaml.org,2002:{kind}": _by_pyyaml(f"tag:yaml.org,2002:{kind}", otherwise)
        for kind, otherwise in (
            ("bool", "{!r} is not a boolean"),
            ("null", "{!r} is not null"),
            ("binary", "!!binary does not hold base64 text"),
        )
    },
}

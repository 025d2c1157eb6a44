"""Writing values in the syntax of a file, so that the trainer reads the value that was meant."""

from __future__ import annotations

import re
from math import isfinite
from typing import TYPE_CHECKING

from metta_lint.sources.syntax import INI, JSON, PYTHON, YAML, Syntax, syntax_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_WHOLE_FLOATS = 1 << 53  # up to here every whole number is a float
_CONSTANTS = ("True", "False", "None")
_WORD = re.compile(r"[A-Za-z_/][\w./-]*")
_WITH_EXPONENT = re.compile(r"[-+]?[0-9_.]+[eE][-+]?[0-9_]+")
_PLAIN_IN_YAML = re.compile(r"[A-Za-z_/][\w./-]*(?: [\w./-]+)*")


class Unwritable(Exception):  # noqa: N818 - it says why, and nothing went wrong
    """The reason why an edit cannot write a value."""


def written(value: object, path: str, before: str = "") -> str:
    """A value in the syntax of a file, in the style of the text ``before`` that it replaces.

    Digits are grouped (``65_536``) and floats have an exponent if the old text has. A number in YAML has a point before
    its exponent, because ``1e-4`` is a text in YAML 1.1. Raises Unwritable for a value that the syntax lacks.
    """
    writer = _WRITERS.get(syntax_of(path))
    if writer is None:
        raise Unwritable(f"{path} is of no kind that values are written into")
    text = writer(value, before)
    if text is None:
        raise Unwritable(f"{path} has no way to write {value!r}")
    return text


def like(value: object, before: object) -> object:
    """A number as the type of the old one if that is exact: ``1.0`` for ``1`` where a trainer insists on a float."""
    if type(before) is float and type(value) is int and abs(value) <= _WHOLE_FLOATS:
        return float(value)
    if type(before) is int and type(value) is float and value.is_integer():
        return int(value)
    return value


def _ini(value: object, before: str) -> str | None:
    """A Python literal or a bare word: PufferLib calls ``ast.literal_eval`` and keeps anything else as text."""
    is_word = isinstance(value, str) and _WORD.fullmatch(value) and value not in _CONSTANTS
    text = str(value) if is_word else _python(value, before)
    return text and text.replace("%", "%%")


def _python(value: object, before: str) -> str | None:
    match value:
        case bool() | None:
            return repr(value)
        case int() | float():
            return _number(value, before)
        case str() if value.isprintable():
            return _in_double_quotes(value, before) or repr(value)
    return None


def _yaml(value: object, before: str) -> str | None:
    match value:
        case bool():
            return str(value).lower()
        case None:
            return "null"
        case int() | float():
            text = _number(value, before)
            mantissa, mark, exponent = (text or "").partition("e")
            return f"{mantissa}{'' if '.' in mantissa else '.0'}e{exponent}" if mark else text
        case str() if value.isprintable() and "${" not in value and value != "???":
            from metta_lint.sources.yaml_scalars import plain_value

            is_plain = _PLAIN_IN_YAML.fullmatch(value) and plain_value(value) == value and before[:1] != "'"
            otherwise = value if is_plain else "'" + value.replace("'", "''") + "'"
            return _in_double_quotes(value, before) or otherwise
    return None


def _json(value: object, _before: str) -> str | None:
    import json

    is_infinite = isinstance(value, float) and not isfinite(value)
    return json.dumps(value) if isinstance(value, str | int | float | None) and not is_infinite else None


def _in_double_quotes(text: str, before: str) -> str | None:
    """The text in double quotes if the old one has them and nothing needs an escape; else None."""
    return f'"{text}"' if before[:1] == '"' and not {'"', "\\"} & set(text) else None


def _number(value: float, before: str) -> str | None:
    """A finite number, grouped or with an exponent like the old one."""
    if isinstance(value, int):
        return f"{value:_}" if "_" in before and before.replace("_", "").strip("+-").isdecimal() else str(value)
    if not isfinite(value):
        return None
    if value and _WITH_EXPONENT.fullmatch(before):
        from decimal import Decimal

        mantissa, _, exponent = f"{Decimal(repr(value)):e}".partition("e")
        return f"{mantissa if '.' in mantissa else f'{mantissa}.0'}e{int(exponent):+03d}"
    return repr(value)


_WRITERS: Mapping[Syntax | None, Callable[[object, str], str | None]] = {
    INI: _ini,
    YAML: _yaml,
    JSON: _json,
    PYTHON: _python,
}

"""Evaluates resolvers (``${name:arguments}``) of Metta, OmegaConf and Hydra.

Only arithmetic is evaluated. A value that depends on the machine, the time or chance is Unknown, with the reason; a
resolver that draws from a set or a range names it there. Facts from Metta at e0f6d943, metta/common/util/resolvers.py.
"""

from __future__ import annotations

import math
import operator
from contextlib import suppress
from typing import TYPE_CHECKING

from metta_lint.base.unknown import Choice, Range, Unknown
from metta_lint.plans.formula import spread

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

LARGEST_END = 10.0**30  # of a range of numbers that a config can mean
SHOWN = 60  # characters of an argument list that a reason repeats
_BIT_LIMIT = 256  # an integer wider than this is no quantity, and squaring it again and again would fill the memory


class ResolverError(ValueError):
    """The resolver would raise on these arguments."""


def resolve(name: str, arguments: tuple[object, ...]) -> object:
    """The value of a resolver call; Unknown if its arguments do not fix it.

    Raises ResolverError where the resolver itself would raise.
    """
    if name in _OUTSIDE:
        return _outside(name, arguments)
    unknown = next((found for argument in arguments if (found := _unknown_in(argument)) is not None), None)
    if name in _DRAWN:
        return _DRAWN[name](arguments) if unknown is None else Unknown(unknown.because)
    if name not in _PURE:
        return Unknown(f"the resolver {name} is not known" if unknown is None else unknown.because)
    if unknown is None:
        return _evaluate(name, arguments)
    if all(map(_is_plain, arguments)):
        named = {str(index): argument for index, argument in enumerate(arguments)}
        with suppress(ResolverError):  # raised for some of the values that can be drawn
            return spread(named, lambda case: _evaluate(name, tuple(case.values())))
    return Unknown(unknown.because)


def _evaluate(name: str, arguments: tuple[object, ...]) -> object:
    if name in _ARITHMETIC and not all(isinstance(argument, int | float) for argument in arguments):
        return Unknown(f"{name} of something that is not a number")
    try:
        value = _PURE[name](*arguments)
    except (ArithmeticError, TypeError, ValueError) as error:
        raise ResolverError(f"{name}: {error}") from None
    if isinstance(value, int) and value.bit_length() > _BIT_LIMIT:
        raise ResolverError(f"{name}: the result has more than {_BIT_LIMIT} bits")
    return value


def _unknown_in(value: object) -> Unknown | None:
    if isinstance(value, Unknown):
        return value
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return next((found for part in parts if (found := _unknown_in(part)) is not None), None)


# -- arithmetic ----------------------------------------------------------------------------------------------------


def _div(a: float, b: float) -> float:
    """An int if both are ints and the division is exact, else a float."""
    quotient = a / b
    return int(quotient) if isinstance(a, int) and isinstance(b, int) and quotient.is_integer() else quotient


def _clamp(value: float, low: float, high: float) -> float:
    return max(low, min(high, value))


def _make_odd(a: float) -> int:
    """An odd number, at least 3."""
    return max(3, int(a) // 2 * 2 + 1)


def _make_integer(value: float) -> int:
    return round(value)


_CURVES: Mapping[str, Callable[[float], float]] = {
    "linear": float,
    "log": lambda x: math.log10(1 + 9 * x),
    "exp": lambda x: (10**x - 1) / 9,
    "sigmoid": lambda x: 1 / (1 + math.exp(-12 * (x - 0.5))),
}


def _scale(value: float, in_min: float, in_max: float, out_min: float, out_max: float, curve: str = "linear") -> float:
    if in_min >= in_max or out_min > out_max:
        raise ValueError("a range that ends before it begins")
    if out_min == out_max:
        return out_min
    position = (_clamp(value, in_min, in_max) - in_min) / (in_max - in_min)
    if curve not in _CURVES:
        raise ValueError(f"no curve {curve!r}")
    result = out_min + _CURVES[curve](position) * (out_max - out_min)
    return round(result) if isinstance(out_min, int) and isinstance(out_max, int) else result


def _iir(alpha: float, current: float, last: float) -> float:
    """One step of a first-order low-pass filter."""
    weight = _clamp(alpha, 0, 1)
    result = weight * current + (1 - weight) * last
    return round(result) if isinstance(current, int) and isinstance(last, int) else result


_ARITHMETIC: Mapping[str, Callable[..., object]] = {
    "add": operator.add,
    "sub": operator.sub,
    "subtract": operator.sub,
    "mul": operator.mul,
    "multiply": operator.mul,
    "div": _div,
    "clamp": _clamp,
    "make_odd": _make_odd,
    "make_integer": _make_integer,
    "int": _make_integer,
    "iir": _iir,
}
_PURE: Mapping[str, Callable[..., object]] = {
    **_ARITHMETIC,
    "scale": _scale,
    "if": lambda condition, then, otherwise: then if condition else otherwise,
    "eq": operator.eq,
    "equals": operator.eq,
    "gt": operator.gt,
    "lt": operator.lt,
    "gte": operator.ge,
    "lte": operator.le,
}


# -- chance --------------------------------------------------------------------------------------------------------


def _drawn(arguments: tuple[object, ...]) -> str:
    shown = ", ".join(map(str, arguments[:10]))
    return shown if len(shown) <= SHOWN and len(arguments) <= 10 else f"{shown[:SHOWN]}..."


def _choose(arguments: tuple[object, ...]) -> object:
    could_be = Choice(tuple(arguments)) if arguments and all(map(_is_plain, arguments)) else None
    return Unknown(f"sampled from the set {_drawn(arguments)}", could_be)


def _sampling(arguments: tuple[object, ...]) -> object:
    """Arguments: low, high, centre. With the root's ``sampling`` 0 it is the centre. An int if the centre is one."""
    if len(arguments) != 3:
        return _choose(arguments)
    return _range(arguments, integer=isinstance(arguments[2], int))


def _range(arguments: tuple[object, ...], *, integer: bool) -> Unknown:
    numbers = [value for value in arguments if isinstance(value, int | float) and abs(value) < LARGEST_END]
    whole = len(numbers) == len(arguments) and 2 <= len(numbers) <= 3
    could_be = Range(numbers[0], numbers[1], integer, *numbers[2:]) if whole else None
    return Unknown(f"sampled from the range {_drawn(arguments)}", could_be)


def _is_plain(value: object) -> bool:
    return not isinstance(value, list | dict)


_DRAWN: Mapping[str, Callable[[tuple[object, ...]], object]] = {
    "choose": _choose,
    "uniform": lambda arguments: _range(arguments, integer=False),
    "sampling": _sampling,
}


# -- the world outside ---------------------------------------------------------------------------------------------

_OUTSIDE: Mapping[str, str] = {
    "oc.env": "the environment variable",
    "now": "the time of the launch",
    "hydra": "Hydra's own run settings",
    "python_version": "the Python that runs it",
}


def _outside(name: str, arguments: tuple[object, ...]) -> Unknown:
    """Unknown, with what decides the value; no default is repeated, because it may be a secret."""
    what = _OUTSIDE[name]
    variable = f" {arguments[0]}" if name == "oc.env" and arguments and isinstance(arguments[0], str) else ""
    return Unknown(f"depends on {what}{variable}")

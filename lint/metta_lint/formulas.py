"""Formulas: the text that a page prints and the arithmetic that it does, in one string.

A formula is a Python expression over names (``segments``), settings (``vec.num_envs``), numbers and a few functions.
It is parsed once, and read by a small evaluator of our own: nothing is ever executed.
"""

from __future__ import annotations

import ast
import operator
import struct
from functools import cache
from math import gcd
from typing import TYPE_CHECKING, Any, NamedTuple

from metta_lint.sampled import spread
from metta_lint.settings import Unknown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


LARGEST = 10**30
LONGEST_SHOWN = 60
NOTHING_LEFT = 1e-12
"""What is less than this share of a number is what is left of its arithmetic."""


class FormulaError(Exception):
    """A formula met values that its arithmetic does not take (a division by zero, a string among numbers)."""


def ceil_div(dividend: int, divisor: int) -> int:
    """The quotient rounded up, exact for integers of any size."""
    return -(-dividend // divisor)


def floor_power_of_two(number: int) -> int:
    """The largest power of two that is not greater than a number, which must be at least 1."""
    return 1 << (number.bit_length() - 1)


def float32(number: float) -> float:
    """The nearest number of single precision. Raises OverflowError for one that is too large for it."""
    rounded: float = struct.unpack("f", struct.pack("f", _number(number)))[0]
    return rounded


def cosine_annealed(rate: float, epoch: int, half_period: int) -> float:
    """A rate after so many epochs of a cosine that falls to 0 in half a period (PyTorch CosineAnnealingLR)."""
    from math import cos, pi

    share = (1 + cos(pi * epoch / half_period)) / 2
    return rate * share if share >= NOTHING_LEFT else 0.0


FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "min": min,
    "max": max,
    "int": int,
    "bool": bool,
    "ceil_div": ceil_div,
    "gcd": gcd,
    "float32": float32,
    "cosine_annealed": cosine_annealed,
    "floor_power_of_two": floor_power_of_two,
}

_OPERATORS: Mapping[type[ast.AST], Callable[..., Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.USub: operator.neg,
    ast.Not: operator.not_,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}


class Formula(NamedTuple):
    """A parsed formula: its text, its tree, and the names it reads, in the order of the text."""

    text: str
    tree: ast.expr
    names: tuple[str, ...]

    def evaluate(self, lookup: Callable[[str], object]) -> object:
        """The formula's value; Unknown for the first unknown one of the names that it reads, where there is one.

        Where what is unknown is drawn at launch from known values, the result says what it could be. Raises
        FormulaError where the arithmetic does not take the values.
        """
        try:
            return _evaluate(self.tree, lookup)
        except _UnknownInput as unknown:
            return unknown.value if unknown.value.could_be is None else self._drawn(lookup)
        except (TypeError, ValueError, ZeroDivisionError, OverflowError) as error:
            raise FormulaError(f"{self.with_numbers(lookup)}: {error}") from error

    def _drawn(self, lookup: Callable[[str], object]) -> object:
        values = {name: lookup(name) for name in self.names}
        try:
            return spread(values, lambda case: _evaluate(self.tree, case.__getitem__))
        except (TypeError, ValueError, ZeroDivisionError, OverflowError):
            return Unknown(next(value.because for value in values.values() if isinstance(value, Unknown)))

    def with_numbers(self, lookup: Callable[[str], object]) -> str:
        """The formula's text with the names' values put in: ``262144 // 64``."""
        return ast.unparse(_PutIn(lookup).visit(ast.parse(self.text, mode="eval").body))


def _short(value: object) -> str:
    if isinstance(value, int) and abs(value) > LARGEST:
        return "a number too large to show"
    text = repr(value)
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}..."


class _UnknownInput(Exception):  # noqa: N818 - it carries a value, it is no error
    def __init__(self, value: Unknown) -> None:
        super().__init__(value.because)
        self.value = value


class _PutIn(ast.NodeTransformer):
    def __init__(self, lookup: Callable[[str], object]) -> None:
        self._lookup = lookup

    def visit_Call(self, node: ast.Call) -> ast.AST:
        node.args = [self.visit(argument) for argument in node.args]
        return node

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return self._value(node.id)

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        return self._value(_dotted(node))

    def _value(self, name: str) -> ast.AST:
        value = self._lookup(name)
        return ast.Name(id="?" if isinstance(value, Unknown) else _short(value))


@cache
def formula(text: str) -> Formula:
    """Parse a formula. Raises SyntaxError for a text that is none."""
    tree = ast.parse(text, mode="eval").body
    return Formula(text, tree, tuple(dict.fromkeys(_names(tree))))


def _names(node: ast.expr) -> list[str]:
    match node:
        case ast.Name() | ast.Attribute():
            return [_dotted(node)]
        case ast.Constant():
            return []
        case ast.BinOp(left=left, right=right):
            return _names(left) + _names(right)
        case ast.UnaryOp(operand=operand):
            return _names(operand)
        case ast.Compare(left=left, comparators=[right]):
            return _names(left) + _names(right)
        case ast.IfExp(test=test, body=body, orelse=orelse):
            return _names(body) + _names(test) + _names(orelse)
        case ast.BoolOp(values=values) | ast.Call(func=ast.Name(), args=values):
            return [name for value in values for name in _names(value)]
        case _:
            raise SyntaxError(f"not a formula: {ast.unparse(node)}")


def _dotted(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=attribute):
            return f"{_dotted(value)}.{attribute}"
        case _:
            raise SyntaxError(f"not a name: {ast.unparse(node)}")


def _number(value: object) -> Any:
    """A number of a size that a config can mean; Python's own arithmetic would repeat a text, or grow without end."""
    if not isinstance(value, int | float):
        raise TypeError(f"{str(value)[:LONGEST_SHOWN]!r} is no number")
    if not abs(value) <= LARGEST:  # nor is it one for nan
        raise OverflowError("the number is too large to mean anything")
    return value


def _evaluate(node: ast.expr, lookup: Callable[[str], object]) -> Any:  # noqa: C901 - a case for each kind of node
    match node:
        case ast.Name() | ast.Attribute():
            value = lookup(_dotted(node))
            if isinstance(value, Unknown):
                raise _UnknownInput(value)
            return value
        case ast.Constant(value=constant):
            return constant
        case ast.BinOp(left=left, op=op, right=right):
            return _number(_OPERATORS[type(op)](_number(_evaluate(left, lookup)), _number(_evaluate(right, lookup))))
        case ast.UnaryOp(op=op, operand=operand):
            return _OPERATORS[type(op)](_evaluate(operand, lookup))
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            return _OPERATORS[type(op)](_evaluate(left, lookup), _evaluate(right, lookup))
        case ast.IfExp(test=test, body=body, orelse=orelse):
            return _evaluate(body if _evaluate(test, lookup) else orelse, lookup)
        case ast.BoolOp(op=ast.And(), values=values):
            return all(_evaluate(value, lookup) for value in values)
        case ast.BoolOp(values=values):
            return any(_evaluate(value, lookup) for value in values)
        case ast.Call(func=ast.Name(id=name), args=arguments):
            return FUNCTIONS[name](*(_evaluate(argument, lookup) for argument in arguments))
        case _:
            raise SyntaxError(f"not a formula: {ast.unparse(node)}")

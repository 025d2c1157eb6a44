"""Formulas: one string is both the text that reports print and the arithmetic.

A formula is a Python expression over quantities (``segments``), settings (``vec.num_envs``), numbers and a few
functions. It is parsed once into functions of a small evaluator; its text is never run as Python.
"""

from __future__ import annotations

import ast
import operator
import re
import struct
from functools import cache, partial
from itertools import product
from math import gcd, prod
from typing import TYPE_CHECKING, Any, TypeAlias

from metta_lint.base.records import NamedTuple
from metta_lint.base.unknown import Choice, Unknown
from metta_lint.base.wording import LONGEST_LITERAL, literal, show

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    Lookup: TypeAlias = Callable[[str], object]
    Step: TypeAlias = Callable[[Lookup], Any]

NUMBERS = (int, float)
LARGEST = 10**30
MOST_COMBINATIONS = 256
"""Of values that are drawn at launch, more combinations than this are not looked at."""
NOTHING_LEFT = 1e-12
"""A smaller share of a rate is only a rounding error of the cosine."""


class FormulaError(Exception):
    """The arithmetic of a formula fails on its values: a division by zero, a text in place of a number."""


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
    """The learning rate at an epoch, on a cosine that falls to 0 in so many epochs (PyTorch CosineAnnealingLR)."""
    from math import cos, pi

    share = (1 + cos(pi * epoch / half_period)) / 2
    return rate * share if share >= NOTHING_LEFT else 0.0


FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    function.__name__: function
    for function in (min, max, int, bool, ceil_div, gcd, float32, cosine_annealed, floor_power_of_two)
}

_NAME = re.compile(r"'[^']*'|\b([A-Za-z_][\w.]*)\b(?!\()")
"""A name, which is not followed by a parenthesis; or a quoted text, which is skipped."""
_WORDS = frozenset({"and", "or", "not", "if", "else", "True", "False", "None"})

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
    """A parsed formula: its text, the names in it, in order, and the function that computes it."""

    text: str
    names: tuple[str, ...]
    step: Step

    def evaluate(self, lookup: Lookup) -> object:
        """The formula's value. If one of the names that it reads is Unknown, the first such Unknown.

        If the unknown values are drawn at launch from known ones, the result says what it could be. Raises FormulaError
        if the arithmetic fails.
        """
        try:
            return self.step(lookup)
        except _UnknownInput as unknown:
            return unknown.value if unknown.value.could_be is None else self._drawn(lookup)
        except (TypeError, ValueError, ZeroDivisionError, OverflowError) as error:
            raise FormulaError(f"{self.with_numbers(lookup)}: {error}") from error

    def _drawn(self, lookup: Lookup) -> object:
        values = {name: lookup(name) for name in self.names}
        try:
            return spread(values, lambda case: self.step(case.__getitem__))
        except (TypeError, ValueError, ZeroDivisionError, OverflowError):
            return Unknown(next(value.because for value in values.values() if isinstance(value, Unknown)))

    def with_numbers(self, lookup: Lookup) -> str:
        """The formula's text with values in place of names: ``262144 // 64``."""
        return _NAME.sub(lambda found: _in_code(lookup(found[1])) if found[1] in self.names else found[0], self.text)


def _in_code(value: object) -> str:
    if isinstance(value, int) and abs(value) > LARGEST:
        return show(value)
    return "?" if isinstance(value, Unknown) else literal(value)


class _UnknownInput(Exception):  # noqa: N818 - it carries a value, it is no error
    def __init__(self, value: Unknown) -> None:
        super().__init__(value.because)
        self.value = value


@cache
def formula(text: str) -> Formula:
    """Parse a formula. Raises SyntaxError for a text that is not a formula."""
    step = _compiled(ast.parse(text, mode="eval").body)
    names = (found[1] for found in _NAME.finditer(text) if found[1] and found[1] not in _WORDS)
    return Formula(text, tuple(dict.fromkeys(names)), step)


def _number(value: object) -> Any:
    """Check an operand: it must be a number up to LARGEST. Python would also multiply a text, or compute for hours."""
    if not isinstance(value, NUMBERS):
        raise TypeError(f"{str(value)[:LONGEST_LITERAL]!r} is not a number")
    if not -LARGEST <= value <= LARGEST:  # nan is not in there either
        raise OverflowError("the number is too large to mean anything")
    return value


def _compiled(node: ast.expr) -> Step:
    """The function that computes a node. It runs many times: a sweep plans every suggestion."""
    match node:
        case ast.Name() | ast.Attribute() if name := _dotted(node):
            return partial(_named, name)
        case ast.Constant(value=constant):
            return lambda _: constant
        case ast.BinOp(op=op):
            function, left, right = _OPERATORS[type(op)], _operand(node.left), _operand(node.right)
            return lambda lookup: _number(function(left(lookup), right(lookup)))
        case ast.UnaryOp(op=op):
            function, operand = _OPERATORS[type(op)], _compiled(node.operand)
            return lambda lookup: function(operand(lookup))
        case ast.Compare(ops=[op], comparators=[other]):
            function, left, right = _OPERATORS[type(op)], _compiled(node.left), _compiled(other)
            return lambda lookup: function(left(lookup), right(lookup))
        case ast.IfExp():
            test, body, orelse = _compiled(node.test), _compiled(node.body), _compiled(node.orelse)
            return lambda lookup: body(lookup) if test(lookup) else orelse(lookup)
        case ast.BoolOp():
            joined, steps = all if isinstance(node.op, ast.And) else any, [_compiled(value) for value in node.values]
            return lambda lookup: joined(step(lookup) for step in steps)
        case ast.Call(func=ast.Name(id=name)):
            function, steps = FUNCTIONS[name], [_compiled(argument) for argument in node.args]
            return lambda lookup: function(*[step(lookup) for step in steps])
        case _:
            raise SyntaxError(f"not a formula: {ast.unparse(node)}")


def _dotted(node: ast.expr) -> str:
    """The name that a node is (``segments``, ``vec.num_envs``), "" if it is none."""
    if isinstance(node, ast.Attribute):
        above = _dotted(node.value)
        return f"{above}.{node.attr}" if above else ""
    return node.id if isinstance(node, ast.Name) else ""


def _operand(node: ast.expr) -> Step:
    """An operand of arithmetic, checked to be a number. The result of other arithmetic has been checked already."""
    step = _compiled(node)
    if isinstance(node, ast.BinOp) or (isinstance(node, ast.Constant) and isinstance(node.value, NUMBERS)):
        return step
    return lambda lookup: _number(step(lookup))


def _named(name: str, lookup: Lookup) -> Any:
    value = lookup(name)
    if isinstance(value, Unknown):
        raise _UnknownInput(value)
    return value


def spread(values: Mapping[str, object], evaluate: Callable[[Mapping[str, object]], object]) -> object:
    """A function's value where at least one input is Unknown.

    If all unknown inputs are drawn at launch from known values, the function is evaluated for each combination. The
    result is its value if that is always the same, else an Unknown with all values. The reason is that of the first
    unknown input.
    """
    unknown = [value for value in values.values() if isinstance(value, Unknown)]
    because = unknown[0].because
    results = [evaluate(case) for case in cases(values)]
    if not results or any(isinstance(result, Unknown | list | dict) for result in results):
        return Unknown(because)
    complete = all(value.could_be is not None and value.could_be.complete for value in unknown)
    distinct = tuple({(type(result), result): result for result in results}.values())
    return distinct[0] if complete and len(distinct) == 1 else Unknown(because, Choice(distinct, complete))


def cases(values: Mapping[str, object]) -> Iterator[Mapping[str, object]]:
    """The inputs once for each combination of values that the unknown ones can have; none if those are not known."""
    unknown = {name: value for name, value in values.items() if isinstance(value, Unknown)}
    examples = [could_be.examples() for value in unknown.values() if (could_be := value.could_be) is not None]
    if len(examples) < len(unknown) or prod(map(len, examples)) > MOST_COMBINATIONS:
        return
    for drawn in product(*examples):
        yield {**values, **dict(zip(unknown, drawn, strict=True))}

"""Values of Python expressions made of literals: nothing is imported or called."""

from __future__ import annotations

import ast
import operator
from typing import TYPE_CHECKING

from metta_lint.base.documents import Entry, Mapping, Node, Scalar, Sequence, Span
from metta_lint.base.records import NamedTuple
from metta_lint.base.values import is_number
from metta_lint.files.limits import NODE_LIMIT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from collections.abc import Mapping as MappingABC

DEPTH_LIMIT = 60  # expressions within expressions
BITS_LIMIT = 4096  # of a whole number that arithmetic makes
TEXT_LIMIT = 100  # characters of an expression that is quoted

_ARITHMETIC: MappingABC[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}


class Expression(NamedTuple):
    """An expression that is not a literal, in place of its value.

    ``name`` is the dotted name that it is or calls, if any. ``arguments`` are a call's keyword arguments (None if it is
    not a call), ``positional`` the others. ``complete`` is False for a call with ``*args`` or ``**kwargs``.
    """

    text: str
    name: str = ""
    arguments: MappingABC[str, Node] | None = None
    positional: tuple[Node, ...] = ()
    complete: bool = True


class Constant(NamedTuple):
    """The value of a name, how many values that holds in all, and in how many levels."""

    node: Node
    size: int
    height: int


class Calculator:
    """Evaluates the expressions of a file; ``constants`` are the names whose values are known so far.

    Columns of ast count UTF-8 bytes; those of spans count characters.
    """

    def __init__(self, path: str, lines: list[str]) -> None:
        self.path = path
        self.lines = lines
        self.constants: dict[str, Constant] = {}
        self._repeated = 0  # values that stand in place of names: each use of a constant counts

    def span(self, node: ast.expr | ast.stmt | ast.arg | ast.keyword | ast.alias) -> Span:
        end_line = node.end_lineno or node.lineno
        end = self._column(end_line, node.end_col_offset or 0)
        return Span(self.path, node.lineno, self._column(node.lineno, node.col_offset), end_line, end)

    def name_span(self, node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> Span:
        """The span of a definition's name, behind ``def`` or ``class``."""
        start = max(self.lines[node.lineno - 1].find(node.name, node.col_offset), 0)
        return Span(self.path, node.lineno, start + 1, node.lineno, start + 1 + len(node.name))

    def text(self, node: ast.expr) -> str:
        """An expression as it is written, shortened."""
        span = self.span(node)
        line = self.lines[span.line - 1][span.column - 1 :]
        one_line = span.line == span.end_line
        text = line[: span.end_column - span.column] if one_line else f"{line.rstrip()} ..."
        return text if len(text) <= TEXT_LIMIT else f"{text[: TEXT_LIMIT - 4]} ..."

    def unknown(self, node: ast.expr) -> Scalar:
        """A placeholder for an expression whose value is not known."""
        return Scalar(Expression(self.text(node)), self.span(node))

    def _column(self, line: int, offset: int) -> int:
        text = self.lines[line - 1]
        return offset + 1 if text.isascii() else len(text.encode()[:offset].decode("utf-8", "ignore")) + 1

    def node(self, expression: ast.expr, depth: int = 0) -> Node:
        """The value of an expression with its places; a Scalar of an Expression if it is not a literal."""
        span = self.span(expression)
        if depth > DEPTH_LIMIT:
            return self.unknown(expression)
        match expression:
            case ast.Constant(value=value) if _is_plain(value):
                return Scalar(value, span)
            case ast.List(elts=items) | ast.Tuple(elts=items) | ast.Set(elts=items):
                return Sequence(tuple(self.node(item, depth + 1) for item in items), span)
            case ast.Dict():
                return self._mapping(expression, span, depth)
            case ast.Name(id=name) if name in self.constants:
                return self._named(self.constants[name], expression, depth)
            case ast.UnaryOp(op=ast.USub(), operand=operand) if (number := self._number(operand, depth)) is not None:
                return Scalar(-number, span)
            case ast.UnaryOp(op=ast.UAdd(), operand=operand) if (number := self._number(operand, depth)) is not None:
                return Scalar(number, span)
            case ast.BinOp(left=left, op=operation, right=right):
                number = _calculated(operation, self._number(left, depth), self._number(right, depth))
                return self.unknown(expression) if number is None else Scalar(number, span)
            case ast.Call(func=ast.Name(id="dict" | "list" | "set" | "tuple" as name), args=[], keywords=[]):
                return Mapping({}, span) if name == "dict" else Sequence((), span)
        return Scalar(self._expression(expression, depth), span)

    def define(self, name: str, node: Node) -> None:
        """From now on, a name stands for this value."""
        self.constants[name] = Constant(node, *_extent(node))

    def _named(self, constant: Constant, expression: ast.Name, depth: int) -> Node:
        """A constant's value; unknown beyond the limits: twenty lines that name the one above twice are a million."""
        if depth + constant.height > DEPTH_LIMIT or self._repeated + constant.size > NODE_LIMIT:
            return self.unknown(expression)
        self._repeated += constant.size
        return constant.node._replace(span=self.span(expression))  # what it is made of keeps its places

    def _mapping(self, expression: ast.Dict, span: Span, depth: int) -> Node:
        entries: dict[object, Entry] = {}
        for key, value in zip(expression.keys, expression.values, strict=True):
            if not isinstance(key, ast.Constant) or not _is_plain(key.value):
                return self.unknown(expression)
            entries[key.value] = Entry(self.span(key), self.node(value, depth + 1))
        return Mapping(entries, span)

    def _expression(self, expression: ast.expr, depth: int) -> Expression:
        text = self.text(expression)
        if not isinstance(expression, ast.Call):
            return Expression(text, dotted(expression))
        arguments = {word.arg: self.node(word.value, depth + 1) for word in expression.keywords if word.arg is not None}
        positional = [self.node(item, depth + 1) for item in expression.args if not isinstance(item, ast.Starred)]
        complete = len(arguments) == len(expression.keywords) and len(positional) == len(expression.args)
        return Expression(text, dotted(expression.func), arguments, tuple(positional), complete)

    def _number(self, operand: ast.expr, depth: int) -> float | None:
        """The number that an operand is; None if it is not one or grows too large."""
        node = self.node(operand, depth + 1)
        return node.value if isinstance(node, Scalar) and is_number(node.value) else None


def dotted(expression: ast.expr) -> str:
    """The dotted name that an expression is (``a.b.C``, ``super().__init__``), or an empty string."""
    parts: list[str] = []
    while isinstance(expression, ast.Attribute):
        parts.append(expression.attr)
        expression = expression.value
    match expression:
        case ast.Name(id=name):
            parts.append(name)
        case ast.Call(func=ast.Name(id="super"), args=[]):
            parts.append("super()")
        case _:
            return ""
    return ".".join(reversed(parts))


def _extent(node: Node) -> tuple[int, int]:
    """How many values a node holds, itself and those of calls included, and in how many levels."""
    inside: Iterable[Node] = ()
    match node:
        case Sequence(items=items):
            inside = items
        case Mapping(entries=entries):
            inside = [entry.value for entry in entries.values()]
        case Scalar(value=Expression(arguments=arguments, positional=positional)):
            inside = (*(arguments or {}).values(), *positional)
    extents = [_extent(each) for each in inside]
    return 1 + sum(size for size, _ in extents), 1 + max((height for _, height in extents), default=0)


def _is_plain(value: object) -> bool:
    """Whether a constant could be a config's value and can be printed."""
    if isinstance(value, int):
        return value.bit_length() <= BITS_LIMIT
    if isinstance(value, str):
        return value.isascii() or not any("\ud800" <= char <= "\udfff" for char in value)  # halves of a pair
    return value is not Ellipsis and not isinstance(value, complex)


def _calculated(operation: ast.operator, left: float | None, right: float | None) -> float | None:
    calculate = _ARITHMETIC.get(type(operation))
    if calculate is None or left is None or right is None:
        return None
    if isinstance(operation, ast.Pow) and abs(right) * _bits(left) > BITS_LIMIT:
        return None  # it would take more than is worth taking before its result could be looked at
    try:
        result = calculate(left, right)
    except ArithmeticError:
        return None
    return None if isinstance(result, complex) or _bits(result) > BITS_LIMIT else result


def _bits(number: float) -> int:
    return max(number.bit_length(), 1) if isinstance(number, int) else 1

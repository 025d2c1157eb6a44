"""The declarations of a Python file: classes with fields, functions with signatures, constants, imports."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from metta_lint.base.documents import Entry, Mapping, Node, Scalar, Span
from metta_lint.base.records import NamedTuple
from metta_lint.sources.python_literals import Calculator, Expression, dotted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from collections.abc import Mapping as MappingABC

FIELD_CALLS = frozenset({"Field", "field"})
"""What a field's default is wrapped in: pydantic's Field, dataclasses' field."""
BLOCKS = (ast.If, ast.Try, ast.With, ast.For, ast.While)
"""Statements of a module whose own statements may or may not run."""


class Member(NamedTuple):
    """An argument that a call can give by name: a function's parameter or a class's field."""

    span: Span
    default: Node | None


class Forward(NamedTuple):
    """A call that a function passes its ``**kwargs`` to, and the other arguments of that call."""

    name: str
    given: frozenset[str]
    positional: int


class Function(NamedTuple):
    """A function's signature, and what happens to its ``**kwargs``.

    ``takes_any``: it has ``**kwargs``. ``forwards``: the calls that get them. ``keeps``: it uses them otherwise too.
    ``imports`` are those of its body, ``returns`` the values it returns.
    """

    name: str
    parameters: MappingABC[str, Member]
    span: Span
    takes_any: bool = False
    forwards: tuple[Forward, ...] = ()
    keeps: bool = False
    decorators: tuple[str, ...] = ()
    imports: MappingABC[str, str] = {}
    returns: tuple[Node, ...] = ()


class Class(NamedTuple):
    """A class of a module: the names of its bases, its own fields and methods."""

    name: str
    bases: tuple[str, ...]
    fields: MappingABC[str, Member]
    methods: MappingABC[str, Function]
    span: Span
    name_span: Span
    decorators: tuple[str, ...] = ()


class Module(NamedTuple):
    """The declarations at the top level of a file.

    ``imports`` maps a name to where it comes from: ``package.module:Name``, ``package.module``, or with leading dots
    where the import is relative.
    """

    path: str
    classes: MappingABC[str, Class]
    functions: MappingABC[str, Function]
    constants: MappingABC[str, Entry]
    imports: MappingABC[str, str]


def declarations(tree: ast.Module, path: str, lines: list[str]) -> Module:
    """The declarations of a parsed file. A name that is set twice or changed later is not a constant."""
    reader = _DeclarationReader(path, lines)
    for statement, certain in _flat(tree.body):
        reader.read(statement, certain=certain)
    return Module(path, reader.classes, reader.functions, reader.constants, reader.imports)


def _flat(statements: Iterable[ast.stmt]) -> Iterator[tuple[ast.stmt, bool]]:
    """Statements and those inside their blocks, in order, and whether each certainly runs.

    A chain of ``elif`` is nested in ast as deep as it is long, too deep for recursion.
    """
    waiting = [(statement, True) for statement in reversed([*statements])]
    while waiting:
        statement, certain = waiting.pop()
        yield statement, certain
        if isinstance(statement, BLOCKS):
            waiting += [(inner, False) for inner in reversed([*_inside(statement)])]


def _inside(block: ast.stmt) -> Iterator[ast.stmt]:
    for part in ast.iter_child_nodes(block):
        if isinstance(part, ast.stmt):
            yield part
        elif isinstance(part, ast.ExceptHandler):
            yield from part.body


class _DeclarationReader:
    """Collects a module's declarations, statement by statement."""

    def __init__(self, path: str, lines: list[str]) -> None:
        self.calculator = Calculator(path, lines)
        self.classes: dict[str, Class] = {}
        self.functions: dict[str, Function] = {}
        self.constants: dict[str, Entry] = {}
        self.imports: dict[str, str] = {}

    def read(self, statement: ast.stmt, *, certain: bool) -> None:
        match statement:
            case ast.ClassDef():
                self.classes[statement.name] = self._class(statement)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self.functions[statement.name] = self._function(statement)
            case ast.Import() | ast.ImportFrom():
                self.imports.update(_imported(statement))
            case ast.Assign(targets=[ast.Name(id=name) as target], value=value):
                self._constant(name, target, value, certain=certain)
            case ast.AnnAssign(target=ast.Name(id=name) as target, value=ast.expr() as value):
                self._constant(name, target, value, certain=certain)
            case _ if not isinstance(statement, BLOCKS):
                self._forget(statement)

    def _constant(self, name: str, target: ast.Name, value: ast.expr, *, certain: bool) -> None:
        node = self.calculator.node(value)
        if not certain or name in self.constants:
            node = self.calculator.unknown(value)
        self.constants[name] = Entry(self.calculator.span(target), node)
        self.calculator.define(name, node)

    def _forget(self, statement: ast.stmt) -> None:
        """Constants that a statement may change (``MAKE[...] = x``, ``MAKE.update(...)``) become unknown."""
        for part in ast.walk(statement):
            if isinstance(part, ast.Name) and part.id in self.constants:
                entry = self.constants[part.id]
                unknown = Scalar(Expression(f"{part.id}, which line {statement.lineno} changes"), entry.value.span)
                self.constants[part.id] = entry._replace(value=unknown)
                self.calculator.constants.pop(part.id, None)

    # -- classes ---------------------------------------------------------------------------------------------------

    def _class(self, statement: ast.ClassDef) -> Class:
        fields: dict[str, Member] = {}
        methods: dict[str, Function] = {}
        for item, _ in _flat(statement.body):
            match item:
                case ast.AnnAssign(target=ast.Name(id=name) as target, value=value):
                    if "ClassVar" not in self.calculator.text(item.annotation):
                        fields[name] = self._parameter(target, _default_of(value))
                case ast.Assign(targets=[ast.Name(id=name) as target], value=value) if name != "model_config":
                    fields[name] = self._parameter(target, _default_of(value))
                case ast.FunctionDef() | ast.AsyncFunctionDef():
                    methods[item.name] = self._function(item)
        return Class(
            statement.name,
            tuple(dotted(base) for base in statement.bases),
            fields,
            methods,
            self.calculator.span(statement),
            self.calculator.name_span(statement),
            self._decorators(statement),
        )

    def _parameter(self, place: ast.Name | ast.arg, default: ast.expr | None) -> Member:
        return Member(self.calculator.span(place), None if default is None else self.calculator.node(default))

    def _decorators(self, statement: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> tuple[str, ...]:
        calls = [item.func if isinstance(item, ast.Call) else item for item in statement.decorator_list]
        return tuple(dotted(call) for call in calls)

    # -- functions -------------------------------------------------------------------------------------------------

    def _function(self, statement: ast.FunctionDef | ast.AsyncFunctionDef) -> Function:
        signature = statement.args
        positional = [*signature.posonlyargs, *signature.args]
        defaults: dict[ast.arg, ast.expr | None] = dict(
            zip(reversed(positional), reversed(signature.defaults), strict=False)  # those without one come first
        )
        defaults.update(zip(signature.kwonlyargs, signature.kw_defaults, strict=True))
        named = (*signature.args, *signature.kwonlyargs)
        parameters = {argument.arg: self._parameter(argument, defaults.get(argument)) for argument in named}
        forwards, keeps = _forwards(statement, signature.kwarg.arg) if signature.kwarg else ((), False)
        body = [*_flat(statement.body)]
        return Function(
            statement.name,
            parameters,
            self.calculator.name_span(statement),
            takes_any=signature.kwarg is not None,
            forwards=forwards,
            keeps=keeps,
            decorators=self._decorators(statement),
            imports={
                name: origin
                for item, _ in body
                if isinstance(item, ast.Import | ast.ImportFrom)
                for name, origin in _imported(item).items()
            },
            returns=tuple(
                self.calculator.node(item.value) for item, _ in body if isinstance(item, ast.Return) and item.value
            ),
        )


def _default_of(value: ast.expr | None) -> ast.expr | None:
    """A field's default: that of its ``Field()``, or the value that its ``default_factory`` returns."""
    if not (isinstance(value, ast.Call) and dotted(value.func).rpartition(".")[2] in FIELD_CALLS):
        return value
    words = {word.arg: word.value for word in value.keywords}
    factory = words.get("default_factory")
    if isinstance(factory, ast.Lambda):
        return factory.body
    if factory is not None:
        return ast.copy_location(ast.Call(func=factory, args=[], keywords=[]), factory)
    default = value.args[0] if value.args else words.get("default")
    return None if isinstance(default, ast.Constant) and default.value is Ellipsis else default


def _forwards(function: ast.FunctionDef | ast.AsyncFunctionDef, name: str) -> tuple[tuple[Forward, ...], bool]:
    """The calls that get ``**name`` in a function, and whether it uses the name in any other way."""
    found = []
    uses = 0
    set_here: set[str] = set()
    for part in ast.walk(function):
        if isinstance(part, ast.Name):
            uses += part.id == name
            if isinstance(part.ctx, ast.Store):
                set_here.add(part.id)
        elif isinstance(part, ast.Call):
            spread = [word for word in part.keywords if word.arg is None]
            if len(spread) == 1 and isinstance(spread[0].value, ast.Name) and spread[0].value.id == name:
                given = frozenset(word.arg for word in part.keywords if word.arg is not None)
                found.append(Forward(dotted(part.func), given, len(part.args)))
    known = all(forward.name and forward.name.partition(".")[0] not in set_here for forward in found)
    return tuple(found), uses > len(found) or not known


def _imported(statement: ast.Import | ast.ImportFrom) -> dict[str, str]:
    if isinstance(statement, ast.Import):
        return {
            item.asname or item.name.partition(".")[0]: item.name if item.asname else item.name.partition(".")[0]
            for item in statement.names
        }
    module = "." * statement.level + (statement.module or "")
    return {item.asname or item.name: f"{module}:{item.name}" for item in statement.names}


def as_node(module: Module) -> Mapping:
    """A module as a document with the keys ``classes``, ``functions`` and ``constants``."""
    start = Span(module.path, 1, 1, 1, 1)
    return _groups(
        start,
        start,
        classes={name: Entry(found.name_span, _class_node(found)) for name, found in module.classes.items()},
        functions=_functions(module.functions),
        constants=dict(module.constants.items()),
    )


def _class_node(found: Class) -> Mapping:
    return _groups(found.name_span, found.span, fields=_members(found.fields), methods=_functions(found.methods))


def _groups(key_span: Span, span: Span, **groups: dict[object, Entry]) -> Mapping:
    return Mapping({name: Entry(key_span, Mapping(group, span)) for name, group in groups.items()}, span)


def _functions(functions: MappingABC[str, Function]) -> dict[object, Entry]:
    return {name: Entry(item.span, Mapping(_members(item.parameters), item.span)) for name, item in functions.items()}


def _members(members: MappingABC[str, Member]) -> dict[object, Entry]:
    """Those that have a default."""
    return {name: Entry(item.span, item.default) for name, item in members.items() if item.default is not None}

"""What an environment of PufferLib takes: the callee that ``[env]`` goes to, read from the tree's Python files.

PufferLib 3.0 pufferl.py load_env() imports ``pufferlib.ocean`` or ``pufferlib.environments.<package>``, calls its
``env_creator(env_name)``, and vector.py calls what that returns with the keys of ``[env]``, ``buf`` and ``seed``.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from metta_lint.base.documents import Mapping, Node, Scalar
from metta_lint.base.records import NamedTuple
from metta_lint.plans.run import Callee
from metta_lint.sources.python_declarations import Class
from metta_lint.sources.python_literals import Expression
from metta_lint.sources.python_tree import Tree

if TYPE_CHECKING:
    from collections.abc import Mapping as MappingABC

    from metta_lint.base.documents import Span
    from metta_lint.sources.python_declarations import Function, Module
    from metta_lint.sources.python_tree import Declared


REGISTRY = "MAKE_FUNCTIONS"
PREFIX = "puffer_"
CALLS_LIMIT = 4
"""Calls that hand ``**kwargs`` on to one another; real ones are two deep."""
GIVEN = frozenset({"buf", "seed"})
"""What vector.py gives every environment besides ``[env]``."""


class Taken(NamedTuple):
    """The keywords that a callee takes, and whether it takes any others too; defaults that are plain values."""

    names: frozenset[str]
    anything: bool = False
    places: tuple[tuple[str, Span], ...] = ()
    defaults: MappingABC[str, tuple[object, Span]] = {}

    def besides(self, other: Taken) -> Taken:
        """What two functions take of which the first hands on to the second what it doesn't take itself."""
        places = (*self.places, *other.places)
        defaults = {**other.defaults, **self.defaults}
        return Taken(self.names | other.names, self.anything or other.anything, places, defaults)

    def either(self, other: Taken) -> Taken:
        """What may be taken where one of two functions is called."""
        common = {name: it for name, it in self.defaults.items() if other.defaults.get(name, (None,))[0] == it[0]}
        return self.besides(other)._replace(defaults=common)

    def without(self, names: frozenset[str]) -> Taken:
        """What is left to be given where some keywords are given already."""
        defaults = {name: it for name, it in self.defaults.items() if name not in names}
        return self._replace(names=self.names - names, defaults=defaults)


ANYTHING = Taken(frozenset(), anything=True)


def callee_below(folder: str, package: str, names: tuple[str, ...]) -> Callee | None:
    """``callee`` for the folder of PufferLib's package itself, wherever it lies."""
    parent, name = os.path.split(os.path.normpath(folder))
    return callee(Tree(parent or "."), name, package, names)


def callee(tree: Tree, folder: str, package: str, names: tuple[str, ...]) -> Callee | None:
    """What the environments of an INI take, and which of them nobody registered.

    ``folder`` is PufferLib's package from the tree's root (``pufferlib``), ``names`` are those of ``env_name``. None
    where the tree holds no code of the package.
    """
    if package == "ocean":
        return _ocean(tree, folder, names)
    module = tree.module(f"{folder}/environments/{package}/environment.py")
    creator = module.functions.get("env_creator") if module is not None else None
    if module is None or creator is None:
        return None
    taken = _returned(tree, module, creator)
    return Callee(taken.names | GIVEN, taken.anything, taken.places, defaults=taken.defaults)


def _ocean(tree: Tree, folder: str, names: tuple[str, ...]) -> Callee | None:
    module = tree.module(f"{folder}/ocean/environment.py")
    entry = module.constants.get(REGISTRY) if module is not None else None
    creator = module.functions.get("env_creator") if module is not None else None
    if module is None or entry is None or creator is None or not isinstance(entry.value, Mapping):
        return None
    if not all(REGISTRY in _text(node) for node in creator.returns):
        return None  # it finds environments in some other way too
    registered = {str(name): item.value for name, item in entry.value.entries.items()}
    plain = {name: name.replace(PREFIX, "") for name in names}
    missing = tuple(name for name in names if plain[name] not in registered or PREFIX not in name)
    taken = [
        _registered(tree, module, f"{folder}.ocean", plain[name], registered[plain[name]])
        for name in names
        if name not in missing
    ]
    every = taken[0] if taken else ANYTHING
    for other in taken[1:]:
        every = every.either(other)
    return Callee(every.names | GIVEN, every.anything, every.places, missing, entry.key_span, every.defaults)


def _text(node: Node) -> str:
    return node.value.text if isinstance(node, Scalar) and isinstance(node.value, Expression) else ""


def _registered(tree: Tree, module: Module, ocean: str, name: str, value: Node) -> Taken:
    """What a registered environment takes: a class or function by reference, or by its name in its own module."""
    found: Declared | None = None
    match value:
        case Scalar(value=str(attribute)):
            named = tree.named(f"{ocean.replace('/', '.')}.{name}.{name}")
            found = tree.declared(named[0], attribute) if named is not None else None
        case Scalar(
            value=Expression(name="lazy_import", positional=(Scalar(value=str(path)), Scalar(value=str(attribute))))
        ):
            named = tree.named(path)
            found = tree.declared(named[0], attribute) if named is not None else None
        case Scalar(value=Expression(name=reference, arguments=None)) if reference:
            found = tree.declared(module, reference)
    return _taken(tree, found) if found is not None else ANYTHING


def _returned(tree: Tree, module: Module, creator: Function) -> Taken:
    """What the callables take that an ``env_creator`` returns: functions, classes, or partials of them."""
    every: Taken | None = None
    for node in creator.returns:
        expression = node.value if isinstance(node, Scalar) else None
        if not isinstance(expression, Expression) or creator.decorators:
            return ANYTHING
        taken = _callable(tree, module, expression)
        every = taken if every is None else every.either(taken)
    return every or ANYTHING


def _callable(tree: Tree, module: Module, expression: Expression) -> Taken:
    bound = 0
    if expression.name in ("functools.partial", "partial") and expression.positional and expression.complete:
        target = expression.positional[0]
        bound = len(expression.positional) - 1
        expression = target.value if isinstance(target, Scalar) and isinstance(target.value, Expression) else expression
    if expression.arguments is not None or not expression.name:
        return ANYTHING
    found = tree.declared(module, expression.name)
    return _taken(tree, found, bound) if found is not None else ANYTHING


def _taken(tree: Tree, found: Declared, bound: int = 0, depth: int = 0) -> Taken:
    """What a class or function takes by keyword, ``bound`` of its parameters being given by position."""
    if depth > CALLS_LIMIT or found.item.decorators:
        return ANYTHING
    if not isinstance(found.item, Class):
        return _function(tree, found.module, found.item, None, bound, depth)
    return _constructor(tree, found, bound, depth)


def _constructor(tree: Tree, found: Declared, bound: int, depth: int, skip: int = 0) -> Taken:
    """What a class's ``__init__`` takes, its own or the nearest one that it inherits from a class of the tree."""
    for number, owner in enumerate(tree.lineage(found)):
        item = owner.item
        if not isinstance(item, Class) or item.decorators or "__new__" in item.methods:
            return ANYTHING
        init = item.methods.get("__init__")
        if init is not None and number >= skip:
            return _function(tree, owner.module, init, (found, number), bound + 1, depth)
        if any(tree.declared(owner.module, base) is None for base in item.bases):
            return ANYTHING
    return ANYTHING


def _function(
    tree: Tree, module: Module, function: Function, owner: tuple[Declared, int] | None, bound: int, depth: int
) -> Taken:
    names = list(function.parameters)[bound:]
    defaults = {
        name: (default.value, default.span)
        for name in names
        if isinstance(default := function.parameters[name].default, Scalar)
        and isinstance(default.value, str | int | float)
    }
    taken = Taken(frozenset(names), False, ((function.name, function.span),), defaults)
    if not function.takes_any:
        return taken if not function.decorators else ANYTHING
    if function.keeps or not function.forwards or function.decorators:
        return ANYTHING
    for forward in function.forwards:
        further: Taken | None = None
        if forward.name == "super().__init__" and owner is not None:
            found, number = owner
            further = _constructor(tree, found, forward.positional, depth + 1, skip=number + 1)
        elif (target := _target(tree, module, function, forward.name)) is not None:
            further = _taken(tree, target, forward.positional, depth + 1)
        taken = taken.besides((further or ANYTHING).without(forward.given))
    return taken


def _target(tree: Tree, module: Module, function: Function, name: str) -> Declared | None:
    """What a call in a function's body means: its own imports come before those of the module."""
    scope = module._replace(imports={**module.imports, **function.imports})
    return tree.declared(scope, name)

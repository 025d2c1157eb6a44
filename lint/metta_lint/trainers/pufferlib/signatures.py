"""Reads from Python files which keywords an environment of PufferLib takes: the keys that ``[env]`` may have.

PufferLib 3.0 pufferl.py load_env() imports ``pufferlib.ocean`` or ``pufferlib.environments.<package>``, calls its
``env_creator(env_name)``, and vector.py calls what that returns with the keys of ``[env]``, ``buf`` and ``seed``.
"""

from __future__ import annotations

import os
from functools import reduce
from typing import TYPE_CHECKING

from metta_lint.base.documents import Mapping, Node, Scalar
from metta_lint.plans.run import Callee
from metta_lint.sources.python_declarations import Class
from metta_lint.sources.python_literals import Expression
from metta_lint.sources.python_tree import Tree
from metta_lint.trainers.pufferlib.keys import GIVEN, OCEAN, code_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metta_lint.sources.python_declarations import Function, Module
    from metta_lint.sources.python_tree import Declared


REGISTRY = "MAKE_FUNCTIONS"
PREFIX = "puffer_"
CALLS_LIMIT = 4
"""How many calls are followed that pass ``**kwargs`` on; real environments have two."""
ANYTHING = Callee(frozenset(), anything=True)


def callee_below(folder: str, package: str, names: tuple[str, ...]) -> Callee | None:
    """What the environments of an INI take, and which of them are not registered; None without their code.

    ``folder`` is the folder of PufferLib's package; ``names`` are the environments in ``env_name``.
    """
    parent, library = os.path.split(os.path.normpath(folder))
    tree = Tree(parent or ".")
    module = tree.module(f"{library}/{code_of(package)}")
    creator = module.functions.get("env_creator") if module is not None else None
    if module is None or creator is None:
        return None
    if package == OCEAN:
        found = _from_registry(tree, module, creator, f"{library}.{OCEAN}", names)
    else:
        found = _returned(tree, module, creator)
    return None if found is None else found._replace(names=found.names.union(GIVEN))


def _from_registry(tree: Tree, module: Module, creator: Function, ocean: str, names: tuple[str, ...]) -> Callee | None:
    """What the named environments of ocean take; None if ``env_creator()`` does not look them up in the registry."""
    entry = module.constants.get(REGISTRY)
    if entry is None or not isinstance(entry.value, Mapping):
        return None
    if not all(REGISTRY in _text(node) for node in creator.returns):
        return None  # it can find environments in another way
    registered = {str(name): item.value for name, item in entry.value.entries.items()}
    plain = {name: name.replace(PREFIX, "") for name in names}
    missing = tuple(name for name in names if plain[name] not in registered or PREFIX not in name)
    found = [
        _registered(tree, module, f"{ocean}.{plain[name]}.{plain[name]}", registered[plain[name]])
        for name in names
        if name not in missing
    ]
    return _any_of(found)._replace(unregistered=missing, registry=entry.key_span)


def _text(node: Node) -> str:
    return node.value.text if isinstance(node, Scalar) and isinstance(node.value, Expression) else ""


def _registered(tree: Tree, module: Module, own_module: str, value: Node) -> Callee:
    """What a registered environment takes. The registry has it by reference or by its name in a module."""
    match value:
        case Scalar(value=str(attribute)):
            found = _imported(tree, own_module, attribute)
        case Scalar(
            value=Expression(name="lazy_import", positional=(Scalar(value=str(path)), Scalar(value=str(attribute))))
        ):
            found = _imported(tree, path, attribute)
        case Scalar(value=Expression(name=reference, arguments=None)) if reference:
            found = tree.declared(module, reference)
        case _:
            found = None
    return ANYTHING if found is None else _taken(tree, found)


def _imported(tree: Tree, dotted: str, name: str) -> Declared | None:
    named = tree.named(dotted)
    return None if named is None else tree.declared(named, name)


def _returned(tree: Tree, module: Module, creator: Function) -> Callee:
    """What the functions, classes or partials take that an ``env_creator()`` returns."""
    if creator.decorators:
        return ANYTHING
    returned = [node.value if isinstance(node, Scalar) else None for node in creator.returns]
    return _any_of([_callable(tree, module, it) if isinstance(it, Expression) else ANYTHING for it in returned])


def _callable(tree: Tree, module: Module, expression: Expression) -> Callee:
    bound = 0
    if expression.name in ("functools.partial", "partial") and expression.positional and expression.complete:
        target = expression.positional[0]
        bound = len(expression.positional) - 1
        expression = target.value if isinstance(target, Scalar) and isinstance(target.value, Expression) else expression
    if expression.arguments is not None or not expression.name:
        return ANYTHING
    found = tree.declared(module, expression.name)
    return ANYTHING if found is None else _taken(tree, found, bound)


def _taken(tree: Tree, found: Declared, bound: int = 0, depth: int = 0) -> Callee:
    """What a class or function takes by keyword, if its first ``bound`` parameters are given by position."""
    if depth > CALLS_LIMIT or found.item.decorators:
        return ANYTHING
    if isinstance(found.item, Class):
        return _constructor(tree, found, bound, depth)
    return _function(tree, found.module, found.item, None, bound, depth)


def _constructor(tree: Tree, found: Declared, bound: int, depth: int, skip: int = 0) -> Callee:
    """What a class's ``__init__()`` takes: its own, or the one inherited from the nearest base class in the tree."""
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
) -> Callee:
    """What a function takes, together with what the calls take to which it passes its ``**kwargs``.

    ``owner`` is, for a method, the class that was asked for, and the index in its lineage of the class with the method.
    """
    if function.decorators:
        return ANYTHING
    names = list(function.parameters)[bound:]
    defaults = {
        name: (default.value, default.span)
        for name in names
        if isinstance(default := function.parameters[name].default, Scalar)
        and isinstance(default.value, str | int | float)
    }
    taken = Callee(frozenset(names), anything=False, places=((function.name, function.span),), defaults=defaults)
    if not function.takes_any:
        return taken
    if function.keeps or not function.forwards:
        return ANYTHING
    scope = module._replace(imports={**module.imports, **function.imports})
    for forward in function.forwards:
        further = ANYTHING
        if forward.name == "super().__init__" and owner is not None:
            found, number = owner
            further = _constructor(tree, found, forward.positional, depth + 1, skip=number + 1)
        elif (target := tree.declared(scope, forward.name)) is not None:
            further = _taken(tree, target, forward.positional, depth + 1)
        taken = _besides(taken, further, forward.given)
    return taken


def _besides(first: Callee, second: Callee, given: frozenset[str] = frozenset()) -> Callee:
    """What ``first`` takes if it passes its ``**kwargs`` on to ``second``, together with the keywords ``given``."""
    inherited = {name: default for name, default in second.defaults.items() if name not in given}
    return Callee(
        first.names | (second.names - given),
        first.anything or second.anything,
        (*first.places, *second.places),
        defaults={**inherited, **first.defaults},
    )


def _any_of(callees: Sequence[Callee]) -> Callee:
    """What may be taken if any of several functions is called."""
    return reduce(_either, callees) if callees else ANYTHING


def _either(first: Callee, second: Callee) -> Callee:
    common = {name: it for name, it in first.defaults.items() if second.defaults.get(name, (None,))[0] == it[0]}
    return _besides(first, second)._replace(defaults=common)

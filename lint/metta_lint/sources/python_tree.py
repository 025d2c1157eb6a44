"""Python modules of a tree: follows names through imports and base classes, never out of the tree."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from metta_lint.base.documents import Entry, Mapping, Node, Scalar, Span
from metta_lint.base.errors import InputError
from metta_lint.base.paths import is_below, slashed
from metta_lint.base.records import NamedTuple
from metta_lint.files.file_system import is_file, read_bytes, real_path
from metta_lint.sources.python import parse_module
from metta_lint.sources.python_declarations import Class
from metta_lint.sources.python_literals import Expression

if TYPE_CHECKING:
    from collections.abc import Iterator

    from metta_lint.sources.python_declarations import Function, Module

HOPS_LIMIT = 10
"""The longest chain of imports, and of classes that inherit from one another."""
NESTING_LIMIT = 10
"""Configs within configs."""
CONFIGS_LIMIT = 1000
"""Nested configs of one tree: classes can hold each other without end."""


class Declared(NamedTuple):
    """A class or function, and the module that declares it."""

    module: Module
    item: Class | Function


class Tree:
    """The Python files below a folder. Absolute imports start at that folder."""

    def __init__(self, root: str) -> None:
        self.root = real_path(root)
        self._prefix = "" if root in ("", ".") else f"{slashed(root).rstrip('/')}/"  # of the paths that findings show
        self._modules: dict[str, Module | None] = {}
        self._configs = 0

    def module(self, path: str) -> Module | None:
        """A file's declarations, by its path from the root; None if it cannot be read."""
        if path not in self._modules:
            self._modules[path] = self._read(path)
        return self._modules[path]

    def _read(self, path: str) -> Module | None:
        full = real_path(os.path.join(self.root, path))
        if not is_below(full, self.root) or not is_file(full):
            return None
        try:
            return parse_module(read_bytes(full), self._prefix + slashed(path))
        except (OSError, InputError):
            return None

    def named(self, dotted: str) -> Module | None:
        """The module of a dotted name."""
        base = os.path.join(*dotted.split(".")) if dotted else ""
        return self.module(f"{base}.py") or self.module(os.path.join(base, "__init__.py"))

    def declared(self, module: Module, name: str, hops: int = 0) -> Declared | None:
        """The class or function that a dotted name means in a module, which may import it from another one."""
        head, _, rest = name.partition(".")
        item = (module.classes.get(head) or module.functions.get(head)) if head not in module.constants else None
        if item is not None:
            return Declared(module, item) if not rest else None
        origin = module.imports.get(head)
        if origin is None or hops >= HOPS_LIMIT:
            return None
        return self._imported(module, origin, rest, hops + 1)

    def _imported(self, module: Module, origin: str, rest: str, hops: int) -> Declared | None:
        dotted, _, attribute = origin.partition(":")
        dotted = self._absolute(module, dotted)
        path = [part for part in (attribute, *rest.split(".")) if part]
        # The longest dotted name that is a module is one; what is left of the path is looked up in it.
        for length in range(len(path) - 1, -1, -1):
            found = self.named(".".join(filter(None, (dotted, *path[:length]))))
            if found is not None:
                return self.declared(found, ".".join(path[length:]), hops)
        return None

    def _absolute(self, module: Module, dotted: str) -> str:
        """The absolute dotted name of a relative import."""
        level = len(dotted) - len(dotted.lstrip("."))
        if not level:
            return dotted
        parents = module.path.removeprefix(self._prefix).split("/")[:-level]
        return ".".join(filter(None, (*parents, dotted[level:])))

    # -- classes ---------------------------------------------------------------------------------------------------

    def lineage(self, found: Declared) -> Iterator[Declared]:
        """A class and those of its bases that are in the tree, nearest first, each once."""
        queue = [found]
        seen: set[tuple[str, str]] = set()
        while queue and len(seen) < HOPS_LIMIT:
            current = queue.pop(0)
            key = (current.module.path, current.item.name)
            if key in seen:
                continue
            seen.add(key)
            yield current
            for base in current.item.bases if isinstance(current.item, Class) else ():
                parent = self.declared(current.module, base)
                if parent is not None:
                    queue.append(parent)

    def defaults(self, found: Declared, given: dict[str, Node] | None = None, depth: int = 0) -> Mapping:
        """The defaults of a config class by field; those of a nested config are a mapping.

        ``given`` are the keyword arguments of a call. A field without a default is left out.
        """
        entries: dict[object, Entry] = {}
        seen: set[str] = set()
        for owner in self.lineage(found):
            for name, field in owner.item.fields.items() if isinstance(owner.item, Class) else ():
                node = (given or {}).get(name, field.default)
                if node is not None and name not in seen:
                    entries[name] = Entry(field.span, self.resolved(owner.module, node, depth))
                seen.add(name)
        return Mapping(entries, found.item.span)

    def resolved(self, module: Module, node: Node, depth: int = 0) -> Node:
        """A default in which calls of config classes (``PPOConfig(gamma=0.9)``) are replaced by their defaults."""
        if isinstance(node, Scalar) and isinstance(node.value, Expression) and depth < NESTING_LIMIT:
            call = node.value
            if call.arguments is not None and call.complete and not call.positional:
                made = self.declared(module, call.name)
                if made is not None and isinstance(made.item, Class) and self._configs < CONFIGS_LIMIT:
                    self._configs += 1
                    given = {name: self.resolved(module, value, depth + 1) for name, value in call.arguments.items()}
                    return self.defaults(made, given, depth + 1)._replace(span=node.span)
            return self._constant(module, call, node.span) or node
        return node

    def _constant(self, module: Module, expression: Expression, span: Span) -> Node | None:
        """The value of a constant that another module of the tree declares."""
        origin = module.imports.get(expression.name) if expression.arguments is None else None
        if origin is None or ":" not in origin:
            return None
        dotted, _, name = origin.partition(":")
        found = self.named(self._absolute(module, dotted))
        entry = found.constants.get(name) if found is not None else None
        return entry.value._replace(span=span) if entry is not None else None

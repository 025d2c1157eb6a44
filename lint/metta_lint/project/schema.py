"""Checks the configuration against its JSON Schema, ``schema.json``, which editors use too.

A new key is an entry of that file; ``config`` reads its value. The schema has the form that SchemaStore asks for:
draft-07, with a title, a description, and a type everywhere but no unions of types.
https://github.com/SchemaStore/schemastore/blob/master/CONTRIBUTING.md
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from metta_lint.base.documents import Mapping as MappingNode
from metta_lint.base.documents import Scalar, Sequence
from metta_lint.base.errors import InputError
from metta_lint.base.values import is_number
from metta_lint.base.wording import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from metta_lint.base.documents import Node


def config_schema() -> dict[str, Any]:
    """The JSON Schema of ``metta-lint.toml``, and of ``[tool.metta-lint]`` as a part of pyproject.toml's."""
    import json
    from pathlib import Path

    found: dict[str, Any] = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))
    return found


def _is_amount(value: object) -> bool:
    return is_number(value) and 0 < value < float("inf")


VALUES: Mapping[str | None, tuple[str, Callable[[object], bool]]] = {
    "string": ("a string", lambda value: isinstance(value, str)),
    "boolean": ("true or false", lambda value: isinstance(value, bool)),
    "integer": ("a positive whole number", lambda value: isinstance(value, int) and _is_amount(value)),
    "number": ("a positive number", _is_amount),
    None: ("a number, a string, true or false", lambda value: isinstance(value, int | float | str)),
}
"""The types of the schema: in words, and which values they have. Numbers are positive, except where any value fits."""


def check_shape(node: Node, schema: Mapping[str, Any], where: str) -> None:
    """Raise InputError, at its place, for an unknown key, a missing one, and a value of another type."""
    kind = schema.get("type")
    if kind == "array":
        _check_list(node, schema["items"], where)
    elif kind == "object":
        _check_table(node, schema, where)
    else:
        expected, accepts = VALUES[kind]
        if not isinstance(node, Scalar) or not accepts(node.value):
            raise InputError(f"{where} must be {expected}", node.span)


def _check_list(node: Node, item_schema: Mapping[str, Any], where: str) -> None:
    is_of_tables = item_schema["type"] == "object"
    expected = f"an array of tables: [[{where}]]" if is_of_tables else "a list of strings"
    if not isinstance(node, Sequence):
        raise InputError(f"{where} must be {expected}", node.span)
    for item in node.items:
        if is_of_tables:
            _check_table(item, item_schema, where)
        elif not isinstance(item, Scalar) or not isinstance(item.value, str):
            raise InputError(f"{where} must be {expected}", item.span)


def _check_table(node: Node, schema: Mapping[str, Any], where: str) -> None:
    if not isinstance(node, MappingNode):
        raise InputError(f"{where} must be a table", node.span)
    known, others = schema.get("properties", {}), schema["additionalProperties"]
    for key, entry in node.entries.items():
        if key not in known and not others:
            hint = did_you_mean(key, known, otherwise=f" (it has {', '.join(known)})")
            raise InputError(f"{where or 'the configuration'} has no key {key!r}{hint}", entry.key_span)
    for name in schema.get("required", ()):
        if name not in node.entries:
            raise InputError(f"{where}: {name} is missing", node.span)
    for key, entry in node.entries.items():
        check_shape(entry.value, known.get(key, others), f"{where}.{key}" if where else str(key))

"""The JSON Schema of the configuration, made of its shape, in the form that SchemaStore asks for.

That is draft-07, with a title, a description, and a type everywhere but no unions of types: Ajv's strict mode takes it.
https://github.com/SchemaStore/schemastore/blob/master/CONTRIBUTING.md
"""

from __future__ import annotations

from metta_lint.project.shape import CONFIG, Key, ListOf, Named, Shape, Table

ADDRESS = "https://json.schemastore.org/metta-lint.json"


def config_schema() -> dict[str, object]:
    """The schema of ``metta-lint.toml``, and of ``[tool.metta-lint]`` as a part of pyproject.toml's."""
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$id": ADDRESS,
        "title": "metta-lint",
        "description": "Configuration of metta-lint, the linter of RL training configs",
        **_schema(CONFIG),
    }


def _schema(shape: Shape) -> dict[str, object]:
    match shape:
        case Table(keys=keys):
            needed = [name for name, key in keys.items() if key.is_needed]
            return {
                "type": "object",
                "additionalProperties": False,
                **({"required": needed} if needed else {}),
                "properties": {name: _described(key) for name, key in keys.items()},
            }
        case Named(item=item):
            return {"type": "object", "additionalProperties": _schema(item)}
        case ListOf(item=item):
            return {"type": "array", "items": _schema(item)}
        case _:
            return dict(shape.schema)


def _described(key: Key) -> dict[str, object]:
    default = {} if key.default is None else {"default": key.default}
    return {"description": key.about, **_schema(key.shape), **default}

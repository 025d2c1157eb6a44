"""The shape of the configuration: every key that it can have, once, for the reader and for the JSON Schema.

A new key is one line of a table here: the reader then takes it, refuses other types with their place, and
``python docs/generate.py`` writes it to the schema. What a value means is read in ``config``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from metta_lint.base.documents import Mapping as MappingNode
from metta_lint.base.documents import Scalar, Sequence
from metta_lint.base.errors import InputError
from metta_lint.base.records import NamedTuple
from metta_lint.base.values import is_number
from metta_lint.base.wording import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from metta_lint.base.documents import Node

INFINITY = float("inf")


class Value(NamedTuple):
    """A value without parts: what was expected in words, what is one, and its JSON Schema."""

    expected: str
    accepts: Callable[[object], bool]
    schema: Mapping[str, object]


class ListOf(NamedTuple):
    """A list of values, or an array of tables."""

    expected: str
    item: Shape


class Table(NamedTuple):
    """A table with known keys."""

    keys: Mapping[str, Key]


class Named(NamedTuple):
    """A table whose keys are names that the user gives."""

    item: Shape


Shape: TypeAlias = Value | ListOf | Table | Named


class Key(NamedTuple):
    """One key of a table: what it holds, and what an editor says about it."""

    shape: Shape
    about: str
    is_needed: bool = False
    default: object = None


def _is_amount(value: object) -> bool:
    return is_number(value) and 0 < value < INFINITY


TEXT = Value("a string", lambda value: isinstance(value, str), {"type": "string"})
FLAG = Value("true or false", lambda value: isinstance(value, bool), {"type": "boolean"})
COUNT = Value(
    "a positive whole number",
    lambda value: isinstance(value, int) and _is_amount(value),
    {"type": "integer", "minimum": 1},
)
AMOUNT = Value("a positive number", _is_amount, {"type": "number", "exclusiveMinimum": 0})
EXPECTED = Value(
    "the value that this side is to have: a number or a string",
    lambda value: isinstance(value, int | float | str),
    {"anyOf": [{"type": "number"}, {"type": "string"}, {"type": "boolean"}]},
)
TEXTS = ListOf("a list of strings", TEXT)

MACHINE = Table(
    {
        "cpus": Key(COUNT, "CPU cores of the machine that would train"),
        "gpus": Key(COUNT, "GPUs of that machine (1 where it has none)"),
        "world_size": Key(COUNT, "Processes of a distributed launch", default=1),
        "steps_per_second": Key(AMOUNT, "Agent steps per second, to give losses in hours"),
    }
)
RUN = Table(
    {
        "entry": Key(TEXT, "Entry file of the run, relative to this file", is_needed=True),
        "set": Key(TEXTS, "Overrides that it is launched with, in the trainer's own syntax", default=[]),
        "trainer": Key(TEXT, "Whose run it is, where the files do not tell: NAME or NAME@VERSION, such as pufferlib@2"),
    }
)
DIFFERENCE = Table(
    {
        "quantity": Key(TEXT, "Quantity that is meant to differ, such as total_timesteps", is_needed=True),
        "reason": Key(TEXT, "Why it is meant to differ; leaving it out is a finding"),
        "left": Key(EXPECTED, "Value that the left side is to have: any where this is left out"),
        "right": Key(EXPECTED, "Value that the right side is to have: any where this is left out"),
    }
)
PAIR = Table(
    {
        "left": Key(TEXT, "Name of a declared run", is_needed=True),
        "right": Key(TEXT, "Name of another declared run", is_needed=True),
        "differs": Key(
            ListOf("an array of tables: [[pairs.differs]]", DIFFERENCE),
            "Intended differences: they are no findings while they last",
        ),
        "truth": Key(TEXT, "Side that is right where they differ: left, right, or the name of its run"),
    }
)
CONFIG = Table(
    {
        "select": Key(TEXTS, "Codes or prefixes of the rules to run; all where this is left out"),
        "extend-select": Key(TEXTS, "Codes or prefixes of rules to run besides those selected", default=[]),
        "ignore": Key(TEXTS, "Codes or prefixes of rules not to run; the longest matching prefix wins", default=[]),
        "per-file-ignores": Key(
            Named(TEXTS),
            "Codes or prefixes to ignore in files, by globs relative to this file; a leading ! means all other files",
            default={},
        ),
        "preview": Key(FLAG, "Whether rules that are not yet stable run", default=False),
        "baseline": Key(TEXT, "File with the findings that were there before, relative to this file"),
        "plugins": Key(TEXTS, "Python files of this repository that add rules, sources or trainers", default=[]),
        "respect-gitignore": Key(FLAG, "Whether what git ignores is left out of folders", default=True),
        "machine": Key(MACHINE, "What a config leaves to the host"),
        "runs": Key(Named(RUN), "Declared runs, by name"),
        "pairs": Key(
            ListOf("an array of tables: [[pairs]]", PAIR), "Pairs of runs that claim to train the same environment"
        ),
    }
)
"""All of ``metta-lint.toml``, and of ``[tool.metta-lint]`` in pyproject.toml."""


def check_shape(node: Node, shape: Shape, where: str) -> None:
    """Raise InputError, at its place, for a key that there is not, one that is missing, and a value of another type."""
    match shape:
        case Value():
            if not isinstance(node, Scalar) or not shape.accepts(node.value):
                raise InputError(f"{where} must be {shape.expected}", node.span)
        case ListOf():
            _check_list(node, shape, where)
        case Table():
            _check_table(node, shape, where)
        case Named():
            for key, entry in _table(node, where).entries.items():
                check_shape(entry.value, shape.item, f"{where}.{key}")


def _check_list(node: Node, shape: ListOf, where: str) -> None:
    if not isinstance(node, Sequence):
        raise InputError(f"{where} must be {shape.expected}", node.span)
    for item in node.items:
        if isinstance(shape.item, Value) and not (isinstance(item, Scalar) and shape.item.accepts(item.value)):
            raise InputError(f"{where} must be {shape.expected}", item.span)
        check_shape(item, shape.item, where)


def _check_table(node: Node, shape: Table, where: str) -> None:
    table = _table(node, where)
    for key, entry in table.entries.items():
        if key not in shape.keys:
            hint = did_you_mean(key, shape.keys, otherwise=f" (it has {', '.join(shape.keys)})")
            raise InputError(f"{where or 'the configuration'} has no key {key!r}{hint}", entry.key_span)
    for name, known in shape.keys.items():
        found = table.entries.get(name)
        if found is not None:
            check_shape(found.value, known.shape, f"{where}.{name}" if where else name)
        elif known.is_needed:
            raise InputError(f"{where}: {name} is missing", node.span)


def _table(node: Node, where: str) -> MappingNode:
    if not isinstance(node, MappingNode):
        raise InputError(f"{where} must be a table", node.span)
    return node

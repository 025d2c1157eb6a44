"""The JSON Schema of the configuration: what editors complete is what the reader takes, and it is shipped."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import tomli
from hypothesis import given
from hypothesis import strategies as st

from metta_lint.base.documents import Entry, Mapping, Node, Scalar, Sequence, Span
from metta_lint.base.errors import InputError
from metta_lint.plans.run import Machine
from metta_lint.project.config import Config, load_config
from metta_lint.project.schema import check_shape, config_schema

ROOT = Path(__file__).parents[3]
PLACE = Span("metta-lint.toml", 1, 1, 1, 2)
SCHEMA = config_schema()
RUNS = '[runs.a]\nentry = "a.ini"\n[runs.b]\nentry = "b.yaml"\n'
PAIR = RUNS + '[[pairs]]\nleft = "a"\nright = "b"\n'

RULE = "class Quiet:\n    code, name, severity, check = 'XX001', 'quiet', 'info', None\nRULES = [Quiet()]\n"

EXAMPLES = {
    "select": 'select = ["ML4"]',
    "extend-select": 'extend-select = ["ML402"]',
    "ignore": 'ignore = ["ML4"]',
    "per-file-ignores": '[per-file-ignores]\n"configs/legacy/**" = ["ML5"]',
    "preview": "preview = true",
    "baseline": 'baseline = "metta-lint-baseline.json"',
    "plugins": 'plugins = ["rules.py"]',
    "respect-gitignore": "respect-gitignore = false",
    "machine": "[machine]\ncpus = 16",
    "machine.cpus": "[machine]\ncpus = 16",
    "machine.gpus": "[machine]\ngpus = 2",
    "machine.world_size": "[machine]\nworld_size = 8",
    "machine.steps_per_second": "[machine]\nsteps_per_second = 40000.5",
    "runs": RUNS,
    "runs.entry": RUNS,
    "runs.set": RUNS + 'set = ["trainer.batch_size=1"]',
    "runs.trainer": RUNS + 'trainer = "metta"',
    "pairs": PAIR,
    "pairs.left": PAIR,
    "pairs.right": PAIR,
    "pairs.differs": PAIR + '[[pairs.differs]]\nquantity = "gamma"\nreason = "short episodes"',
    "pairs.truth": PAIR + 'truth = "a"',
    "pairs.differs.left": PAIR + '[[pairs.differs]]\nquantity = "gamma"\nleft = 0.5',
    "pairs.differs.right": PAIR + '[[pairs.differs]]\nquantity = "gamma"\nright = 0.5',
    "pairs.differs.quantity": PAIR + '[[pairs.differs]]\nquantity = "gamma"\nreason = "short episodes"',
    "pairs.differs.reason": PAIR + '[[pairs.differs]]\nquantity = "gamma"\nreason = "short episodes"',
}
"""A configuration that uses the key, for each."""


def keys_of(schema: Any, prefix: str = "") -> list[str]:
    if "properties" in schema:
        known = schema["properties"].items()
        return [name for key, value in known for name in (prefix + key, *keys_of(value, f"{prefix}{key}."))]
    below = schema.get("items") or schema.get("additionalProperties")
    return keys_of(below, prefix) if below else []


def test_the_documentation_has_the_schema_of_the_reader() -> None:
    shown = (ROOT / "docs" / "schema" / "config.json").read_text(encoding="utf-8")
    assert json.loads(shown) == SCHEMA, "run `python docs/generate.py`"


def test_each_key_has_an_example_here() -> None:
    assert sorted(EXAMPLES) == sorted(keys_of(SCHEMA)), "a key of schema.json needs an example in EXAMPLES"


@pytest.mark.parametrize("key", EXAMPLES)
def test_reader_and_schema_take_each_key_and_it_says_something(key: str, tmp_path: Path) -> None:
    for name in ("a.ini", "b.yaml"):
        (tmp_path / name).write_text("", encoding="utf-8")
    (tmp_path / "rules.py").write_text(RULE, encoding="utf-8")
    (tmp_path / "metta-lint.toml").write_text(EXAMPLES[key], encoding="utf-8")
    jsonschema.validate(tomli.loads(EXAMPLES[key]), SCHEMA)
    config = load_config((tmp_path / "metta-lint.toml").as_posix())
    assert config._replace(path=None) != Config()


@pytest.mark.parametrize(
    "text", ['selekt = ["ML"]', "select = 3", "[machine]\ncpus = 0", "[runs.a]\nset = []", "preview = 1"]
)
def test_reader_and_schema_refuse_the_same(text: str) -> None:
    assert not is_valid(tomli.loads(text))
    assert not is_taken(tomli.loads(text))


def test_the_schema_has_the_form_that_schemastore_asks_for() -> None:
    jsonschema.Draft7Validator.check_schema(SCHEMA)
    assert SCHEMA["$id"] == "https://json.schemastore.org/metta-lint.json"
    assert SCHEMA["$schema"] == "http://json-schema.org/draft-07/schema#"
    for part in parts(SCHEMA):
        assert isinstance(part.get("type"), str) or part.get("anyOf"), part
    for table in (part for part in parts(SCHEMA) if "properties" in part):
        assert table["additionalProperties"] is False
        assert all(described["description"] for described in table["properties"].values())


def test_the_machine_has_the_keys_that_plans_ask_for() -> None:
    assert tuple(SCHEMA["properties"]["machine"]["properties"]) == Machine._fields


def parts(schema: Any) -> list[dict[str, Any]]:
    below = [*schema.get("properties", {}).values(), schema.get("items"), schema.get("additionalProperties")]
    below += schema.get("anyOf", [])
    return [schema, *(part for found in below if isinstance(found, dict) for part in parts(found))]


# -- any values -------------------------------------------------------------------------------------------------------

# JSON Schema calls 2.0 an integer and knows no infinity; the reader does otherwise in both.
SCALARS = st.one_of(
    st.booleans(),
    st.integers(-2, 2),
    st.sampled_from([-0.5, 0.5, 1.5]),
    st.sampled_from(["", " ", "left", "right", "ML1", "anything"]),
)
NAMES = st.sampled_from(sorted({name.rpartition(".")[2] for name in keys_of(SCHEMA)} | {"other"}))
VALUES = st.recursive(
    SCALARS, lambda below: st.lists(below, max_size=2) | st.dictionaries(NAMES, below, max_size=3), max_leaves=8
)


def any_of(schema: Any) -> st.SearchStrategy[Any]:
    """Values of a schema, some of them with something wrong somewhere."""
    if "properties" in schema:
        known = st.fixed_dictionaries({}, optional={name: any_of(key) for name, key in schema["properties"].items()})
        return known | st.builds(lambda left, right: left | right, known, st.dictionaries(NAMES, VALUES, max_size=1))
    if schema.get("type") == "object":
        return st.dictionaries(NAMES, any_of(schema["additionalProperties"]), max_size=2) | SCALARS
    if schema.get("type") == "array":
        return st.lists(any_of(schema["items"]), max_size=2) | SCALARS
    return VALUES


def node_of(value: Any) -> Node:
    if isinstance(value, dict):
        return Mapping({key: Entry(PLACE, node_of(item)) for key, item in value.items()}, PLACE)
    if isinstance(value, list):
        return Sequence(tuple(map(node_of, value)), PLACE)
    return Scalar(value, PLACE)


def is_taken(value: Any) -> bool:
    try:
        check_shape(node_of(value), SCHEMA, "")
    except InputError:
        return False
    return True


def is_valid(value: Any) -> bool:
    return jsonschema.Draft7Validator(SCHEMA).is_valid(value)


@given(any_of(SCHEMA))
def test_reader_and_schema_agree_on_anything(value: Any) -> None:
    assert is_taken(value) == is_valid(value)

"""Python files: what they declare, read without running any of it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metta_lint.base.documents import Mapping, Scalar, plain
from metta_lint.base.errors import InputError
from metta_lint.base.unknown import Unknown
from metta_lint.files.limits import DEPTH_LIMIT, PYTHON_BYTE_LIMIT, TOKEN_LIMIT
from metta_lint.sources import read
from metta_lint.sources.python import parse, parse_module

if TYPE_CHECKING:
    from pathlib import Path

    from metta_lint.base.documents import Node

CONFIG = '''\
"""Settings."""
from dataclasses import dataclass, field
from typing import ClassVar
from pydantic import Field

KILO = 1024
NAMES = ["a", "b"]
MAKE = {"puffer": Puffer, "squared": "Squared"}


class Base:
    gamma = 0.9
    model_config: ClassVar[dict] = {}


@dataclass
class Config(Base):
    total: int = Field(default=10_000_000_000, gt=0, le=1e12)
    buffer: int = 2 * KILO
    rate: float = -1e-3
    workers: int = Field(gt=0)
    tags: list = field(default_factory=list)
    ppo: Base = Field(default_factory=Base)
    loud: Base = Base(gamma=0.99)
    lazy: Base = Field(default_factory=lambda: Base(gamma=0.5))
    name: str | None = None

    def make(self, width=640, *, height=480, **kwargs):
        return Env(width, **kwargs)


def main(steps=1e9, seed=None): ...
'''


def at(text: str, *keys: object) -> Node:
    node = parse(text.encode(), "c.py").root
    assert isinstance(node, Mapping)
    found = node.get(*keys)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("name", "value"),
    [("total", 10_000_000_000), ("buffer", 2048), ("rate", -0.001), ("tags", []), ("name", None)],
)
def test_a_field_has_its_default(name: str, value: object) -> None:
    assert plain(at(CONFIG, "classes", "Config", "fields", name)) == value


@pytest.mark.parametrize(("name", "text"), [("ppo", "Base"), ("loud", "Base(gamma=0.99)"), ("lazy", "Base(gamma=0.5)")])
def test_what_is_no_literal_is_unknown_with_its_text(name: str, text: str) -> None:
    node = at(CONFIG, "classes", "Config", "fields", name)
    assert isinstance(node, Scalar)
    assert node.value == Unknown(f"it is the expression {text}")


def test_what_declares_no_default_and_class_variables_are_left_out() -> None:
    fields = plain(at(CONFIG, "classes", "Config", "fields"))
    assert isinstance(fields, dict)
    assert "workers" not in fields
    assert plain(at(CONFIG, "classes", "Base", "fields")) == {"gamma": 0.9}


def test_constants_and_signatures() -> None:
    assert plain(at(CONFIG, "constants", "NAMES")) == ["a", "b"]
    assert plain(at(CONFIG, "constants", "MAKE", "squared")) == "Squared"
    assert plain(at(CONFIG, "functions", "main")) == {"steps": 1e9, "seed": None}
    assert plain(at(CONFIG, "classes", "Config", "methods", "make")) == {"width": 640, "height": 480}


def test_a_method_says_where_its_keywords_go() -> None:
    make = parse_module(CONFIG.encode(), "c.py").classes["Config"].methods["make"]
    assert make.takes_any
    assert [(forward.name, forward.positional) for forward in make.forwards] == [("Env", 1)]
    assert not make.keeps


@pytest.mark.parametrize(
    ("body", "keeps"),
    [
        ("return Env(**kwargs)", False),
        ("kwargs.pop('a')\n    return Env(**kwargs)", True),
        ("Env = pick()\n    return Env(**kwargs)", True),
        ("return pick()(**kwargs)", True),
        ("return Env(a=kwargs)", True),
        ("pass", False),
    ],
)
def test_keywords_that_are_used_otherwise_are_kept(body: str, keeps: bool) -> None:
    module = parse_module(f"def make(**kwargs):\n    {body}\n".encode(), "c.py")
    assert module.functions["make"].keeps is keeps


@pytest.mark.parametrize(
    "change",
    ["MAKE['x'] = 1", "MAKE.update(x=1)", "del MAKE", "MAKE = {}", "if here:\n    MAKE = {}", "MAKE |= {}"],
)
def test_a_constant_that_is_changed_is_none(change: str) -> None:
    node = at(f"MAKE = {{'a': 1}}\n{change}\nX = MAKE\n", "constants", "MAKE")
    assert isinstance(node, Scalar)
    assert isinstance(node.value, Unknown)


def test_spans_count_characters() -> None:
    node = at("class Ä:\n    grüße: str = Field('ß', max_length=9) ; x = 5\n", "classes", "Ä", "fields", "x")
    assert isinstance(node, Scalar)
    assert node.span[1:] == (2, 49, 2, 50)
    assert at("\ufeffa = 1\n", "constants", "a").span[1:] == (1, 5, 1, 6)


ARITHMETIC = st.recursive(
    st.integers(0, 99).map(str) | st.floats(0, 99, allow_nan=False).map(repr),
    lambda below: (
        st.builds("({} {} {})".format, below, st.sampled_from(["+", "-", "*", "/", "//", "%", "**"]), below)
        | below.map("-{}".format)
    ),
    max_leaves=6,
)


@given(ARITHMETIC)
def test_arithmetic_is_pythons_or_unknown(text: str) -> None:
    node = at(f"x = {text}\n", "constants", "x")
    assert isinstance(node, Scalar)
    if isinstance(node.value, Unknown):
        return
    assert repr(node.value) == repr(eval(text, {"__builtins__": {}}))  # noqa: S307 - arithmetic of our own making


@pytest.mark.parametrize(
    "text", ["9**9**9**9", "2**100000", "1 << 10**9", "'a' * 10**9", "[0] * 10**9", "1 / 0", "f(2)"]
)
def test_what_would_grow_or_fail_is_unknown(text: str) -> None:
    node = at(f"x = {text}\n", "constants", "x")
    assert isinstance(node, Scalar)
    assert isinstance(node.value, Unknown)


@pytest.mark.parametrize(
    ("data", "message", "line"),
    [
        (b"x = (1,\ny = 2\n", "not valid Python: '\\(' was never closed", 1),
        (b"a = 1\nb = \n", "not valid Python: invalid syntax", 2),
        (b"x = 1\0", "NUL byte", 1),
        (b"x = '\xff'", "not UTF-8", 1),
        (b"x" * (PYTHON_BYTE_LIMIT + 1), "larger than 1 MB", 1),
        (b"a;" * TOKEN_LIMIT, "more than 30,000 words and signs", 1),
        (b"y = 1\nx = " + b"(" * 10_000 + b")" * 10_000, "too many nested parentheses", 2),
        (b"y = 1\nx = " + b"-" * 29_000 + b"1", "nested deeper", 2),
        (b"y = 1\nx = " + b"1+" * 14_000 + b"1", "nested deeper", 2),
        (b"y = 1\nx = a" + b".b" * 14_000, "nested deeper", 2),
        (b"y = 1\nx = " + b"lambda:" * 10_000 + b"1", "nested deeper", 2),
        (b"".join(b" " * depth + b"if 1:\n" for depth in range(300)), "too many levels of indentation", 101),
        (b"x = " + b"9" * 5000, "not valid Python", 1),
    ],
)
def test_what_is_no_config_is_refused_with_its_line(data: bytes, message: str, line: int) -> None:
    with pytest.raises(InputError, match=message) as caught:
        parse(data, "c.py")
    assert caught.value.span.line == line
    assert caught.value.span.column >= 1


def test_depth_within_the_parsers_bounds_is_read() -> None:
    text = "x = " + "[" * DEPTH_LIMIT + "]" * DEPTH_LIMIT
    assert isinstance(ast.parse(text), ast.Module)
    parse(text.encode(), "c.py")
    parse(b"x = " + b"1 + " * 300 + b"1\n", "c.py")


@pytest.mark.parametrize("text", ["'\\ud800'", f"0x{'f' * 9000}", "{'\\udfff': 1}", "1j", "..."])
def test_what_no_config_has_is_unknown(text: str) -> None:
    node = at(f"x = {text}\n", "constants", "x")
    assert isinstance(node, Scalar)
    assert isinstance(node.value, Unknown)


def test_a_long_chain_is_read() -> None:
    chain = "if 1: a = 1\n" + "".join(f"elif {number}: b = 1\n" for number in range(150)) + "else:\n    c = 1\n"
    constants = plain(at(chain, "constants"))
    assert isinstance(constants, dict)
    assert list(constants) == ["a", "b", "c"]


def test_authors_warnings_are_not_ours() -> None:
    assert plain(at("x = '\\d'\nif 1 is 1: pass\n", "constants", "x")) == "\\d"


def test_nothing_is_run(tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    (tmp_path / "c.py").write_text(f"import os\nopen({str(mark)!r}, 'w')\nx: int = __import__('os').getpid()\n")
    read((tmp_path / "c.py").as_posix())
    assert not mark.exists()


@pytest.mark.parametrize("opening", ["[{0}, {0}]", "[" * 50 + "{0}" + "]" * 50])
def test_names_that_double_or_nest_without_end_become_unknown(opening: str) -> None:
    lines = ["a0 = 1", *(f"a{n} = {opening.format(f'a{n - 1}')}" for n in range(1, 40))]
    constants = plain(parse("\n".join(lines).encode(), "c.py").root)["constants"]
    assert constants["a1"] == ast.literal_eval(opening.format("1"))
    assert "unknown" in repr(constants["a39"])
    assert max(len(repr(value)) for value in constants.values()) < 100_000

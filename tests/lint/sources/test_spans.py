"""The law of spans: the text at a scalar's span, read again on its own, is that scalar."""

from __future__ import annotations

import contextlib
import json
import re
from typing import TYPE_CHECKING

import pytest
import tomli
import yaml
from hypothesis import given
from hypothesis import strategies as st

from metta_lint.base.documents import Document, Mapping, Node, Scalar, Sequence, Span
from metta_lint.base.errors import InputError
from metta_lint.sources import read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


def text_at(text: str, span: Span) -> str:
    """The span's text; lines are joined by LF."""
    lines = re.split(r"\r\n|\r|\n", text)[span.line - 1 : span.end_line]
    lines[-1] = lines[-1][: span.end_column - 1]
    lines[0] = lines[0][span.column - 1 :]
    return "\n".join(lines)


def scalars(node: Node) -> Iterator[Scalar]:
    match node:
        case Scalar():
            yield node
        case Sequence(items=items):
            for item in items:
                yield from scalars(item)
        case Mapping(entries=entries):
            for entry in entries.values():
                yield from scalars(entry.value)


def again_yaml(text: str) -> object:
    root = read("again.yaml", text.encode()).root
    return root.value if isinstance(root, Scalar) else None  # a file of nothing but null is an empty mapping


def again_ini(text: str) -> object:
    root = read("again.ini", f"[s]\nkey = {text}".encode()).root
    assert isinstance(root, Mapping)
    value = root.get("s", "key")
    assert isinstance(value, Scalar)
    return value.value


def again_toml(text: str) -> object:
    return tomli.loads(f"key = {text}")["key"]


AGAIN: dict[str, Callable[[str], object]] = {
    ".yaml": again_yaml,
    ".ini": again_ini,
    ".toml": again_toml,
    ".json": json.loads,
}
EXPLICIT_INDENT = re.compile(r"[|>][-+]?[1-9]")  # counted from the parent's, which the text alone does not have


def check_spans(suffix: str, text: str) -> None:
    document: Document = read(f"c{suffix}", text.encode())
    for scalar in scalars(document.root):
        written = text_at(text.removeprefix("\ufeff"), scalar.span)
        if not EXPLICIT_INDENT.match(written):
            assert repr(AGAIN[suffix](written)) == repr(scalar.value)


FRAGMENTS = {
    ".yaml": [
        *(
            "a: ",
            "b: ",
            "- ",
            "\n",
            "\n",
            "\n  ",
            "\n- ",
            "\na: ",
            "\nb:\n  c: ",
            "[",
            "]",
            "{",
            "}",
            ", ",
            " # c\n",
            "\r\n",
        ),
        *(
            "1",
            "x y",
            "x\n   y",
            "'q\n\n  r'",
            '"d\\n"',
            "é€𝄞",
            "|\n  b\n  c\n",
            ">-\n  f\n\n",
            "!!str ",
            "&x ",
            "*x",
            "\t",
        ),
        *("\u2028", "\x85", "~", "yes"),
    ],
    ".ini": [
        *(
            "[s]\n",
            "[t]\n",
            "a = ",
            "b:",
            "\n",
            "\n",
            "\r\n",
            "\r",
            "\n  ",
            "\n\t",
            " ",
            "x",
            "y z",
            "é𝄞",
            "# c\n",
            "\n ; c",
        ),
        *("\n\n", "= :", "%", "\x1c", "\u2028"),
    ],
    ".toml": [
        *(
            "a = 1\n",
            "b.c = 'x' # = \n",
            "[t]\n",
            "[[u]]\n",
            "[t.v]\r\n",
            "d = [1, [\n2.5, # ]\n'é'],]\n",
            "e = {f = 1}\n",
        ),
        *('g = """\n[x]\n"" """\n', "h = 1979-05-27 07:32:00\n", "i = '''\r\n'''''\n", '"j k" = "#\\""\n', "\n", "  "),
    ],
    ".json": [
        "[",
        "]",
        "{",
        "}",
        ", ",
        '"a": ',
        '"b":\n',
        "1",
        "-2.5e3",
        '"x\\ty"',
        '"é𝄞"',
        " ",
        "\r\n",
        "\n",
        "true",
        "null",
    ],
}


@pytest.mark.parametrize("suffix", FRAGMENTS)
@given(data=st.data())
def test_a_scalars_span_holds_that_scalar(suffix: str, data: st.DataObject) -> None:
    text = "".join(data.draw(st.lists(st.sampled_from(FRAGMENTS[suffix]), max_size=12)))
    with contextlib.suppress(InputError):
        check_spans(suffix, text)


LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
TREES = st.recursive(LEAVES, lambda below: st.lists(below) | st.dictionaries(st.text(), below), max_leaves=12)


@given(TREES, st.sampled_from([None, '"', "'", "|", ">"]), st.sampled_from([None, True, False]))
def test_the_law_holds_for_every_style_of_yaml(tree: object, style: str, flow: bool) -> None:
    check_spans(".yaml", yaml.safe_dump(tree, default_style=style, default_flow_style=flow, allow_unicode=True))


@pytest.mark.parametrize("suffix", [".yaml", ".ini"])
def test_the_law_holds_for_the_corpus(corpus: Path, suffix: str) -> None:
    for file in sorted(corpus.rglob(f"*{suffix}")):
        with contextlib.suppress(InputError):
            check_spans(suffix, file.read_text(encoding="utf-8"))

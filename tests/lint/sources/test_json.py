"""JSON: what Python's json reads, less what JSON does not have."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metta_lint.base.documents import Mapping, Sequence, plain
from metta_lint.base.errors import InputError
from metta_lint.sources.json import parse

REFUSED = "refused"

TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda below: st.lists(below, max_size=4) | st.dictionaries(st.text(), below, max_size=4),
    max_leaves=12,
)


@given(TREES, st.sampled_from([None, 0, 2, "\t"]), st.booleans())
def test_a_dumped_tree_is_read_back(tree: object, indent: int | str | None, ascii_only: bool) -> None:
    text = json.dumps(tree, indent=indent, ensure_ascii=ascii_only)
    assert repr(plain(parse(text.encode(), "c.json").root)) == repr(tree)


def unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    if len(dict(pairs)) < len(pairs):
        raise ValueError
    return dict(pairs)


def refuse(_name: str) -> None:
    raise ValueError


def strict_outcome(text: str) -> str:
    try:
        value = json.loads(text, object_pairs_hook=unique, parse_constant=refuse)
        json.dumps(value, ensure_ascii=False).encode()  # refuses half surrogate pairs
    except ValueError:
        return REFUSED
    return repr(value)


def outcome(text: str) -> str:
    try:
        return repr(plain(parse(text.encode(), "c.json").root))
    except InputError:
        return REFUSED


TOKENS = [
    *(
        "[",
        "]",
        "{",
        "}",
        ",",
        ":",
        '"a"',
        '"b"',
        "1",
        "-1",
        "0",
        "01",
        "1.5",
        "1e5",
        "1E+5",
        "-",
        "true",
        "null",
        "NaN",
    ),
    *(
        "Infinity",
        '"\\n"',
        '"\\u00e9"',
        '"\\ud800"',
        '"\\ud83d\\ude00"',
        '"\\x"',
        '"\t"',
        '"',
        "\\",
        " ",
        "\n",
        "é",
        '"a":',
    ),
    *("[]", "{}", ',"c":1', "[1,", "\xa0", "\x0c"),
]


@given(st.lists(st.sampled_from(TOKENS), max_size=8).map("".join))
def test_any_text_is_read_or_refused_as_a_strict_json_does(text: str) -> None:
    assert outcome(text) == strict_outcome(text)


def test_keys_values_and_collections_have_their_places() -> None:
    root = parse('{"é": 1,\n "b": [true , "x\\n"\n] , "c":{ } }\n'.encode(), "c.json").root
    assert isinstance(root, Mapping)
    assert root.span[1:] == (1, 1, 3, 14)
    assert root.entries["é"].key_span[1:] == (1, 2, 1, 5)
    assert root.entries["é"].value.span[1:] == (1, 7, 1, 8)
    listed = root.get("b")
    assert isinstance(listed, Sequence)
    assert listed.span[1:] == (2, 7, 3, 2)
    assert [item.span[1:] for item in listed.items] == [(2, 8, 2, 12), (2, 15, 2, 20)]
    assert root.entries["c"].value.span[1:] == (3, 9, 3, 12)


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ("", 1, 1, "Expecting value"),
        (" \n", 2, 1, "Expecting value"),
        ('{"a": 1,\n "a": 2}', 2, 2, "duplicate key 'a' (first on line 1)"),
        ('{"a": NaN}', 1, 7, "Expecting value"),
        ("[-Infinity]", 1, 2, "Expecting value"),
        ("[1,]", 1, 4, "Expecting value"),
        ("[1 2]", 1, 4, "Expecting ',' delimiter"),
        ('{"a" 1}', 1, 6, "Expecting ':' delimiter"),
        ("{a: 1}", 1, 2, "Expecting property name enclosed in double quotes"),
        ("1\n2", 2, 1, "Extra data"),
        ('["a', 1, 2, "Unterminated string"),
        ('["a\\', 1, 2, "Unterminated string"),
        ('["a\nb"]', 1, 4, "Invalid control character"),
        ('["a\\x"]', 1, 4, "Invalid \\escape"),
        ('["\\ud800"]', 1, 2, "half of a surrogate pair"),
        ("\ufeff[x]", 1, 2, "Expecting value"),
    ],
)
def test_a_refusal_says_what_and_where(text: str, line: int, column: int, message: str) -> None:
    with pytest.raises(InputError) as caught:
        parse(text.encode(), "c.json")
    assert message in caught.value.message
    assert (caught.value.span.line, caught.value.span.column) == (line, column)

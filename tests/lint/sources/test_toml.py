"""TOML: tomli's values, tomli's errors, and places from a scan that must not lose its way."""

from __future__ import annotations

import pytest
import tomli
from hypothesis import given
from hypothesis import strategies as st

from metta_lint.base.documents import Mapping, Node, Scalar, Sequence, plain
from metta_lint.base.errors import InputError
from metta_lint.sources.toml import parse

REFUSED = "refused"


def root_of(text: str) -> Mapping:
    root = parse(text.encode(), "c.toml").root
    assert isinstance(root, Mapping)
    return root


def outcome(text: str) -> str:
    try:
        return repr(plain(root_of(text)))
    except InputError:
        return REFUSED


def tomli_outcome(text: str) -> str:
    try:
        return repr(tomli.loads(text))
    except tomli.TOMLDecodeError:
        return REFUSED


STATEMENTS = [
    *(
        "[a]",
        "[[b]]",
        "[a.b]",
        "[b.c]",
        "[[b.d]]",
        "[\"k e\".'y']",
        "# [c]",
        "a = 1",
        "b.c = 2",
        "x = 1 # = 2",
        "d . e = 0",
    ),
    *("c = [1, [2,\n # ]\n 3],\n]", "f = {a = 1, b = {c = [2]}}", "g = [{a = 1}, {b = 2}]", "h = {}", "i = []"),
    *(
        'j = "[x] # \\" = "',
        "k = '[x] # \\'",
        'l = """\n[z]\na = "1" ""\\"""""',
        "m = '''\n[z]\n''a = 1'''''",
        'n = ""',
    ),
    *("o = 1979-05-27 07:32:00", "p = 1979-05-27T07:32:00Z", "q = 07:32:00.5", "r = -inf", "s = 1_0e-1_0", "t = 0xff"),
    *('"\\u00e9" = true', "u = 1 2", "v", "w = [1", "1 = 2", '"" = 3'),
]


@given(st.lists(st.sampled_from(STATEMENTS), max_size=6), st.sampled_from(["\n", "\r\n", "\n\n  "]))
def test_any_statements_are_read_or_refused_as_tomli_does(statements: list[str], separator: str) -> None:
    text = separator.join(statements)
    assert outcome(text) == tomli_outcome(text)


PIECES = st.sampled_from([*list("ab1.=[]{},\"'\\# \n\té"), '"""', "'''", "[[", "]]", "a = ", "\nb = ", "\r\n"])


@given(st.lists(PIECES, max_size=12).map("".join) | st.text().map(lambda text: text.replace("\0", "")))
def test_any_text_is_read_or_refused_as_tomli_does(text: str) -> None:
    assert outcome(text) == tomli_outcome(text.removeprefix("\ufeff"))


TEXT = """\
# [no]
select = ["ML", # ]
          'x']
text = \"""
[machine]
cpus = 1 \"""
[machine]
cpus = 16
limits.memory = 2
[runs.puffer]
set = {gpus = 1, "k y" = [{a = 2}]}
[[pairs]]
left = 1
[[pairs.differs]]
reason = 'é'
[[pairs.differs]]
[[pairs]]
[runs]
more = inf
"""


def found(node: Node | None) -> tuple[int, ...]:
    assert node is not None
    return node.span[1:]


def key_place(root: Node, *keys: object) -> tuple[int, ...]:
    node: Node | None = root
    for key in keys[:-1]:
        if isinstance(node, Sequence) and isinstance(key, int):
            node = node.items[key]
        else:
            assert isinstance(node, Mapping)
            node = node.entries[key].value
    assert isinstance(node, Mapping)
    return node.entries[keys[-1]].key_span[1:]


def test_keys_have_the_places_where_they_are_written() -> None:
    root = root_of(TEXT)
    assert plain(root) == tomli.loads(TEXT)
    assert key_place(root, "select") == (2, 1, 2, 7)
    assert key_place(root, "machine") == (7, 2, 7, 9)
    assert key_place(root, "machine", "cpus") == (8, 1, 8, 5)
    assert key_place(root, "machine", "limits") == (9, 1, 9, 7)
    assert key_place(root, "machine", "limits", "memory") == (9, 8, 9, 14)
    assert key_place(root, "runs") == (18, 2, 18, 6)  # where it is defined, not where it is implied
    assert key_place(root, "runs", "puffer") == (10, 7, 10, 13)
    assert key_place(root, "runs", "puffer", "set", "k y", 0, "a") == (11, 28, 11, 29)
    assert key_place(root, "pairs") == (12, 3, 12, 8)
    assert key_place(root, "pairs", 0, "left") == (13, 1, 13, 5)
    assert key_place(root, "pairs", 0, "differs", 0, "reason") == (15, 1, 15, 7)


def test_values_have_the_places_where_they_are_written() -> None:
    root = root_of(TEXT)
    assert found(root.get("select")) == (2, 10, 3, 15)
    assert found(root.get("text")) == (4, 8, 6, 13)
    assert found(root.get("machine")) == (7, 1, 7, 10)
    assert found(root.get("machine", "limits", "memory")) == (9, 17, 9, 18)
    assert found(root.get("runs", "puffer", "set")) == (11, 7, 11, 36)
    pairs = root.get("pairs")
    assert isinstance(pairs, Sequence)
    assert [item.span[1:] for item in pairs.items] == [(12, 1, 12, 10), (17, 1, 17, 10)]
    assert isinstance(pairs.items[0], Mapping)
    differs = pairs.items[0].get("differs")
    assert isinstance(differs, Sequence)
    assert [item.span[1:] for item in differs.items] == [(14, 1, 14, 18), (16, 1, 16, 18)]
    select = root.get("select")
    assert isinstance(select, Sequence)
    assert select.items[1] == Scalar("x", select.span._replace(line=3, column=11, end_column=14))


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ("a = 1\nb = = 2", 2, 5, "Invalid value"),
        ("a = 1\r\na = 2", 2, 6, "Cannot overwrite a value"),
        ("a = 1\nb = [1,\n", 3, 1, "Invalid value"),
        ("a = 'b", 1, 7, 'Expected "\'"'),
        ("\ufeffa b", 1, 3, "Expected '=' after a key"),
        ("a = 2020-02-30", 1, 5, "Invalid date"),
        (f"a{'.b' * 200} = 1", 1, 202, "nested deeper"),
        (f"[a{'.b' * 200}]", 1, 203, "nested deeper"),
        (f"a = {'{b = ' * 200}", 1, 500, "nested deeper"),
        (f"[{'a.' * 90}a]\n" + "".join(f"b{number} = 1\n" for number in range(2000)), 322, 6, "more than 30000"),
    ],
)
def test_a_refusal_says_what_and_where(text: str, line: int, column: int, message: str) -> None:
    with pytest.raises(InputError) as caught:
        parse(text.encode(), "c.toml")
    assert message in caught.value.message
    assert "line" not in caught.value.message  # the span says it
    assert (caught.value.span.line, caught.value.span.column) == (line, column)

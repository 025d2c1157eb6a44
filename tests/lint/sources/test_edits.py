"""Edits of entries: a file says the same afterwards but for the entry that was removed, renamed or given a value."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metta_lint.base.documents import Mapping, Sequence, Span, plain
from metta_lint.base.errors import InputError
from metta_lint.files.file_system import first_bytes, reading_instead
from metta_lint.sources import read
from metta_lint.sources.edit import Edit, Fix
from metta_lint.sources.edits import resolved_fix
from metta_lint.sources.text import FileText

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from metta_lint.base.documents import Entry, Node

SUFFIXES = (".ini", ".yaml", ".yml", ".json", ".toml")
LONGEST = 10_000
"""Bytes of the corpus' files that are looked at."""
TRIED = 4
"""Entries of each of them that are removed and renamed, about."""


def written_entries(node: Node, path: tuple[object, ...] = ()) -> Iterator[tuple[tuple[object, ...], Mapping, Entry]]:
    """Every entry that stands where its mapping does, with the keys that lead to it: not what is merged into it."""
    if isinstance(node, Mapping):
        for key, entry in node.entries.items():
            is_toml = node.span.path.endswith(".toml")  # whose tables have the spans of their headers
            if is_toml or (node.span[1:3] <= entry.key_span[1:3] and entry.key_span[3:] <= node.span[3:]):
                yield (*path, key), node, entry
            yield from written_entries(entry.value, (*path, key))
    elif isinstance(node, Sequence):
        for index, item in enumerate(node.items):
            yield from written_entries(item, (*path, index))


def edited(path: str, edit: Edit) -> bytes | None:
    """The file's bytes with an edit made, None where it cannot be told how."""
    fix = resolved_fix(Fix("change it", (edit,)))
    return None if fix is None else FileText(path, first_bytes(path, 10_000_000).decode()).edited(fix.edits)


def without(node: Node, keys: tuple[object, ...]) -> object:
    """A node's plain value without the entry at a path of keys."""
    value = plain(node)
    parent = value
    for key in keys[:-1]:
        parent = parent[key]  # type: ignore[index]
    del parent[keys[-1]]  # type: ignore[attr-defined]
    return value


def renamed(node: Node, keys: tuple[object, ...], name: str) -> object:
    """A node's plain value with another key at a path of keys, in its place."""
    value = plain(node)
    parent = value
    for key in keys[:-1]:
        parent = parent[key]  # type: ignore[index]
    items = [(name if key == keys[-1] else key, item) for key, item in parent.items()]  # type: ignore[attr-defined]
    parent.clear()  # type: ignore[attr-defined]
    parent.update(items)  # type: ignore[attr-defined]
    return value


def same(one: object, other: object) -> bool:
    return repr(one) == repr(other)


def holds_for(path: str, entries: list[tuple[tuple[object, ...], Mapping, Entry]]) -> int:
    """How many changes of entries can be told; AssertionError where more than the entry changes."""
    root = read(path).root
    count = 0
    for keys, _, entry in entries:
        removal, renaming = Edit(entry.key_span, "", "entry"), Edit(entry.key_span, "another_name", "key")
        for edit, expected in ((removal, without(root, keys)), (renaming, renamed(root, keys, "another_name"))):
            now = edited(path, edit)
            if now is not None:
                with reading_instead({path: now}):
                    after = plain(read(path).root)
                assert same(after, expected), (path, keys, now.decode())
                count += 1
    return count


def holds_for_every_entry(path: str, text: str) -> None:
    """Every entry can be removed or renamed, and nothing else changes."""
    with reading_instead({path: text.encode()}):
        try:
            found = list(written_entries(read(path).root))
        except InputError:
            return
        holds_for(path, found)


# -- real files --------------------------------------------------------------------------------------------------------


def test_real_files_say_the_same_but_for_one_entry(corpus: Path) -> None:
    """Of every file of the corpus that is not long, a few entries."""
    files = sorted(path for path in corpus.rglob("*") if path.suffix in SUFFIXES and path.stat().st_size < LONGEST)
    count = 0
    for path in files:
        try:
            found = list(written_entries(read(str(path)).root))
        except InputError:
            continue
        step = 1 + len(found) // TRIED
        count += holds_for(str(path), found[::step])
    assert count > len(files)


# -- laws --------------------------------------------------------------------------------------------------------------

KEYS = st.sampled_from(["a", "b", "'c d'", "e_1", '"f"', "10", "true"])
FLOW_SCALARS = st.sampled_from(["1", "2.5", "true", "x y", "'#'", '"a: b, c"', "null"])
COMMENTS = st.sampled_from(["", "", "", "  # mine", " # a: b, {c}"])
NEWLINES = st.sampled_from(["\n", "\r\n"])
TREES = st.recursive(
    st.just(None),
    lambda below: st.one_of(
        st.dictionaries(KEYS, below, max_size=4).map(lambda found: ("map", found)),
        st.lists(below, max_size=3).map(lambda found: ("list", found)),
    ),
    max_leaves=12,
)


@st.composite
def flow(draw: st.DrawFn, tree: object) -> str:
    """A tree on one line, with the blanks and the last comma that a hand may leave."""
    if tree is None:
        return draw(FLOW_SCALARS)
    kind, found = tree  # type: ignore[misc]
    comma, last = draw(st.sampled_from([", ", ",", " , "])), draw(st.sampled_from(["", "", ",", " "]))
    if kind == "map":
        inside = comma.join(f"{key}: {draw(flow(item))}" for key, item in found.items())
        return "{" + inside + (last if inside else "") + "}"
    inside = comma.join(draw(flow(item)) for item in found)
    return "[" + inside + (last if inside else "") + "]"


@st.composite
def block(draw: st.DrawFn, tree: object, indent: int) -> list[str]:
    """What stands behind a key or a dash: the rest of its line, and the lines below it."""
    pad = " " * indent
    if tree is None:
        text = draw(st.sampled_from(["flow", "flow", "flow", "", "|", "|+", ">-"]))
        if text in ("flow", ""):
            return [f" {draw(FLOW_SCALARS)}{draw(COMMENTS)}" if text else ""]
        return [f" {text}", f"{pad}  text # no comment", "", f"{pad}  more"]
    kind, found = tree  # type: ignore[misc]
    if not found or draw(st.integers(0, 3)) == 0:
        return [f" {draw(flow(tree))}{draw(COMMENTS)}"]
    lines = [""]
    for each in found:
        lines += draw(st.sampled_from([[], [], [f"{pad}# above"], ["# at the margin"], [""]]))
        first, *rest = draw(block(found[each] if kind == "map" else each, indent + 2))
        lines += [f"{pad}{each}:{first}" if kind == "map" else f"{pad}-{first}", *rest]
        if kind == "list" and not first and draw(st.booleans()) and rest and rest[0].startswith(f"{pad}  "):
            lines[-len(rest) - 1 :] = [f"{pad}- {rest[0].lstrip()}", *rest[1:]]
    return lines


@st.composite
def yaml_texts(draw: st.DrawFn) -> str:
    lines = draw(block(draw(TREES.filter(lambda tree: tree is not None and tree[0] == "map")), 0))
    lines = lines[1:] if not lines[0] else [lines[0].strip()]
    return draw(NEWLINES).join([*draw(st.sampled_from([[], ["# head"], ["---"]])), *lines, *draw(END)])


END = st.sampled_from([[], [""], ["# end"]])
LINES = st.sampled_from(
    [
        "a = 1",
        "B: two",
        "c =",
        "  d = 4",
        "e = 5 # five",
        "f = 6",
        "   continued",
        "\tmore",
        "# a comment",
        "  ; another",
        "",
        "[one]",
        "[two words]",
        "[DEFAULT]",
        "g = %(a)s",
    ]
)
INI_TEXTS = st.builds(
    lambda newline, lines, end: newline.join(["[first]", *lines, *end]), NEWLINES, st.lists(LINES, max_size=14), END
)
JSON_TEXTS = st.builds(
    lambda tree, indent: json.dumps(tree, indent=indent),
    st.recursive(
        st.integers(), lambda below: st.dictionaries(st.text("abc,:{", max_size=3), below, max_size=3), max_leaves=8
    ),
    st.sampled_from([None, 0, 2]),
)
TOML_TEXTS = st.builds(
    "\n".join,
    st.lists(
        st.sampled_from(
            [
                "a = 1",
                "b = [1,\n 2] # c",
                'd.e = "x"',
                "[t]",
                "[t.u]",
                "f = {g = 1, h = {}}",
                "# c",
                '"i j" = 2',
                "[[k]]",
            ]
        ),
        max_size=8,
    ),
)


@given(yaml_texts())
def test_yaml_says_the_same_but_for_one_entry(text: str) -> None:
    holds_for_every_entry("file.yaml", text)


@given(INI_TEXTS)
def test_ini_says_the_same_but_for_one_entry(text: str) -> None:
    holds_for_every_entry("file.ini", text)


@given(JSON_TEXTS)
def test_json_says_the_same_but_for_one_entry(text: str) -> None:
    holds_for_every_entry("file.json", text)


@given(TOML_TEXTS)
def test_toml_says_the_same_but_for_one_entry(text: str) -> None:
    holds_for_every_entry("file.toml", text)


# -- cases -------------------------------------------------------------------------------------------------------------


def place(path: str, text: str, key: str) -> Span:
    """Where the first entry of a name has its key."""
    with reading_instead({path: text.encode()}):
        return next(entry.key_span for keys, _, entry in written_entries(read(path).root) if keys[-1] == key)


def made(path: str, text: str, edit: Edit) -> str | None:
    with reading_instead({path: text.encode()}):
        found = edited(path, edit)
    return None if found is None else found.decode()


@pytest.mark.parametrize(
    ("path", "before", "after"),
    [
        ("f.ini", "[a]\n# about x\nx = 1\n  2\n# about y\ny = 3\n", "[a]\n# about x\n# about y\ny = 3\n"),
        ("f.ini", "[a]\r\nx = 1", "[a]\r\n"),
        ("f.yaml", "# about x\nx: 1  # one\n# about y\ny: 2\n", "# about x\n# about y\ny: 2\n"),
        ("f.yaml", "a:\n  x: 1\nb: 2\n", "a:\n  {}\nb: 2\n"),
        ("f.yaml", "a:\n  - x: 1\n    y: 2\n", "a:\n  - y: 2\n"),
        ("f.yaml", "a:\n  - x: 1\n    # about y\n    y: 2\n", "a:\n  - \n    # about y\n    y: 2\n"),
        ("f.yaml", "a: {x: 1, y: 2}\n", "a: {y: 2}\n"),
        ("f.yaml", "a: {y: 2, x: 1}\n", "a: {y: 2}\n"),
        ("f.yaml", "a: {x: 1,}\n", "a: {}\n"),
        ("f.yaml", "x:\n  - 1\n  # within\n  - 2\ny: |\n  text\n", "y: |\n  text\n"),
        ("f.json", '{\n  "y": 2,\n  "x": 1\n}\n', '{\n  "y": 2\n}\n'),
        ("f.toml", "# about x\nx = [1,\n  2]\ny = 2", "# about x\ny = 2"),
    ],
)
def test_an_entry_goes_with_its_line_or_its_comma(path: str, before: str, after: str) -> None:
    assert made(path, before, Edit(place(path, before, "x"), "", "entry")) == after


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("f.yaml", "x: &x 1\ny: *x\n"),
        ("f.yaml", "y: &y {b: 1}\na:\n  <<: *y\n  x: 1\n"),
        ("f.yaml", "? x\n: 1\ny: 2\n"),
        ("f.yaml", "y: |+\n  text\n\nx: 1\n\n"),
        ("f.ini", "[a]\nx = 1\ny = %(x)s\n"),
        ("f.ini", "[DEFAULT]\nx = 1\n[a]\n"),
        ("f.toml", "y.x = 1\n"),
    ],
)
def test_what_others_rest_on_is_not_removed(path: str, text: str) -> None:
    assert made(path, text, Edit(place(path, text, "x"), "", "entry")) is None


@pytest.mark.parametrize(
    ("path", "before", "name", "after"),
    [
        ("f.yaml", "'x': 1\n", "z", "'z': 1\n"),
        ("f.json", '{"x": 1}', "z", '{"z": 1}'),
        ("f.toml", "x = 1\n", "a.b", '"a.b" = 1\n'),
        ("f.ini", "[a]\nX = 1\n", "z", "[a]\nz = 1\n"),
        ("f.yaml", "x: 1\nz: 2\n", "z", None),
        ("f.yaml", "x: 1\n", "a: b", None),
        ("f.yaml", "&k x: 1\n", "z", None),
    ],
)
def test_a_key_keeps_its_quotes_and_takes_no_name_that_is_taken(
    path: str, before: str, name: str, after: str | None
) -> None:
    assert made(path, before, Edit(place(path, before, "x"), name, "key")) == after


@pytest.mark.parametrize(
    ("standing", "was", "text", "after"),
    [
        ("old", "old", "new", "x: new\n"),
        ("'old'", "old", "new", "x: 'new'\n"),
        ("other", "old", "new", None),
        ("'old'", "old", "it's", None),
    ],
)
def test_a_text_is_replaced_where_it_is_what_was_seen(standing: str, was: str, text: str, after: str | None) -> None:
    span = Span("f.yaml", 1, 4, 1, 4 + len(standing))
    assert made("f.yaml", f"x: {standing}\n", Edit(span, text, was=was)) == after


def test_the_value_of_an_anchor_is_its_own_entrys() -> None:
    text = "a: &x 1\nb: *x\nc:\n  d: *x\n"
    assert made("f.yaml", text, Edit(Span("f.yaml", 1, 7, 1, 8), "z", "key", "a")) == text.replace("a:", "z:")


def test_a_place_that_a_file_no_longer_has_is_none() -> None:
    assert made("f.yaml", "x: 1\n", Edit(Span("f.yaml", 9, 1, 9, 2), "y")) is None
    assert resolved_fix(Fix("it", (Edit(Span("not_there.yaml", 1, 1, 1, 2), "y"),))) is None

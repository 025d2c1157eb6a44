"""YAML: OmegaConf's values, and one clear error for everything that it or a linter must refuse."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from omegaconf._utils import get_yaml_loader
from packaging.version import Version

from metta_lint.base.documents import Entry, Mapping, Scalar, Sequence, plain
from metta_lint.base.errors import InputError
from metta_lint.sources.yaml import parse, parse_1_1

if TYPE_CHECKING:
    from pathlib import Path

LOADER = get_yaml_loader()


REFUSED = "refused"


def omegaconf_value(text: str) -> object:
    """What OmegaConf reads, an empty document being an empty config to it."""
    value = yaml.load(text, Loader=LOADER)  # noqa: S506 - a SafeLoader
    return {} if value is None else value


def omegaconf_outcome(text: str) -> str:
    try:
        return repr(omegaconf_value(text))
    except (yaml.YAMLError, ValueError, LookupError):  # the latter two: PyYAML on tags that their text does not suit
        return REFUSED


def value_of(text: str) -> object:
    return plain(parse(text.encode(), "c.yaml").root)


def outcome(text: str) -> str:
    try:
        return repr(value_of(text))
    except InputError:
        return REFUSED


def refusal(text: str) -> InputError:
    with pytest.raises(InputError) as caught:
        parse(text.encode(), "c.yaml")
    return caught.value


def place(error: InputError) -> tuple[int, int]:
    return error.span.line, error.span.column


# -- values ------------------------------------------------------------------------------------------------------------

SCALARS = """
    1 +1 -1 0 00 017 0o17 0x1F -0xff 0b101 1_000 1__0_ 1:30 -1:30:00 190:20:30.15 1:60 0_ 08 09.5 1. 1.5 .5 -.5 +.5 ._5
    1e5 1E-12 1e-12 1.e+3 1.5e3 1.5e+3 -1e+5 1_0e5 1_e5 .5e5 .5e+5 1e 1_000.5_0 .inf -.INF +.Inf .iNF .nan .NaN .NAN
    -.nan . + -- yes No ON off y n true TRUE tRUE False null ~ Null NULL nULL 2020-01-01 2020-01-01T00:00:00Z 1.2.3
    '1' "1" "\\x41\\u00e9" '' foo é ${a.b} ??? 12e03 -2E+05 1e5_0 _1 1_
"""


@pytest.mark.parametrize("text", [*SCALARS.split(), "!!str 1", "!!int '1'", "!!float 1", "!!bool 'ON'", "!!null x"])
def test_a_scalar_is_what_omegaconf_makes_of_it(text: str) -> None:
    text = f"key: {text}"
    assert repr(value_of(text)) == repr(omegaconf_value(text))


NUMBERS = st.text("0123456789_.:eE+-xbinfa", max_size=10)


@given(NUMBERS)
def test_what_looks_like_a_number_is_what_omegaconf_makes_of_it(text: str) -> None:
    assert outcome(f"- {text}") == omegaconf_outcome(f"- {text}")


LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(max_size=9)
KEYS = st.text() | st.integers() | st.booleans() | st.none() | st.floats(allow_nan=False)
TREES = st.recursive(
    LEAVES, lambda below: st.lists(below, max_size=4) | st.dictionaries(KEYS, below, max_size=4), max_leaves=12
)


@given(TREES, st.sampled_from([None, '"', "'", "|"]), st.sampled_from([None, True, False]), st.booleans())
def test_a_dumped_tree_is_read_as_omegaconf_reads_it(tree: object, style: str, flow: bool, unicode: bool) -> None:
    text = yaml.safe_dump(tree, default_style=style, default_flow_style=flow, allow_unicode=unicode, sort_keys=False)
    assert repr(value_of(text)) == repr(omegaconf_value(text))


TOKENS = [
    *(
        "a",
        "b",
        "1",
        "1e5",
        "yes",
        "~",
        "'q'",
        '"d\\n"',
        "&x ",
        "&y ",
        "*x",
        "*y",
        "!!str ",
        "!!int ",
        "!!map ",
        "!foo ",
    ),
    *(
        ": ",
        ":",
        "- ",
        "-",
        "? ",
        ", ",
        "[",
        "]",
        "{",
        "}",
        "\n",
        "\n",
        "\n  ",
        "\n    ",
        " ",
        "#",
        " # c",
        "é",
        "%",
        "@",
    ),
    *(
        "|\n",
        "|-\n  t",
        ">+\n",
        "---\n",
        "...\n",
        "\t",
        "\r\n",
        "\r",
        "\u2028",
        "a: ",
        "a: b",
        "\n- ",
        "\na: ",
        "\nb: ",
    ),
]


@given(st.lists(st.sampled_from(TOKENS), max_size=12).map("".join))
def test_any_text_is_read_or_refused_as_omegaconf_does(text: str) -> None:
    theirs = omegaconf_outcome(text)
    holds_itself = "[...]" in theirs or "{...}" in theirs  # PyYAML builds it, a config cannot be it
    assert outcome(text) == (REFUSED if holds_itself else theirs)


@given(st.text().map(str.encode) | st.binary())
def test_no_bytes_end_in_anything_but_a_document_or_an_input_error(data: bytes) -> None:
    with contextlib.suppress(InputError):
        parse(data, "c.yaml")


def test_every_yaml_of_the_corpus_is_read_or_refused_as_omegaconf_does(corpus: Path) -> None:
    files = sorted(corpus.rglob("*.yaml"))
    assert files
    for file in files:
        text = file.read_text(encoding="utf-8")
        assert outcome(text) == omegaconf_outcome(text), file


def test_without_the_c_parser_documents_are_the_same(corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = sorted((corpus / "metta-2025-07").rglob("*.yaml"))[::10]
    with_c = [parse(file.read_bytes(), str(file)) for file in files]
    monkeypatch.delattr(yaml, "CSafeLoader")
    assert [parse(file.read_bytes(), str(file)) for file in files] == with_c


# -- anchors, aliases, merges ------------------------------------------------------------------------------------------

MERGES = """\
a: &a {x: 1, y: 1}
b: &b {y: 2, z: 2}
c: &c
  <<: *a
  w: 3
d:
  y: 4
  <<: [*a, *b]
  <<: *c
  z: 4
e:
  <<: {v: 5}
  <<: []
  "<<": text
"""


def test_merge_keys_have_pyyamls_precedence_and_order() -> None:
    assert repr(value_of(MERGES)) == repr(omegaconf_value(MERGES))


MERGED = st.lists(
    st.tuples(
        st.dictionaries(st.sampled_from(["x", "y", "lr", "gamma", "1", "10"]), st.integers(0, 9), max_size=4),
        st.lists(st.integers(0, 9), max_size=3),
    ),
    min_size=1,
    max_size=6,
)


def merging(mappings: list[tuple[dict[str, int], list[int]]], as_list: bool, merge_last: bool) -> str:
    lines = []
    for number, (entries, chosen) in enumerate(mappings):
        aliases = [f"*m{index % number}" for index in chosen] if number else []
        merges = [f"<<: [{', '.join(aliases)}]"] if as_list else [f"<<: {alias}" for alias in aliases]
        own = [f"{key}: {value}" for key, value in entries.items()]
        lines.append(f"m{number}: &m{number} {{{', '.join(own + merges if merge_last else merges + own)}}}\n")
    return "".join(lines)


@given(MERGED, st.booleans(), st.booleans())
def test_merges_of_merges_have_pyyamls_precedence_and_order(
    mappings: list[tuple[dict[str, int], list[int]]], as_list: bool, merge_last: bool
) -> None:
    text = merging(mappings, as_list, merge_last)
    assert repr(value_of(text)) == repr(omegaconf_value(text))


BEFORE = Version(yaml.__version__) < Version("6.0.4")
"""Whether the installed PyYAML is one of those that take the first mapping of a list."""


@given(MERGED, st.booleans(), st.booleans())
def test_the_installed_pyyaml_merges_in_one_of_the_two_known_orders(
    mappings: list[tuple[dict[str, int], list[int]]], as_list: bool, merge_last: bool
) -> None:
    document = parse(merging(mappings, as_list, merge_last).encode(), "c.yaml")
    assert isinstance(document.root, Mapping)
    places = {drift.span.line: document.root.entries[f"m{drift.span.line - 1}"].value for drift in document.merges}
    for drift in document.merges:
        mapping = places[drift.span.line]
        assert isinstance(mapping, Mapping)
        assert mapping.entries[drift.key] is (drift.before if BEFORE else drift.since)


@pytest.mark.parametrize(
    ("text", "drifts"),
    [
        ("a: &a {lr: 1}\nb: &b {lr: 2}\nc: {<<: [*a, *b]}\n", [(3, "lr", 1, 2)]),
        ("a: &a {lr: 1}\nb: &b {lr: 2}\nc: {<<: *a, <<: *b}\n", []),
        ("a: &a {lr: 1}\nb: &b {lr: 2}\nc: {<<: [*a, *b], lr: 3}\n", []),
        ("a: &a {lr: 1}\nb: &b {gamma: 2}\nc: {<<: [*a, *b]}\n", []),
        ("a: &a {lr: 1}\nb: &b {lr: 2}\nc: {<<: *a, <<: *b, <<: *a}\n", [(3, "lr", 1, 2)]),
        ("a: &a {10: 1}\nb: &b {10: 2}\nc: {<<: [*a, *b]}\n", [(3, 10, 1, 2)]),
        # A key of one character is one and the same object wherever it stands.
        ("a: &a {x: 1}\nb: &b {x: 2}\nc: {<<: [*a, *b]}\n", []),
        ("a: &a {x: 1}\nb: &b {x: 2}\nc: {<<: *a, <<: *b}\n", [(3, "x", 2, 1)]),
        ("a: &a {x: 1}\nb: &b {<<: *a, x: 2}\nc: {<<: *b}\n", [(3, "x", 2, 1)]),
        # What comes with a merged mapping was said where that one merges it.
        ("a: &a {lr: 1}\nb: &b {lr: 2}\nc: &c {<<: [*a, *b]}\nd: {<<: *c}\n", [(3, "lr", 1, 2)]),
    ],
)
def test_a_key_that_the_versions_of_pyyaml_merge_from_elsewhere_is_known(text: str, drifts: list[object]) -> None:
    document = parse(text.encode(), "c.yaml")
    assert drifts == [
        (drift.span.line, drift.key, plain(drift.before.value), plain(drift.since.value)) for drift in document.merges
    ]
    assert value_of(text) == omegaconf_value(text)


def test_a_merged_entry_keeps_the_place_where_it_was_written() -> None:
    root = parse(b"a: &a {x: 1}\nb:\n  <<: *a\n", "c.yaml").root
    assert isinstance(root, Mapping)
    assert root.get("b", "x") is root.get("a", "x")
    merged = root.entries["b"].value
    assert isinstance(merged, Mapping)
    assert str(merged.entries["x"].key_span) == "c.yaml:1:8"


def test_an_alias_shares_the_node_that_it_stands_for() -> None:
    root = parse(b"a: &a [1]\nb: *a\n", "c.yaml").root
    assert isinstance(root, Mapping)
    assert root.get("a") is root.get("b")


def test_an_alias_can_be_a_key() -> None:
    assert value_of("a: &k key\n*k : 1\n") == {"a": "key", "key": 1}


BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 9)}]\n" for level in range(1, 20)
)
MERGE_BOMB = f"a: &a {{{', '.join(f'k{number}: 1' for number in range(1000))}}}\n" + "".join(
    f"b{number}: {{<<: *a}}\n" for number in range(1000)
)


DOUBLING = "a0: &a0 {lr: 1}\n" + "".join(
    f"a{level}: &a{level} {{<<: [*a{level - 1}, *a{level - 1}]}}\n" for level in range(1, 60)
)


@pytest.mark.parametrize("text", [BOMB, MERGE_BOMB])
def test_aliases_that_expand_without_bound_are_refused(text: str) -> None:
    assert "once aliases are expanded" in refusal(text).message


def test_a_mapping_that_is_merged_twice_on_every_level_is_read_or_refused_in_time() -> None:
    """PyYAML up to 6.0.3 keeps every pair of it, and would never end."""
    assert outcome(DOUBLING) in {REFUSED, repr({f"a{level}": {"lr": 1} for level in range(60)})}


@pytest.mark.parametrize("text", ["a: &x [1, *x]", "a: &x {b: *x}", "a: &x\n  <<: *x", "&x [*x]"])
def test_an_alias_to_what_holds_it_is_refused(text: str) -> None:
    error = refusal(text)
    assert "stands inside" in error.message
    assert error.span.column == text.splitlines()[-1].index("*") + 1


# -- refusals ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ("a: 1\nb: 2\na: 3", 3, 1, "found duplicate key a (first on line 1)"),
        ("a:\n  b: {c: 1, c: 2}", 2, 13, "found duplicate key c"),
        ("a: *b", 1, 4, "found undefined alias 'b'"),
        ("a: &b 1\nc: &b 2", 2, 4, "found duplicate anchor 'b'"),
        ("a: 1\n---\nb: 2", 2, 1, "expected a single document"),
        ("a: b: c", 1, 5, "mapping values are not allowed"),
        ("a: [1, 2\nb: 3", 2, 2, "while parsing a flow sequence on line 1"),
        ("a: 1\n b: 2", 2, 3, "mapping values are not allowed"),
        ("a:\n\tb: 1", 2, 1, "cannot start any token"),
        ("a: 1\t", 1, 5, "cannot start any token"),
        ("a:\n  b\a", 2, 4, "special characters are not allowed"),
        ("? [a]\n: b", 1, 3, "found unhashable key"),
        ("a: &a [1]\n*a : b", 2, 1, "found unhashable key"),
        ("a:\n  <<: 3", 2, 7, "expected a mapping for merging, but found a scalar"),
        ("a:\n  <<: [{a: 1}, 3]", 2, 16, "expected a mapping for merging, but found a scalar"),
        ("a: <<", 1, 4, "'<<' is a merge key"),
        ("a: =", 1, 4, "'=' is YAML's default-value key"),
        ("a: 0b_", 1, 4, "'0b_' is not an integer"),
        ("a: !!int one", 1, 4, "'one' is not an integer"),
        ("a: !!float one", 1, 4, "'one' is not a number"),
        ("a: !!bool maybe", 1, 4, "'maybe' is not a boolean"),
        ("a: !!binary é", 1, 4, "!!binary does not hold base64"),
        ('a: "\\ud800"\t', 1, 4, "half of a surrogate pair"),
        ("a: !foo bar", 1, 4, "the tag '!foo'"),
        ("a: &b !foo {c: d}", 1, 7, "the tag '!foo'"),
        ("- !!python/object/apply:os.system [ls]", 1, 3, "the tag '!!python/object/apply:os.system'"),
        ("- !!python/name:os.system", 1, 3, "tags are never run"),
        ("!!set {a, b}", 1, 1, "the tag '!!set'"),
        ("!!timestamp 2020-01-01", 1, 1, "the tag '!!timestamp'"),
        ("!!map [a]", 1, 1, "the tag '!!map'"),
        ("a: \u2028 b\nc: !foo d", 2, 4, "the tag '!foo'"),
    ],
)
def test_a_refusal_says_what_and_where(text: str, line: int, column: int, message: str) -> None:
    error = refusal(text)
    assert message in error.message
    assert place(error) == (line, column)


# -- shape -------------------------------------------------------------------------------------------------------------


def test_a_document_has_the_places_of_keys_values_and_collections() -> None:
    root = parse(b"a: 1\nb:\n  - x\n  - [y,\n     z]\n# end\nc:\n", "c.yaml").root
    assert isinstance(root, Mapping)
    assert root.span[1:] == (1, 1, 7, 3)
    assert root.entries["b"].key_span[1:] == (2, 1, 2, 2)
    listed = root.get("b")
    assert isinstance(listed, Sequence)
    assert listed.span[1:] == (3, 3, 5, 8)
    assert listed.items[1].span[1:] == (4, 5, 5, 8)
    assert root.get("a") == Scalar(1, root.entries["a"].value.span)
    assert root.entries["c"] == Entry(root.entries["c"].key_span, Scalar(None, root.span._replace(line=7, column=3)))


@pytest.mark.parametrize("text", ["a: &x 10", "a: &x\n  10", "a: &x # why\n  10", "a: &x  10 # b", "{a: &x 10}"])
def test_a_value_begins_behind_its_anchor(text: str) -> None:
    root = parse(text.encode(), "c.yaml").root
    assert isinstance(root, Mapping)
    span = root.entries["a"].value.span
    assert text.splitlines()[span.line - 1][span.column - 1 : span.end_column - 1] == "10"


def test_keys_keep_their_types() -> None:
    assert repr(value_of("1: a\ntrue: b\n0.5: c\nnull: d\n")) == "{1: 'b', 0.5: 'c', None: 'd'}"


@pytest.mark.parametrize(
    ("text", "header"),
    [
        ("# @package _global_\na: 1", ("@package _global_",)),
        ("\ufeff#@package a.b\r\n\r\n  #  two  \r\na: 1 # no\r\n# no", ("@package a.b", "two")),
        ("# only comments\n#\n# and no end", ("only comments", "", "and no end")),
        ("---\n# no\na: 1", ()),
        ("a: 1\n# no", ()),
    ],
)
def test_the_header_is_the_comments_before_anything_else(text: str, header: tuple[str, ...]) -> None:
    assert parse(text.encode(), "c.yaml").header == header


@pytest.mark.parametrize("text", ["", "# c\n", "---\n", "---\n...\n", "null\n", "~"])
def test_a_document_without_content_is_an_empty_mapping(text: str) -> None:
    assert value_of(text) == {} == omegaconf_value(text)


@pytest.mark.parametrize(
    "text",
    [
        *("1e-4", "1e6", "1.5e3", "1.5e+3", "1.e-4", ".5e-1", ".5", "1_000.5", "1:30.5", "-.inf", ".nan", "12", "0x1f"),
        *("yes", "null", "lin_2.5e-4", "!!float 1e6", "!!float '1e-4'", "'1.5'", "-1E-3", "+1.0E-3", "1.5_e+3"),
    ],
)
def test_yaml_1_1_has_the_numbers_of_safe_load(text: str) -> None:
    document = f"a: {text}\nb: [{text}]\n"
    read = plain(parse_1_1(document.encode(), "a.yaml").root)
    assert repr(read) == repr(yaml.safe_load(document))

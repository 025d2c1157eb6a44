"""INI: configparser's values and configparser's errors, with the places that it does not give."""

from __future__ import annotations

import configparser
import io
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metta_lint.base.documents import Document, Mapping, plain
from metta_lint.base.errors import InputError
from metta_lint.sources.ini import parse, values

if TYPE_CHECKING:
    from pathlib import Path

UNREADABLE = "refused by read()"
UNUSABLE = "refused by parser[section][key]"

Values = dict[str, list[tuple[str, str]]]  # in order


def configparser_outcome(texts: list[str]) -> Values | str:
    parser = configparser.ConfigParser()
    try:
        for text in texts:
            parser.read_file(io.StringIO(text, newline=None))  # None: universal newlines, as in an opened file
    except configparser.Error:
        return UNREADABLE
    try:
        return {section: list(parser[section].items()) for section in parser.sections()}
    except configparser.Error:
        return UNUSABLE


def outcome(texts: list[str]) -> Values | str:
    try:
        documents = [parse(text.encode(), f"{number}.ini") for number, text in enumerate(texts)]
    except InputError:
        return UNREADABLE
    try:
        found = values(documents)
    except InputError:
        return UNUSABLE
    return {section: [(key, value.text) for key, value in keys.items()] for section, keys in found.items()}


def document(text: str, path: str = "c.ini") -> Document:
    return parse(text.encode(), path)


def refusal(text: str) -> InputError:
    with pytest.raises(InputError) as caught:
        values([document(text)])
    return caught.value


# -- against configparser ----------------------------------------------------------------------------------------------

TOKENS = [
    *(
        "a",
        "b",
        "A",
        "x y",
        " = ",
        " : ",
        "=",
        ":",
        "[s]",
        "[t]",
        "[DEFAULT]",
        "[a]b]",
        "[",
        "]",
        "#",
        "; c",
        " ;x",
        "  ",
    ),
    *(
        "\n",
        "\n",
        "\n",
        "\n  ",
        "\n    ",
        "\n\n",
        "\t",
        "\r\n",
        "\r",
        "\x0b",
        "\x1c",
        "\x85",
        "\u2028",
        "\xa0",
        "é",
        "İ",
    ),
    *("%(a)s", "%(B)s", "%%", "%", "%(", "[s]\n", "\n[t]\n", "a = 1\n", "b: 2\n", "\nk = v\n"),
]
SOUP = st.lists(st.sampled_from(TOKENS), max_size=14).map("".join)


@given(st.lists(SOUP | SOUP.map(lambda text: f"[s]\n{text}"), min_size=1, max_size=2))
def test_any_text_is_read_or_refused_as_configparser_does(texts: list[str]) -> None:
    assert outcome(texts) == configparser_outcome(texts)


SECTIONS = st.sampled_from(["train", "env", "vec", "DEFAULT"])
OPTIONS = st.sampled_from(["gamma", "Gamma", "num envs", "lr", "a.b"])
PIECES = st.sampled_from(
    ["0.9", "%(gamma)s", "%(LR)s", "%%", "\n  more", "\n\n  # no\n\tyet more", "é ; kept", "", "="]
)
CONTENTS = st.dictionaries(
    SECTIONS,
    st.dictionaries(OPTIONS, st.lists(PIECES, max_size=4).map("".join), max_size=4),
    max_size=3,
)


def written(contents: dict[str, dict[str, str]], delimiter: str) -> str:
    lines = []
    for section, options in contents.items():
        lines.append(f"[{section}]")
        lines += [f"{key}{delimiter}{text}" for key, text in options.items()]
    return "\n".join(lines)


@given(st.lists(CONTENTS, min_size=1, max_size=3), st.sampled_from([" = ", "=", ": ", " :"]))
def test_layers_defaults_and_interpolation_are_configparsers(
    layers: list[dict[str, dict[str, str]]], delimiter: str
) -> None:
    texts = [written(contents, delimiter) for contents in layers]
    assert outcome(texts) == configparser_outcome(texts)


@given(st.lists(st.text(), min_size=1, max_size=2))
def test_no_text_ends_in_anything_but_what_configparser_says(texts: list[str]) -> None:
    texts = [text.replace("\0", "").removeprefix("\ufeff") for text in texts]
    assert outcome(texts) == configparser_outcome(texts)


def test_every_ini_of_the_corpus_is_what_configparser_reads_above_its_default(corpus: Path) -> None:
    files = sorted(corpus.rglob("*.ini"))
    assert files
    for file in files:
        default = next(parent / "default.ini" for parent in file.parents if (parent / "default.ini").exists())
        texts = [path.read_text(encoding="utf-8") for path in (default, file)]
        assert outcome(texts) == configparser_outcome(texts), file


# -- places ------------------------------------------------------------------------------------------------------------

TEXT = """\
; PufferLib
[base]
package = ocean

  [env]
Num_Agents: 64
notes =
    first
    # no
    second

empty =
[base]x
"""


def test_keys_and_values_have_the_places_where_they_are_written() -> None:
    root = document(TEXT.replace("  [env]", "[env]").replace("[base]x\n", "")).root
    assert isinstance(root, Mapping)
    assert plain(root) == {
        "base": {"package": "ocean"},
        "env": {"num_agents": "64", "notes": "\nfirst\nsecond", "empty": ""},
    }
    assert root.span[1:] == (1, 1, 12, 8)
    assert root.entries["base"].key_span[1:] == (2, 2, 2, 6)
    assert root.entries["base"].value.span[1:] == (2, 1, 3, 16)
    env = root.entries["env"].value
    assert isinstance(env, Mapping)
    places = {key: (entry.key_span[1:], entry.value.span[1:]) for key, entry in env.entries.items()}
    assert places == {
        "num_agents": ((6, 1, 6, 11), (6, 13, 6, 15)),
        "notes": ((7, 1, 7, 6), (7, 8, 10, 11)),
        "empty": ((12, 1, 12, 6), (12, 8, 12, 8)),
    }


def test_an_indented_header_continues_the_value_above_it() -> None:
    assert plain(document(TEXT.replace("[base]x\n", "")).root) == {
        "base": {
            "package": "ocean\n\n[env]",
            "num_agents": "64",
            "notes": "\nfirst\nsecond",
            "empty": "",
        }
    }


def test_a_value_knows_what_it_overrides_the_latest_first() -> None:
    texts = ["[DEFAULT]\na = 0\n[s]\na = 1\nb = %(a)s\n", "[s]\nA = 2\n", "[DEFAULT]\na = 3\n\n[s]\na = 4\n"]
    found = values([document(text, f"{number}.ini") for number, text in enumerate(texts)])
    assert list(found) == ["s"]
    winner = found["s"]["a"]
    assert (winner.text, str(winner.span), str(winner.key_span)) == ("4", "2.ini:5:5", "2.ini:5:1")
    assert [str(span) for span in winner.overrides] == ["1.ini:2:5", "0.ini:4:5", "2.ini:2:5", "0.ini:2:5"]
    assert (found["s"]["b"].text, found["s"]["b"].overrides) == ("4", ())


def test_a_default_reaches_each_section_with_that_sections_values() -> None:
    found = values([document("[DEFAULT]\npath = %(name)s/x\nname = d\n[s]\nname = s\n[t]\n")])
    assert [found[section]["path"].text for section in "st"] == ["s/x", "d/x"]
    assert found["s"]["path"].span == found["t"]["path"].span


# -- refusals ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ("# c\n  a = 1\n[s]", 2, 3, "no section header before this line: 'a = 1'"),
        ("\ufeff[s]\na = 1", 1, 1, "byte-order mark"),
        ("\ufeff", 1, 1, "byte-order mark"),
        ("[s]\na = 1\n[s]", 3, 2, "section [s] already exists (line 1)"),
        ("[s]\na = 1\nA : 2", 3, 1, "option 'a' already exists in its section (line 2)"),
        ("[DEFAULT]\na=1\n[DEFAULT]\nb=1\na=1", 5, 1, "option 'a' already exists"),
        ("[s]\na\nb = 1\n  c\n= d", 2, 1, "neither a section header, a key nor a continuation (and 1 more such"),
        ("[s]\n[]", 2, 1, "neither a section header, a key nor a continuation"),
        ("[s]\na = 5%", 2, 5, "'%' must be followed by '%' or '(', found: '%'"),
        ("[s]\na = %(b", 2, 5, "bad variable reference '%(b'"),
        ("[s]\na = %(b)s", 2, 5, "interpolation of [s] a: there is no key 'b'"),
        ("[s]\na = %(b)s\nb = %(a)s", 2, 5, "deeper than 10 levels"),
        ("[DEFAULT]\na = %(b)s\n[s]\nb=1\n[t]", 2, 5, "interpolation of [t] a"),
    ],
)
def test_a_refusal_says_what_and_where(text: str, line: int, column: int, message: str) -> None:
    error = refusal(text)
    assert message in error.message
    assert (error.span.line, error.span.column) == (line, column)


def test_references_that_expand_without_bound_are_refused() -> None:
    lines = "".join(f"a{level} = {f'%(a{level + 1})s' * 50}\n" for level in range(9))
    assert "grow to more than" in refusal(f"[s]\n{lines}a9 = x").message


def test_defaults_that_reach_too_many_sections_are_refused() -> None:
    defaults = "".join(f"k{number} =\n" for number in range(1000))
    sections = "".join(f"[{number}]\n" for number in range(1000))
    assert "applied to each section" in refusal(f"[DEFAULT]\n{defaults}{sections}").message

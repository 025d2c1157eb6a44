"""Reading a file: the reader that its suffix names, and what every reader refuses."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from metta_lint import sources
from metta_lint.base.documents import Mapping, plain
from metta_lint.base.errors import InputError
from metta_lint.files.limits import BYTE_LIMIT, DEPTH_LIMIT, LINE_LIMIT, NODE_LIMIT
from metta_lint.sources import read
from metta_lint.sources.ini import KEY_LIMIT
from metta_lint.sources.syntax import BY_SUFFIX
from metta_lint.sources.text import FileText

if TYPE_CHECKING:
    from pathlib import Path

EXAMPLES = {
    ".ini": (b"[train]\ngamma = 0.9\n", {"train": {"gamma": "0.9"}}),
    ".yaml": (b"train:\n  gamma: 0.9\n", {"train": {"gamma": 0.9}}),
    ".yml": (b"train: {gamma: 0.9}", {"train": {"gamma": 0.9}}),
    ".toml": (b"[train]\ngamma = 0.9\n", {"train": {"gamma": 0.9}}),
    ".json": (b'{"train": {"gamma": 0.9}}', {"train": {"gamma": 0.9}}),
    ".py": (b"gamma = 0.9\n", {"classes": {}, "functions": {}, "constants": {"gamma": 0.9}}),
    ".map": (b"\n###\n#@#\n###\n\n", ["###", "#@#", "###"]),
}
EVERY_SUFFIX = pytest.mark.parametrize("suffix", BY_SUFFIX)


def refusal(path: str, data: bytes) -> InputError:
    with pytest.raises(InputError) as caught:
        read(path, data)
    assert caught.value.span.path == path
    return caught.value


@EVERY_SUFFIX
def test_a_file_is_read_as_its_suffix_says(suffix: str, tmp_path: Path) -> None:
    data, expected = EXAMPLES[suffix]
    path = tmp_path / f"config{suffix.upper()}"
    path.write_bytes(data)
    document = read(str(path))
    assert plain(document.root) == expected
    assert document.path == str(path)
    assert document == read(str(path), data)


def test_a_file_of_the_same_relative_path_is_another_one_in_another_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder, value in (("left", b"1"), ("right", b"2")):
        (tmp_path / folder).mkdir()
        path = tmp_path / folder / "config.yaml"
        path.write_bytes(b"gamma: " + value)
        os.utime(path, (0, 0))  # as archives unpack it
        monkeypatch.chdir(path.parent)
        assert plain(read("config.yaml").root) == {"gamma": int(value)}


@EVERY_SUFFIX
def test_windows_line_ends_change_neither_values_nor_spans(suffix: str) -> None:
    data, _ = EXAMPLES[suffix]
    data = data.replace(b"{", b"{\n")
    assert read(f"c{suffix}", data.replace(b"\n", b"\r\n")) == read(f"c{suffix}", data)


@pytest.mark.parametrize("suffix", [".yaml", ".toml", ".json"])
def test_a_byte_order_mark_takes_no_column(suffix: str) -> None:
    data, _ = EXAMPLES[suffix]
    assert read(f"c{suffix}", b"\xef\xbb\xbf" + data) == read(f"c{suffix}", data)


@pytest.mark.parametrize("suffix", [".ini", ".yaml", ".yml", ".toml"])
@pytest.mark.parametrize("data", [b"", b"\n\n", b"# a comment", b"\r\n# a comment\r\n"])
def test_an_empty_file_is_an_empty_mapping(suffix: str, data: bytes) -> None:
    root = read(f"c{suffix}", data).root
    assert isinstance(root, Mapping)
    assert not root.entries


@EVERY_SUFFIX
def test_bytes_that_are_not_utf8_are_refused_where_they_stand(suffix: str) -> None:
    error = refusal(f"c{suffix}", "ä=1\r\nÄb".encode() + b"\xff")
    assert (error.span.line, error.span.column) == (2, 3)
    assert "0xff" in error.message


@EVERY_SUFFIX
def test_a_nul_is_refused_where_it_stands(suffix: str) -> None:
    error = refusal(f"c{suffix}", b"a=1\nb\0")
    assert (error.span.line, error.span.column) == (2, 2)


@EVERY_SUFFIX
@pytest.mark.parametrize("data", [b"#" * (BYTE_LIMIT + 1), b"\n" * (LINE_LIMIT + 1), b"\r" * (LINE_LIMIT + 1)])
def test_a_file_that_no_config_is_as_large_as_is_refused(suffix: str, data: bytes) -> None:
    assert refusal(f"c{suffix}", data).span[1:3] == (1, 1)


def test_a_huge_file_is_not_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "huge.yaml"
    with path.open("wb") as file:
        file.truncate(1 << 40)  # sparse: the size is there, the bytes are not
    with pytest.raises(InputError, match="larger than 4 MB"):
        read(str(path))


@pytest.mark.parametrize("name", ["absent.yaml", "folder.ini", "nul\0.toml"])
def test_what_cannot_be_opened_is_an_input_error(name: str, tmp_path: Path) -> None:
    (tmp_path / "folder.ini").mkdir()
    with pytest.raises(InputError, match=r"cannot be read: \w"):
        read(str(tmp_path / name))


def test_a_suffix_without_a_reader_is_an_input_error() -> None:
    assert ".yaml" in refusal("config.xml", b"").message


NESTED = {
    ".yaml": ("[", "]"),
    ".yml": ("{a: ", "}"),
    ".toml": ("[", "]"),
    ".json": ('{"a":', "}"),
}


@pytest.mark.parametrize("suffix", NESTED)
@pytest.mark.parametrize("closed", [True, False])
def test_deep_nesting_is_one_error_at_the_level_that_is_too_deep(suffix: str, closed: bool) -> None:
    opening, closing = NESTED[suffix]
    inner = "" if closing == "]" else "1"
    text = opening * 10_000 + (inner + closing * 10_000) * closed
    error = refusal(f"c{suffix}", (text if suffix != ".toml" else f"a = {text}").encode())
    assert f"deeper than {DEPTH_LIMIT} levels" in error.message
    assert error.span.line == 1


@pytest.mark.parametrize(
    ("text", "column"),
    [("[" * 5000, 101), ("{" * 5000, 101), ("[{" * 3000, 101), ("a: " + "[" * 5000, 103), ("[x, " * 3000, 401)],
)
def test_the_level_that_is_too_deep_is_the_place_whatever_pyyamls_own_limit_is(text: str, column: int) -> None:
    error = refusal("c.yaml", text.encode())
    assert (error.message, error.span.column) == (f"nested deeper than {DEPTH_LIMIT} levels", column)


@pytest.mark.parametrize("suffix", NESTED)
def test_nesting_within_the_limit_is_read(suffix: str) -> None:
    opening, closing = NESTED[suffix]
    inner = "" if closing == "]" else "1"
    text = opening * 99 + inner + closing * 99
    read(f"c{suffix}", (text if suffix != ".toml" else f"a = {text}").encode())


def test_ten_thousand_levels_of_indentation_are_text_to_an_ini() -> None:
    lines = "".join(f"{' ' * level}a\n" for level in range(1, 1000))
    document = read("c.ini", f"[s]\nkey = a\n{lines}".encode())
    assert plain(document.root) == {"s": {"key": "\n".join(["a"] * 1000)}}


TOO_MANY = {
    ".ini": "[s]\n" + "".join(f"a{number}=\n" for number in range(KEY_LIMIT + 1)),
    ".yaml": "- \n" * (NODE_LIMIT + 1),
    ".toml": "a = [" + "1," * (NODE_LIMIT + 1) + "]",
    ".json": "[" + "1," * (NODE_LIMIT + 1) + "1]",
}


@pytest.mark.parametrize("suffix", TOO_MANY)
def test_more_values_than_any_config_has_are_refused(suffix: str) -> None:
    most = KEY_LIMIT if suffix == ".ini" else NODE_LIMIT
    assert f"more than {most}" in refusal(f"c{suffix}", TOO_MANY[suffix].encode()).message


@pytest.mark.parametrize("suffix", [".yaml", ".toml", ".json"])
@pytest.mark.parametrize("number", ["1" * 5000, "1" * 5000 + ".0", "-" + "1" * 5000])
def test_a_number_of_thousands_of_digits_is_refused(suffix: str, number: str) -> None:
    error = refusal(f"c{suffix}", (number if suffix != ".toml" else f"a = {number}").encode())
    assert "too long" in error.message


def test_reading_an_ini_imports_no_other_parser() -> None:
    script = (
        "import sys; from metta_lint.sources import read; read('a.ini', b'[a]');"
        "sys.exit(' '.join({'yaml', 'tomli', 'json'} & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", script], check=False, capture_output=True, text=True)
    assert not ran.stderr.strip()


def test_a_place_is_counted_in_lines_as_an_editor_shows_them() -> None:
    text = "a\r\nb\rc\n\u2028d"
    lines = FileText("p", text)
    assert [lines.position(text.index(char)) for char in "abcd"] == [(1, 1), (2, 1), (3, 1), (4, 2)]
    assert FileText("p", text).position(len(text)) == (4, 3)


def test_errors_are_dropped_from_the_cache_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "_CACHED_BYTES", 5_000)
    monkeypatch.setattr(sources, "_documents", {})
    monkeypatch.setattr(sources, "_cached_bytes", 0)
    for number in range(20):
        (tmp_path / f"{number}.yaml").write_text("[", encoding="utf-8")
        with pytest.raises(InputError):
            sources.read(str(tmp_path / f"{number}.yaml"))
    assert len(sources._documents) <= 5

"""Paths and kinds of files: what lies below a folder, and what a suffix says."""

from __future__ import annotations

import os

import pytest

from metta_lint.base.paths import config_name, is_below, is_outside
from metta_lint.sources.syntax import INI, JSON, YAML, Syntax, syntax_of


@pytest.mark.parametrize(
    ("path", "folder", "expected"),
    [
        ("configs/a.yaml", "configs", True),
        ("configs", "configs", True),
        ("configs/", "./configs", True),
        ("configs_2/a.yaml", "configs", False),
        ("a.yaml", ".", True),
        ("../a.yaml", ".", False),
        ("configs/../a.yaml", "configs", False),
        (os.path.abspath("configs/a.yaml"), "configs", True),
        (os.path.abspath("a.yaml"), os.path.abspath(os.sep), True),
    ],
)
def test_what_lies_below_a_folder(path: str, folder: str, expected: bool) -> None:
    assert is_below(path, folder) is expected


@pytest.mark.parametrize(
    ("path", "syntax"),
    [("a.INI", INI), ("b/c.yml", YAML), ("d.yaml", YAML), ("e.json", JSON), ("f.txt", None), ("yaml", None)],
)
def test_a_files_kind_is_its_suffix(path: str, syntax: Syntax | None) -> None:
    assert syntax_of(path) is syntax
    assert syntax is None or syntax.fits(path)
    assert not any(other.fits(path) for other in (INI, YAML, JSON) if other is not syntax)


@pytest.mark.parametrize("text", ["env/a", "/env/a", "env/a.yaml", "/env/a.yaml", "env/a/"])
def test_a_config_has_one_name_however_it_is_written(text: str) -> None:
    assert config_name(text) == "env/a"


@pytest.mark.parametrize(
    ("name", "expected"), [("env/a", False), ("env/..a", False), ("../a", True), ("env/../../a", True), ("/a", True)]
)
def test_a_name_that_leads_out_of_its_folder_is_seen(name: str, expected: bool) -> None:
    assert is_outside(name) is expected

"""Rules ask for documents and trees by the names of their parameters, and prove themselves by files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from metta_lint.api import Case, ConfigTree, Document, Draft, Mapping, leaves
from metta_lint.api.testing import Example, examples
from metta_lint.base.errors import LintError
from metta_lint.project.discovery import discover
from metta_lint.rules.engine import MOST, Subjects, run_rules
from metta_lint.trainers.trees.roots import tree_root

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ARENA = {"configs/env/arena.yaml": "defaults:\n  - base\n  - _self_\ngame:\n  num_agents: 300\n"}


class TooMany:
    """More agents than fit."""

    code, name, severity = "XX001", "too-many", "error"
    agrees = [Case(files={"configs/env/arena.yaml": "_target_: a.B\ngame:\n  num_agents: 3\n"})]
    drifts = [Case(files=ARENA, at=("configs/env/arena.yaml:5",))]

    def check(self, document: Document) -> Iterator[Draft]:
        for keys, node in leaves(document.root):
            value = getattr(node, "value", None)
            if keys[-1:] == ("num_agents",) and isinstance(value, int) and value > 255:
                yield Draft(f"{value} agents", at=node.span)


class Dangling:
    """A default that is not there."""

    code, name, severity = "XX002", "dangling", "error"
    agrees = [Case(files={**ARENA, "configs/env/base.yaml": "a: 1\n"})]
    drifts = [Case(files=ARENA, at=("configs/env/arena.yaml:1",))]

    def check(self, tree: ConfigTree) -> Iterator[Draft]:
        for name, document in tree.documents.items():
            if isinstance(document.root, Mapping) and document.root.get("defaults") and not tree.has("env/base"):
                yield Draft(f"{name} has no base", at=document.root.entries["defaults"].key_span)


@pytest.mark.parametrize("example", list(examples([TooMany(), Dangling()])), ids=str)
def test_a_rule_of_files_finds_the_lines_that_its_cases_name(example: Example, tmp_path: Path) -> None:
    example.check(tmp_path)


@pytest.mark.parametrize("at", [(), ("configs/env/arena.yaml:4",), ("configs/env/arena.yaml:5", "configs/x.yaml:1")])
def test_another_line_than_the_case_names_fails(at: tuple[str, ...], tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="XX001-drifts-0: finds"):
        Example(TooMany(), Case(files=ARENA, at=at), 0, drifts=True).check(tmp_path)


def test_a_drifting_case_of_files_names_its_lines() -> None:
    class Vague(TooMany):
        drifts = [Case(files=ARENA)]

    with pytest.raises(AssertionError, match="without a line"):
        list(examples([Vague()]))


def test_a_rule_that_asks_for_what_there_is_not_is_named() -> None:
    class Wrong(TooMany):
        def check(self, weather: object) -> Iterator[Draft]:  # type: ignore[override]
            yield from ()

    with pytest.raises(LintError, match="XX001: check\\(\\) asks for weather; it can have one of pair, plan, document"):
        run_rules([Wrong()], Subjects())


def test_a_rule_that_never_ends_is_read_so_far(tmp_path: Path) -> None:
    class Endless(TooMany):
        def check(self, document: Document) -> Iterator[Draft]:
            while True:
                yield Draft("again", at=document.root.span)

    file = tmp_path / "a.yaml"
    file.write_text("a: 1\n", encoding="utf-8")
    assert len(run_rules([Endless()], Subjects(files=(file.as_posix(),)))) == MOST


@pytest.mark.parametrize(
    ("files", "tree"),
    [
        ({"configs/sweep/quick.yaml": "parameters:\n  a: {distribution: uniform}\n"}, "configs"),
        ({"configs/env/x.yaml": "_target_: a.B\n"}, "configs"),
        ({"configs/maps/x.map": "WWW\n"}, "configs"),
        ({"configs/hardware/x.yaml": "# @package _global_\ndevice: cpu\n"}, "configs"),
        ({"conf/deep/er/x.yaml": "defaults:\n  - a\n"}, "conf"),
        ({"settings/x.yaml": "defaults:\n  - a\n", "settings/env/y.yaml": "a: 1\n"}, "settings"),
        ({"configs/kubernetes.yaml": "apiVersion: v1\nkind: Pod\n"}, None),
        ({"other/x.yaml": "_target_: a.B\n"}, None),
    ],
)
def test_a_hydra_tree_is_known_by_its_name_and_content(files: dict[str, str], tree: str | None, tmp_path: Path) -> None:
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    found = discover([tmp_path.as_posix()])
    assert [found_tree.folder for found_tree in found.trees] == ([(tmp_path / tree).as_posix()] if tree else [])
    assert sorted(found.files) == (sorted((tmp_path / path).as_posix() for path in files) if tree else [])


def test_a_file_that_is_named_alone_knows_its_tree(tmp_path: Path) -> None:
    for path in ("configs/env/mettagrid/a.yaml", "configs/env/b.yaml"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("x: 1\n", encoding="utf-8")
    named = (tmp_path / "configs/env/mettagrid/a.yaml").as_posix()
    assert tree_root(named) == (tmp_path / "configs").as_posix()
    (tree,) = discover([named]).trees
    assert list(tree.documents) == ["env/mettagrid/a"]
    assert tree.has("/env/b")
    assert not tree.has("env/../../configs/env/b")
    assert tree.names == ("env/b", "env/mettagrid/a")

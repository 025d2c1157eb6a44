"""The layout: which packages there are, and that no module reaches itself through its imports."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import grimp
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

LINT = Path(__file__).parents[1] / "lint" / "metta_lint"
PACKAGES = ("metta_lint", "metta_lint_rules", "metta_lint_trainer")
ENTRIES = 18
"""Sixteen packages, ``__init__`` and ``__main__``."""


def test_the_top_floor_has_sixteen_rooms() -> None:
    shown = [path.name for path in LINT.iterdir() if path.name != "__pycache__"]
    assert len(shown) <= ENTRIES, sorted(shown)


@cache
def imports() -> Mapping[str, set[str]]:
    """Every module with those that it imports, under TYPE_CHECKING and inside functions too."""
    graph = grimp.build_graph(*PACKAGES, cache_dir=None)
    return {module: graph.find_modules_directly_imported_by(module) for module in sorted(graph.modules)}


def reachable(module: str, graph: Mapping[str, set[str]]) -> set[str]:
    """All modules that a module imports, and those that these import."""
    found: set[str] = set()
    queue = [module]
    while queue:
        new = graph.get(queue.pop(), set()) - found
        found |= new
        queue += new
    return found


def circles(graph: Mapping[str, set[str]]) -> Iterator[tuple[str, ...]]:
    """The groups of modules that import each other, each once."""
    below = {module: reachable(module, graph) for module in graph}
    for module in graph:
        circle = tuple(sorted(other for other in below[module] if module in below.get(other, set())))
        if circle and circle[0] == module:
            yield circle


def test_no_modules_import_each_other() -> None:
    assert len(imports()) > 200, "nothing was looked at"
    assert list(circles(imports())) == []


@pytest.mark.parametrize(
    "graph", [{"a": {"b"}, "b": {"a"}}, {"a": {"b"}, "b": {"c"}, "c": {"a"}}, {"a": {"a"}}], ids=["two", "three", "one"]
)
def test_a_circle_is_seen(graph: Mapping[str, set[str]]) -> None:
    assert list(circles(graph)) == [tuple(sorted(graph))]


def test_the_trainer_imports_the_ground_floor_and_loops_alone() -> None:
    named = {
        other for module, others in imports().items() if module.startswith("metta_lint_trainer") for other in others
    }
    of_the_linter = {name.split(".")[1] for name in named if name.startswith("metta_lint.")}
    assert of_the_linter == {"base", "loops"}

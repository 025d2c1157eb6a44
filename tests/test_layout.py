"""The layout: which packages there are, and that no module reaches itself through its imports."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import grimp
import pytest

from metta_lint.cli import COMMANDS
from metta_lint.reports.formats import FORMATS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).parents[1]
LINT = ROOT / "lint" / "metta_lint"
PACKAGES = ("metta_lint", "metta_lint_rules", "metta_lint_trainer")
ROOMS = """
api base check cli files fixes history loops plans project reports rules server sources trainers verification
""".split()


def test_the_top_floor_has_sixteen_rooms() -> None:
    shown = {path.name for path in LINT.iterdir() if path.name not in ("__pycache__", "py.typed")}
    assert shown == {"__init__.py", "__main__.py", *ROOMS}


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


def test_every_package_says_what_it_is_for() -> None:
    tops = (ROOT / top for top in ("lint", "rules", "reference_trainer"))
    packages = [path for top in tops for path in sorted(top.rglob("__init__.py"))]
    assert len(packages) > 20, "nothing was looked at"
    texts = {path: ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "" for path in packages}
    assert [path.as_posix() for path, text in texts.items() if len(text.split()) <= 3] == []


# -- one word, one thing -----------------------------------------------------------------------------------------------

SHARED = {
    "command": rf"cli\.({'|'.join(COMMANDS)})",
    "derive": r"trainers\..+\.(plan|plan_\d|dialect)",
    "page": rf"reports\.({'|'.join(FORMATS)})",
    "parse": r"sources\.\w+",
    "read_run": r"trainers\..+\.config",
}
"""Functions that implement one Protocol, and the modules that do: a report format's ``page``, for example."""


def definitions() -> Mapping[str, list[str]]:
    """Classes, aliases of types, and functions that other modules can see, by name: the modules that define them."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for top in ("lint", "rules", "reference_trainer"):
        for path in sorted((ROOT / top).rglob("*.py")):
            module = path.relative_to(ROOT / top).with_suffix("").as_posix().replace("/", ".")
            for node in ast.parse(path.read_text(encoding="utf-8")).body:
                is_public = isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
                if isinstance(node, ast.ClassDef) or (is_public and not _is_shared(node.name, module)):
                    found[node.name].append(module)
                elif isinstance(node, ast.AnnAssign) and ast.unparse(node.annotation) == "TypeAlias":
                    found[ast.unparse(node.target)].append(module)
    return found


def _is_shared(name: str, module: str) -> bool:
    return name in SHARED and re.fullmatch(rf"metta_lint\.{SHARED[name]}", module) is not None


@pytest.mark.parametrize(
    ("name", "module", "shared"),
    [
        ("parse", "metta_lint.sources.ini", True),
        ("parse", "metta_lint.sources.deeper.ini", False),
        ("derive", "metta_lint.trainers.metta.pydantic_era.plan", True),
        ("derive", "metta_lint.trainers.metta.batches", False),
        ("page", "metta_lint.reports.sarif", True),
        ("page", "metta_lint.reports.cells", False),
        ("command", "metta_lint.cli.check", True),
        ("command", "metta_lint.cli.options", False),
    ],
)
def test_only_what_implements_a_protocol_shares_a_name(name: str, module: str, *, shared: bool) -> None:
    assert _is_shared(name, module) is shared


def test_one_name_means_one_thing() -> None:
    found = definitions()
    assert len(found) > 500, "nothing was looked at"
    assert {name: modules for name, modules in found.items() if len(modules) > 1} == {}

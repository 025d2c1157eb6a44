"""Names are followed through a tree's imports and bases, and never out of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from metta_lint.base.documents import plain
from metta_lint.sources.python_tree import Tree

if TYPE_CHECKING:
    from pathlib import Path

FILES = {
    "app/config.py": (
        "from app.parts import Optimizer\nfrom . import parts as p\nfrom .parts import RATE\n"
        "class Base:\n    seed: int = 1\n    gamma: float = 0.9\n"
        "class Config(Base):\n    gamma: float = 0.99\n    rate: float = RATE\n"
        "    optimizer: Optimizer = Field(default_factory=Optimizer)\n    second: p.Optimizer = p.Optimizer(beta=0.5)\n"
    ),
    "app/parts/__init__.py": "from .optimizer import Optimizer\nRATE = 1e-3\n",
    "app/parts/optimizer.py": "class Optimizer:\n    beta: float = 0.9\n    eps: float = 1e-8\n",
}


def write(folder: Path, files: dict[str, str]) -> Tree:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    return Tree(folder.as_posix())


def defaults(tree: Tree, path: str, name: str) -> object:
    module = tree.module(path)
    assert module is not None
    found = tree.declared(module, name)
    assert found is not None
    return plain(tree.defaults(found))


def test_defaults_are_gathered_over_bases_files_and_nested_configs(tmp_path: Path) -> None:
    assert defaults(write(tmp_path, FILES), "app/config.py", "Config") == {
        "gamma": 0.99,
        "rate": 0.001,
        "optimizer": {"beta": 0.9, "eps": 1e-8},
        "second": {"beta": 0.5, "eps": 1e-8},
        "seed": 1,
    }


@pytest.mark.parametrize("origin", ["from ...outside import X", "from outside import X", "from ....a.b import X"])
def test_an_import_out_of_the_tree_is_not_followed(origin: str, tmp_path: Path) -> None:
    (tmp_path / "outside.py").write_text("class X:\n    a: int = 1\n")
    tree = write(tmp_path / "tree", {"app/config.py": f"{origin}\nclass C(X):\n    b: int = 2\n"})
    assert defaults(tree, "app/config.py", "C") == {"b": 2}


def test_a_link_out_of_the_tree_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "outside.py").write_text("class X:\n    a: int = 1\n")
    tree = write(tmp_path / "tree", {"c.py": "from x import X\nclass C(X):\n    b: int = 2\n"})
    (tmp_path / "tree" / "x.py").symlink_to(tmp_path / "outside.py")
    assert defaults(tree, "c.py", "C") == {"b": 2}


@pytest.mark.parametrize(
    "text",
    [
        "class C(C):\n    a: int = 1\n",
        "class D(C):\n    pass\nclass C(D):\n    a: int = 1\n",
        "from c import C as B\nclass C(B):\n    a: int = 1\n",
    ],
)
def test_circles_end(text: str, tmp_path: Path) -> None:
    assert defaults(write(tmp_path, {"c.py": text}), "c.py", "C") == {"a": 1}


def test_configs_that_hold_themselves_many_times_end(tmp_path: Path) -> None:
    fields = "".join(f"    f{number}: C = C()\n" for number in range(10))
    defaults(write(tmp_path, {"c.py": f"class C:\n{fields}"}), "c.py", "C")


def test_imports_in_a_circle_mean_nothing(tmp_path: Path) -> None:
    tree = write(tmp_path, {"a.py": "from b import X\n", "b.py": "from a import X\n"})
    module = tree.module("a.py")
    assert module is not None
    assert tree.declared(module, "X") is None

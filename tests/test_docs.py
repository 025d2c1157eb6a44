"""The documentation: pages made from the code are as the code makes them, and the site builds without a warning."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
LEFT_OUT = shutil.ignore_patterns(".git", ".venv*", ".*_cache", "build", "__pycache__", "site")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built site of a copy of the tree, whose generated pages were made anew."""
    copy = tmp_path_factory.mktemp("docs") / "metta-lint"
    shutil.copytree(ROOT, copy, ignore=LEFT_OUT)
    environment = os.environ | {"NO_MKDOCS_2_WARNING": "1", "PYTHONPATH": os.pathsep.join(sys.path)}
    for command in (["docs/generate.py"], ["-m", "mkdocs", "build", "--quiet", "--strict"]):
        done = subprocess.run(
            [sys.executable, *command], cwd=copy, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert "WARNING" not in done.stderr, done.stderr
    return copy


def test_generated_pages_are_as_they_are_made(site: Path) -> None:
    made = {path.relative_to(site / "docs"): path for path in (site / "docs").rglob("*.md")}
    kept = {path.relative_to(DOCS): path for path in DOCS.rglob("*.md")}
    assert made.keys() == kept.keys()
    stale = [str(name) for name, path in made.items() if path.read_bytes() != kept[name].read_bytes()]
    assert not stale, "run `make docs`"


def test_every_page_is_in_the_navigation_or_is_a_rule_s(site: Path) -> None:
    navigation = (ROOT / "mkdocs.yml").read_text(encoding="utf-8").partition("\nnav:")[2]
    named = set(re.findall(r"[\w/.-]+\.md", navigation)) | {"index.md"}
    pages = {path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")}
    rules = {name for name in pages if name.startswith("rules/") and name != "rules/README.md"}
    assert pages - rules <= named
    assert named <= pages | {"index.md"}


def test_a_rule_s_page_is_where_its_findings_say(site: Path) -> None:
    assert (site / "build" / "site" / "rules" / "ML402" / "index.html").exists()


def test_the_site_loads_nothing_from_elsewhere(site: Path) -> None:
    page = (site / "build" / "site" / "index.html").read_text(encoding="utf-8")
    loaded = re.findall(
        r'<(?:script|img)[^>]*\bsrc="(https?:[^"]+)|<link[^>]*rel="stylesheet"[^>]*href="(https?:[^"]+)', page
    )
    assert loaded == []

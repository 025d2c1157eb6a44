"""What each format makes of two trees, committed as it is printed; ``make golden`` rewrites the files.

One tree is ``examples/``, the other has files that cannot be read and names that every format has to escape.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from contextlib import chdir
from pathlib import Path

from metta_lint import __version__
from metta_lint.__main__ import main
from metta_lint.reports.formats import FORMATS
from metta_lint.reports.statistics import FORMS

ROOT = Path(__file__).parents[1]
FOLDER = Path(__file__).parent / "lint" / "reports"
VERSION = "0.0.0-golden"
_PAGE = re.compile(r'("# [A-Z]+\d+: [\w-]+)(?:\\.|[^"\\])*"')
UNREADABLE = {
    "a&b [1].ini": "[base]\npackage = ocean\nenv_name = x\n[train]\nbatch_size = 64\nbatch_size = 32\n",
    "configs/train, 50% @home.yaml": "defaults:\n  - trainer\n\tsize: 64\n",
}
CASES = {
    "examples": ("--select", "ML101,ML102,ML402,ML501,ML502"),
    "unreadable": (".",),
}
"""What is asked of each tree: few rules, so that a change of another one is no change here."""
WRITTEN = {
    **{name: ("--output-format", name) for name in FORMATS},
    **{f"{name}-statistics": ("--output-format", name, "--statistics") for name in FORMS},
    "full-60-columns": ("--color", "always"),
}
"""The files of each tree, and the options that write them."""


def printed(case: str, name: str) -> str:
    """What a check of a tree prints, the version and the text of rules' pages aside."""
    with tempfile.TemporaryDirectory() as folder:
        tree = ROOT / "examples"
        if case == "unreadable":
            tree = Path(folder, "tree")
            for path, text in UNREADABLE.items():
                (tree / path).parent.mkdir(parents=True, exist_ok=True)
                (tree / path).write_text(text, encoding="utf-8")
        report = Path(folder, "report")
        with chdir(tree):
            if name == "full-60-columns":
                text = _narrow(report, case, name)
            else:
                main(["check", *CASES[case], *WRITTEN[name], "--output-file", str(report)])
                text = report.read_text(encoding="utf-8")
    return _PAGE.sub(r'\1 ..."', text).replace(f'"{__version__}"', f'"{VERSION}"')


def _narrow(report: Path, case: str, name: str) -> str:
    """What a terminal of 60 columns shows, colours included."""
    before = os.environ.get("COLUMNS")
    os.environ["COLUMNS"] = "60"
    try:
        with report.open("w", encoding="utf-8") as file:
            sys.stdout, terminal = file, sys.stdout
            try:
                main(["check", *CASES[case], *WRITTEN[name]])
            finally:
                sys.stdout = terminal
    finally:
        del os.environ["COLUMNS"]
        os.environ.update({"COLUMNS": before} if before is not None else {})
    return report.read_text(encoding="utf-8")


def golden(case: str, name: str) -> Path:
    """The committed file."""
    return FOLDER / case / f"{name}.txt"


def write() -> None:
    """Rewrite all of them."""
    for case in CASES:
        for name in WRITTEN:
            path = golden(case, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(printed(case, name), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    write()

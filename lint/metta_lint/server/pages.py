"""Rules' pages as files that an editor can open."""

from __future__ import annotations

import os
import shutil
import tempfile

from metta_lint.built_in import BUILT_IN
from metta_lint.engine import load_rules
from metta_lint.explain import page


class Pages:
    """A folder of pages, made when the first one is asked for."""

    def __init__(self) -> None:
        self._folder: str | None = None

    def write(self, code: str) -> tuple[str, str]:
        """Write the page of a code; its path and its text. For a code that there is not, the page says so."""
        if self._folder is None:
            self._folder = tempfile.mkdtemp(prefix="metta-lint-")
        found = {rule.code: page(rule) for rule in BUILT_IN} | {rule.code: page(rule) for rule in load_rules()}
        text = found.get(code, f"# {code}\n\nNo installed rule has this code.")
        path = os.path.join(self._folder, f"{code if code in found else 'unknown'}.md")
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"{text}\n")
        return path, text

    def remove(self) -> None:
        """Remove what was written."""
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

"""Rules' pages as files that an editor can open."""

from __future__ import annotations

import os
import shutil
import tempfile
from typing import TYPE_CHECKING

from metta_lint.rules.built_in import BUILT_IN, BuiltIn
from metta_lint.rules.page import page

if TYPE_CHECKING:
    from collections.abc import Iterable

    from metta_lint.rules.rule import Rule


class Pages:
    """A folder of pages, made when the first one is asked for."""

    def __init__(self) -> None:
        self._folder: str | None = None

    def write(self, code: str, rules: Iterable[Rule]) -> tuple[str, str]:
        """Write the page of a code; its path and its text. For a code that there is not, the page says so."""
        if self._folder is None:
            self._folder = tempfile.mkdtemp(prefix="metta-lint-")
        every: tuple[BuiltIn | Rule, ...] = (*BUILT_IN, *rules)
        found = next((page(each) for each in every if each.code == code), None)
        text = found or f"# {code}\n\nNo rule here has this code."
        path = os.path.join(self._folder, f"{code if found else 'unknown'}.md")
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"{text}\n")
        return path, text

    def remove(self) -> None:
        """Remove what was written."""
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

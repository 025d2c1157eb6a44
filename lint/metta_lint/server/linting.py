"""One check of all that an editor holds, in the place of the files that it was read from."""

from __future__ import annotations

import logging
import os
import threading
from functools import cached_property
from typing import TYPE_CHECKING

from metta_lint.base.errors import InputError, LintError
from metta_lint.base.paths import is_below
from metta_lint.base.records import NamedTuple
from metta_lint.base.wording import printable
from metta_lint.check.linter import check
from metta_lint.files.confined import confined
from metta_lint.files.file_system import first_bytes, reading_instead
from metta_lint.files.limits import BYTE_LIMIT
from metta_lint.files.memory import Memory
from metta_lint.fixes.take import with_taken
from metta_lint.project.config import find_config
from metta_lint.rules.built_in import UNREADABLE
from metta_lint.server.positions import Text, text_of
from metta_lint.server.roots import roots
from metta_lint.server.state import EditorState, resolved

if TYPE_CHECKING:
    from collections.abc import Iterator

    from metta_lint.base.documents import Span
    from metta_lint.check.report import Report
    from metta_lint.plans.pair import Side
    from metta_lint.rules.finding import Finding
    from metta_lint.server.roots import Root
    from metta_lint.sources.edit import Fix


_log = logging.getLogger(__name__)
_process = threading.Lock()
"""The current folder, and what is read in the place of files, are one process's: one thread at a time has them."""


class Checked(NamedTuple):
    """What a check of one root came to: a report, or the reason why there is none."""

    root: Root
    report: Report | None
    findings: tuple[Finding, ...]
    problem: str = ""


class File(NamedTuple):
    """A file that a span names: what tells it apart, and its path as the editor spells it."""

    key: str
    path: str


class Result:
    """All that was found in one state. Places are those of this state, whatever has been typed since."""

    def __init__(self, state: EditorState, checked: tuple[Checked, ...], encoding: str) -> None:
        self.state = state
        self.checked = checked
        self.encoding = encoding
        self._files: dict[tuple[str, str], File] = {}
        self._texts: dict[str, Text] = {}

    def file(self, root: Root, span: Span) -> File:
        """The file of a span that a check of a root gave."""
        key = (root.folder, span.path)
        if key not in self._files:
            path = os.path.normpath(os.path.join(root.folder, span.path))
            self._files[key] = File(resolved(path), path)
        return self._files[key]

    def text(self, file: File) -> Text:
        """A file's lines, as the editor holds them or as they are on disk."""
        if file.key not in self._texts:
            held = self.state.held.get(file.key)
            content = held.content if held is not None else self.data(file).decode("utf-8", "replace")
            self._texts[file.key] = text_of(content, self.encoding, is_held=held is not None)
        return self._texts[file.key]

    def data(self, file: File) -> bytes:
        """A file's bytes, as the editor holds them or as they are on disk; none where it cannot be read."""
        held = self.state.held.get(file.key)
        if held is not None:
            return held.data
        return first_bytes(file.path, BYTE_LIMIT)

    @cached_property
    def findings(self) -> tuple[tuple[Checked, Finding], ...]:
        """Every finding of a file's own root: where roots lie in one another, that is the nearest."""
        return tuple(
            (checked, finding)
            for checked in self.checked
            for finding in checked.findings
            if self._owns(checked.root, self.file(checked.root, finding.span).key)
        )

    def _owns(self, root: Root, key: str) -> bool:
        folder = self._folders[root.folder]
        return not any(
            other != folder and is_below(key, other) and is_below(other, folder) for other in self._folders.values()
        )

    @cached_property
    def _folders(self) -> dict[str, str]:
        return {checked.root.folder: resolved(checked.root.folder) for checked in self.checked}


def lint(state: EditorState, encoding: str, memories: dict[Root, Memory] | None = None) -> Result:
    """Check every root of a state. Changes the current folder: messages name paths as ``check`` does there.

    ``memories`` are those of the checks before, by which only what a change can reach is worked out again.
    """
    with _process, reading_instead(state.contents()):
        return Result(state, tuple(_checked(state, {} if memories is None else memories)), encoding)


def taken(result: Result, checked: Checked, finding: Finding) -> list[Fix]:
    """What brings either side of a pair's finding to the other's value; one of them, where the pair says who is right.

    Plans the edited files, on whichever thread it is called.
    """
    pairs = checked.report.pairs if checked.report is not None else []
    pair = next((pair for pair in pairs if pair.runs == finding.runs), None)
    if pair is None or not finding.quantity:
        return []
    with _process, reading_instead(result.state.contents()):
        os.chdir(checked.root.folder)
        with confined(checked.root.paths or (".",)):
            find_config(".")  # whose plugins the plans may need
            sides: tuple[Side, ...] = ("left", "right") if pair.truth is None else (pair.truth,)
            found = [with_taken([finding], [pair], side)[0].fix for side in sides]
    return [fix for fix in found if fix is not None]


def _checked(state: EditorState, memories: dict[Root, Memory]) -> Iterator[Checked]:
    for root in roots(state):
        try:
            os.chdir(root.folder)
            with confined(root.paths or (".",)):
                config = find_config(".")
                with memories.setdefault(root, Memory()).new_round():
                    report = check(root.paths, config)
        except InputError as error:
            finding = UNREADABLE.finding(printable(error.message), error.span)
            yield Checked(root, None, (finding,), str(error))
        except (LintError, OSError) as error:
            yield Checked(root, None, (), str(error))
        except BaseException as error:  # noqa: BLE001 - a repository's own rules may even exit, and the session goes on
            _log.exception("a check of %s crashed", root.folder)
            yield Checked(root, None, (), f"a check crashed: {type(error).__name__}: {error}")
        else:
            yield Checked(root, report, tuple(report.findings))

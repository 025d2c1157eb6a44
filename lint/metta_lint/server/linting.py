"""Checks all that an editor holds, reading its documents instead of the files that they were read from."""

from __future__ import annotations

import logging
import os
import threading
from functools import cached_property
from typing import TYPE_CHECKING

from lsprotocol.types import Location
from pygls.uris import from_fs_path

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
from metta_lint.server.positions import Text, editor_text
from metta_lint.server.state import EditorState, Root, file_key, roots

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pygls.workspace import PositionCodec

    from metta_lint.base.documents import Span
    from metta_lint.check.report import Report
    from metta_lint.plans.pair import Side
    from metta_lint.rules.finding import Finding
    from metta_lint.sources.edit import Fix


_log = logging.getLogger(__name__)
_process = threading.Lock()
"""The working directory is per process; hold this lock while it is changed."""


class Checked(NamedTuple):
    """The check of one root: its report, or the problem why there is none."""

    root: Root
    report: Report | None
    findings: tuple[Finding, ...]
    problem: str = ""


class File(NamedTuple):
    """A file, by a key that is the same for every spelling of its path, and the path as the editor spells it."""

    key: str
    path: str


class Result:
    """All that was found in one state. Places are those of that state, whatever has been typed since."""

    def __init__(self, state: EditorState, checked: tuple[Checked, ...], codec: PositionCodec) -> None:
        self.state = state
        self.checked = checked
        self.codec = codec
        self._files: dict[tuple[str, str], File] = {}
        self._texts: dict[str, Text] = {}

    def file(self, root: Root, span: Span) -> File:
        """The file of a span from a check of a root."""
        key = (root.folder, span.path)
        if key not in self._files:
            path = os.path.normpath(os.path.join(root.folder, span.path))
            self._files[key] = File(file_key(path), path)
        return self._files[key]

    def uri(self, file: File) -> str:
        """A file's URI: as the editor spells it, if it holds the file."""
        held = self.state.held.get(file.key)
        return held.uri if held is not None else str(from_fs_path(file.path))

    def location(self, root: Root, span: Span) -> Location:
        """A span from a check of a root, as a URI and a range."""
        file = self.file(root, span)
        return Location(self.uri(file), self.text(file).range(span))

    def text(self, file: File) -> Text:
        """A file's lines, as the editor holds them or else as they are on disk."""
        if file.key not in self._texts:
            held = self.state.held.get(file.key)
            content = held.content if held is not None else self.data(file).decode("utf-8", "replace")
            self._texts[file.key] = editor_text(content, self.codec, is_held=held is not None)
        return self._texts[file.key]

    def data(self, file: File) -> bytes:
        """A file's bytes, as the editor holds them or else as they are on disk; b"" where it cannot be read."""
        held = self.state.held.get(file.key)
        return held.data if held is not None else first_bytes(file.path, BYTE_LIMIT)

    @cached_property
    def findings(self) -> tuple[tuple[Checked, Finding], ...]:
        """Every finding of a file's own root, the nearest where roots lie in one another."""
        folders = [file_key(checked.root.folder) for checked in self.checked]
        inner = [[other for other in folders if other != folder and is_below(other, folder)] for folder in folders]
        return tuple(
            (checked, finding)
            for checked, nearer in zip(self.checked, inner, strict=True)
            for finding in checked.findings
            if not any(is_below(self.file(checked.root, finding.span).key, folder) for folder in nearer)
        )


def lint(state: EditorState, codec: PositionCodec, memories: dict[Root, Memory]) -> Result:
    """Check every root of a state. Changes the current folder: messages name paths as ``check`` does there.

    ``memories`` are those of earlier checks: only what a change can reach is computed again.
    """
    with _process, reading_instead(state.contents()):
        return Result(state, tuple(_checked(state, memories)), codec)


def taken(result: Result, checked: Checked, finding: Finding) -> list[Fix]:
    """Fixes that give one side of a pair's finding the other's value: one for each side that may be right.

    Plans the edited files, on whichever thread it is called.
    """
    pairs = checked.report.pairs if checked.report is not None else []
    pair = next((pair for pair in pairs if pair.runs == finding.runs), None)
    if pair is None or not finding.quantity:
        return []
    with _process, reading_instead(result.state.contents()):
        os.chdir(checked.root.folder)
        with confined(checked.root.paths or (".",)):
            find_config(".")  # loads the plugins that the plans may need
            sides: tuple[Side, ...] = ("left", "right") if pair.truth is None else (pair.truth,)
            found = [with_taken([finding], [pair], side)[0].fix for side in sides]
    return [fix for fix in found if fix is not None]


def _checked(state: EditorState, memories: dict[Root, Memory]) -> Iterator[Checked]:
    found = roots(state)
    for gone in memories.keys() - set(found):
        del memories[gone]
    for root in found:
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

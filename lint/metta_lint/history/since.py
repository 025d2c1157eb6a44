"""Diff mode (``--since``): only the findings that an earlier commit did not have."""

from __future__ import annotations

import os
from collections import Counter
from contextlib import ExitStack
from typing import TYPE_CHECKING

from metta_lint.base.errors import InputError, LintError
from metta_lint.base.paths import from_folder
from metta_lint.base.wording import count, printable
from metta_lint.check.linter import check
from metta_lint.files.file_system import current, is_folder, real_path, using
from metta_lint.history.earlier import EarlierState
from metta_lint.history.git import Repository
from metta_lint.plans.run import split_entry
from metta_lint.project.runs import plan_run
from metta_lint.rules.finding import more_than

if TYPE_CHECKING:
    from metta_lint.check.gather import Request
    from metta_lint.check.report import Report
    from metta_lint.project.config import Config, RunSpec
    from metta_lint.rules.finding import FindingIdentity


def only_new(revision: str, report: Report) -> Report:
    """Keep only the findings of a report that a revision did not have. A note says how many were left out.

    The same check runs on the files of the merge base of HEAD and the revision, with the configuration of the working
    tree. An unreadable file is still reported, since its new findings are unknown. Raises LintError if there is no
    repository, or no such commit in it.
    """
    request = report.coverage.request
    repository = Repository.around(request.asked[0])
    start = _start(repository, revision)
    if start is None:
        note = f"since {printable(revision)}: there is no commit yet, all is new"
        return report._replace(notes=(*report.notes, note))
    with ExitStack() as processes:
        state = EarlierState(repository, current(), processes)
        state.move(start)
        names = _RenamedFiles(repository, start)
        try:
            earlier, notes = _earlier(state, names, request)
        except LintError as error:
            raise LintError(f"--since {revision}: as it was then: {error}") from error
    kept = more_than(report.findings, earlier, lambda f: f.identity._replace(path=real_path(f.span.path)))
    commit = repository.described(start)
    left_out = count(len(report.findings) - len(kept), "finding")
    said = f"since {commit.short} ({commit.date}, {printable(commit.subject)}): {left_out} of before not shown"
    return report._replace(
        findings=kept, notes=(*report.notes, *(f"at {commit.short}: {note}" for note in notes), said)
    )


def _start(repository: Repository, revision: str) -> str | None:
    """The commit to compare with: the merge base of HEAD and the revision; None before the first commit."""
    head, named = repository.commit("HEAD"), repository.commit(revision)
    if head is None and revision == "HEAD":
        return None
    shown = printable(revision)
    if named is None or head is None:
        hint = "; it is a range: give the one revision that it begins with" if ".." in revision else ""
        hint = hint or ("; this clone is shallow: git fetch brings more" if repository.cut_off else "")
        raise LintError(f"--since {shown}: no such revision in {from_folder(repository.top, '')}{hint}")
    common = repository.common(named, head)
    if common is None and repository.cut_off:
        raise LintError(
            f"--since {shown}: it and HEAD have no commit in common here: this clone is shallow, "
            "git fetch --unshallow brings the rest"
        )
    return common or named


class _RenamedFiles:
    """The names of renamed files, before and now. Paths are relative to the working directory."""

    def __init__(self, repository: Repository, commit: str) -> None:
        self._repository = repository
        self._renames = repository.staged_renames(commit)
        self._before = {now: before for before, now in self._renames.items()}

    def before(self, path: str) -> str:
        """The name that a file or folder had."""
        inside = self._repository.inside(path)
        if inside is None:
            return path
        if inside not in self._before and is_folder(path):
            return self._repository.seen(self._folder_before(inside))
        return self._repository.seen(self._before.get(inside, inside))

    def _folder_before(self, inside: str) -> str:
        """The name that a folder had, if all of its renamed files come from one other folder."""
        names = self._before.items()
        moved = [(before, now.removeprefix(inside)) for now, before in names if now.startswith(f"{inside}/")]
        origins = {before.removesuffix(rest) if before.endswith(rest) else "" for before, rest in moved}
        return origins.pop() or inside if len(origins) == 1 else inside

    def now(self, path: str) -> str:
        """The absolute path that a file has now, by the one that it had."""
        inside = self._repository.inside(path)
        if inside not in self._renames:
            return path
        return os.path.abspath(self._repository.seen(self._renames[inside]))


def _earlier(state: EarlierState, names: _RenamedFiles, request: Request) -> tuple[Counter[FindingIdentity], list[str]]:
    """How often a commit had each finding, under the present names of files; and notes on what could not be read."""
    config = request.config
    paths = request.asked if request.is_named else ()
    entries = [split_entry(spec.entry)[0] for spec in config.runs.values()]
    outside = [path for path in dict.fromkeys((*paths, *entries)) if state.repository.inside(path) is None]
    there = [names.before(path) for path in paths]
    runs = {name: _renamed(spec, names) for name, spec in config.runs.items()}
    then = config._replace(runs=runs, baseline=None)
    for path in (*there, config.folder):  # what was not there held nothing
        state.add_folder(path)
    with using(state):
        then = then._replace(runs={name: run for name, run in runs.items() if _could_be_planned(name, then, request)})
        found = check(there, then, request.overrides, request.machine).findings
        known = Counter(f.identity._replace(path=names.now(real_path(f.span.path))) for f in found)
    as_now = [f"{path} is in no commit of this repository and is taken as it is" for path in outside]
    return known, [*state.notes, *as_now]


def _renamed(spec: RunSpec, names: _RenamedFiles) -> RunSpec:
    file, name = split_entry(spec.entry)
    before = names.before(file)
    return spec._replace(entry=f"{before}:{name}" if name else before)


def _could_be_planned(name: str, config: Config, request: Request) -> bool:
    """Whether a declared run existed, with all keys that are set. An unreadable run counts: the check says why."""
    try:
        plan_run(name, config, machine=request.machine, shared=request.overrides, with_problems=True)
    except LintError as error:
        return isinstance(error, InputError)
    return True

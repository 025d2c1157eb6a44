"""Git, asked by its own commands: plumbing that reads objects and runs nothing.

A repository is input like any other, and its ``.git/config`` can name programs (a pager, a file-system monitor, a diff
driver, a filter, a transport): so no command is used that would start one, and what could is switched off besides.
Nothing is fetched, locked or written.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

from metta_lint.base.errors import LintError
from metta_lint.base.paths import from_folder, is_below
from metta_lint.base.records import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

SECONDS = 120
"""The longest that one command may take."""
SUBPROJECT = "160000"
"""The mode of a submodule: its object is a commit of another repository."""
LINK = "120000"
ABSENT = "000000"

SAFE = (
    "--no-pager",
    *("-c", "core.fsmonitor=false"),
    *("-c", f"core.hooksPath={os.devnull}"),
    *("-c", "core.quotePath=false"),
    *("-c", "log.showSignature=false"),
    *("-c", "i18n.logOutputEncoding=UTF-8"),
    *("-c", "protocol.allow=never"),
    *("-c", "safe.bareRepository=explicit"),
)
ENVIRONMENT = {
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "LANGUAGE": "C",
    "LC_ALL": "C",
}
KEPT = ("GIT_CONFIG", "GIT_CEILING_DIRECTORIES", "GIT_DISCOVERY_ACROSS_FILESYSTEM", "GIT_EXEC_PATH")
"""Of git's own variables, those that say what the user allows. A hook is started with others, which would have every
folder belong to the repository that it is run for."""


class TreeEntry(NamedTuple):
    """A file of a commit: its mode, its object's name, and its path from the repository's root, with ``/``."""

    mode: str
    oid: str
    path: str


class Change(NamedTuple):
    """What became of a path between two trees: ``A`` added, ``D`` deleted, ``M`` changed, ``R`` renamed to ``path``."""

    status: str
    entry: TreeEntry
    before: str = ""


class MainlineCommit(NamedTuple):
    """A commit of the main line, its first parent, and the committer's time in seconds since 1970."""

    commit: str
    parent: str | None
    seconds: int


class Commit(NamedTuple):
    """A commit as people name it; ``date`` is the author's."""

    name: str
    short: str
    date: str
    subject: str


class Repository:
    """A repository with a working tree. ``top`` is the folder that the tree starts at, absolute, links resolved."""

    def __init__(self, top: str) -> None:
        self.top = top

    @staticmethod
    def around(path: str) -> Repository:
        """The repository that a file or folder lies in. Raises LintError where there is none that can be read."""
        folder = _nearest_folder(path)
        done = _run(["-C", folder, "rev-parse", "--show-toplevel"])
        top = os.path.realpath(os.fsdecode(done.stdout.rstrip(b"\r\n"))) if done.stdout.strip() else ""
        if done.returncode or not top:
            raise LintError(f"{path}: {_reason(done.stderr) or 'in no working tree of a git repository'}")
        if not is_below(os.path.realpath(folder), top):  # core.worktree can name any folder
            raise LintError(f"{path}: its repository says that its working tree is elsewhere")
        return Repository(top)

    def inside(self, path: str) -> str | None:
        """A path of the file system as the repository names it; None for one that lies outside."""
        full = os.path.abspath(path)
        if not is_below(full, self.top):
            full = os.path.realpath(path)
        if not is_below(full, self.top):
            return None
        return os.path.relpath(full, self.top).replace(os.sep, "/")

    def seen(self, inside: str) -> str:
        """A file of the repository as the working directory names it."""
        return from_folder(os.path.join(self.top, *inside.split("/")), "")

    # -- commits ---------------------------------------------------------------------------------------------------

    def commit(self, revision: str) -> str | None:
        """The name of the commit that a revision means; None where there is none."""
        if revision.startswith("-") or "\0" in revision:
            return None
        return self._line("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")

    def common(self, one: str, other: str) -> str | None:
        """The newest commit that two commits both come from; None where they have none here."""
        return self._line("merge-base", one, other)

    @property
    def is_shallow(self) -> bool:
        """Whether the history is cut off somewhere."""
        return self._line("rev-parse", "--is-shallow-repository") == "true"

    def described(self, name: str) -> Commit:
        """A commit with what people know it by."""
        wanted = "--format=%h%x00%ad%x00%s"
        text = self.ask("rev-list", "--no-walk", "--date=short", wanted, name).decode("utf-8", "replace")
        short, date, subject = text.partition("\n")[2].rstrip("\n").split("\0", 2)
        return Commit(name, short, date, subject)

    def mainline(self, start: str, limit: int) -> list[MainlineCommit]:
        """Commits from one back along first parents, newest first."""
        options = ("--first-parent", "--parents", "--timestamp", f"--max-count={limit}")
        rows = (line.split() for line in self.ask("rev-list", *options, start).decode("ascii").splitlines())
        return [MainlineCommit(row[1], row[2] if len(row) > 2 else None, int(row[0])) for row in rows]

    def merged_by(self, merge: str, parent: str) -> set[str]:
        """The commits that a merge brought to its first parent, itself among them."""
        return set(self.ask("rev-list", merge, f"^{parent}").decode("ascii").split())

    def parents(self, name: str) -> list[str]:
        """A commit's parents, as far as they are here."""
        return self.ask("rev-list", "--no-walk", "--parents", name).decode("ascii").split()[1:]

    @property
    def cut_off(self) -> frozenset[str]:
        """The commits of a shallow clone whose parents it lacks."""
        path = os.path.join(self.top, self._line("rev-parse", "--git-path", "shallow") or "")
        try:
            with open(path, encoding="ascii") as file:
                return frozenset(file.read().split())
        except (OSError, ValueError):
            return frozenset()

    # -- trees -----------------------------------------------------------------------------------------------------

    def entries(self, commit: str) -> list[TreeEntry]:
        """Every file of a commit."""
        found = []
        for record in self.ask("ls-tree", "-r", "-z", "--full-tree", commit).split(b"\0"):
            about, _, path = record.partition(b"\t")
            if path:
                mode, _, oid = about.decode("ascii").split()
                found.append(TreeEntry(mode, oid, os.fsdecode(path)))
        return found

    def changes(self, before: str, after: str, *, renames: bool = False) -> list[Change]:
        """What is different between two commits' trees."""
        return _changes(self.ask("diff-tree", *_raw(renames), before, after))

    def changes_of(self, commits: Sequence[tuple[str, str | None]], suffixes: Iterable[str]) -> Iterator[list[Change]]:
        """For each commit with its parent, what it changed in files with these suffixes; renames are followed.

        A commit without a parent added all that it has.
        """
        lines = "".join(f"{commit} {parent}\n" if parent else f"{commit}\n" for commit, parent in commits)
        patterns = [f"*{suffix}" for suffix in suffixes]
        command = ("diff-tree", *_raw(renames=True), "--stdin", "--root", "--", *patterns)
        by_commit = _by_commit(self.ask(*command, data=lines.encode("ascii")))
        return (by_commit.get(commit, []) for commit, _ in commits)

    def staged_renames(self, before: str) -> dict[str, str]:
        """The files that the index has under another name than a commit: the new names by the old ones."""
        raw = self.ask("diff-index", "--cached", *_raw(renames=True), "--diff-filter=R", before)
        return {change.before: change.entry.path for change in _changes(raw)}

    # -- the program -----------------------------------------------------------------------------------------------

    def ask(self, *arguments: str, data: bytes = b"") -> bytes:
        """What a git command prints. Raises LintError with git's own reason where it fails."""
        done = _run(["-C", self.top, *arguments], data)
        if b"promisor remote" in done.stderr:
            raise LintError(f"{self.top}: this clone is partial, and does not have the files of earlier commits")
        if done.returncode:
            raise LintError(f"git {arguments[0]}: {_reason(done.stderr) or f'exit code {done.returncode}'}")
        return done.stdout

    def conversation(self, *arguments: str) -> subprocess.Popen[bytes]:
        """A git command that answers as it is asked. Raises LintError where there is no git."""
        command = [_program(), *SAFE, "-C", self.top, *arguments]
        pipe, nothing = subprocess.PIPE, subprocess.DEVNULL
        return subprocess.Popen(command, env=_environment(), stdin=pipe, stdout=pipe, stderr=nothing)

    def _line(self, *arguments: str) -> str | None:
        done = _run(["-C", self.top, *arguments])
        if done.returncode > 1 and done.returncode != 128:
            raise LintError(f"git {arguments[0]}: {_reason(done.stderr)}")
        return os.fsdecode(done.stdout.strip()) or None if done.returncode == 0 else None


def _nearest_folder(path: str) -> str:
    """The folder of a path, or the nearest one above it that is there."""
    folder = os.path.abspath(path)
    while not os.path.isdir(folder) and os.path.dirname(folder) != folder:
        folder = os.path.dirname(folder)
    return folder


def _raw(renames: bool) -> tuple[str, ...]:
    follow = ("--find-renames", "-l1000") if renames else ("--no-renames",)
    return ("-r", "-z", "--raw", "--no-abbrev", "--no-ext-diff", "--no-textconv", *follow)


def _changes(raw: bytes) -> list[Change]:
    """The records of ``diff-tree --raw -z``: ``:modes oids status``, NUL, a path, NUL; a rename has two paths."""
    fields = iter(raw.split(b"\0"))
    return [_change(field, fields) for field in fields if field.startswith(b":")]


def _change(about: bytes, fields: Iterator[bytes]) -> Change:
    _, mode, _, oid, status = about.decode("ascii").split()
    path = os.fsdecode(next(fields))
    if status[0] in "RC":
        return Change(status[0], TreeEntry(mode, oid, os.fsdecode(next(fields))), path)
    return Change(status[0], TreeEntry(mode, oid, path), path)


def _by_commit(raw: bytes) -> dict[str, list[Change]]:
    """The same with ``--stdin``: each commit's name goes before its records."""
    found: dict[str, list[Change]] = {}
    current: list[Change] = []
    fields = iter(raw.split(b"\0"))
    for field in fields:
        if field.startswith(b":"):
            current.append(_change(field, fields))
        elif field:
            current = found.setdefault(field.decode("ascii").strip(), [])
    return found


def _run(arguments: list[str], data: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(
            [_program(), *SAFE, *arguments],
            env=_environment(),
            input=data,
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise LintError(f"git {arguments[2]} took longer than {SECONDS} s") from None
    except (OSError, ValueError) as error:
        raise LintError(f"git cannot be run: {error}") from error


def _program() -> str:
    """Git's program, in a folder of the PATH. Windows would look in the working directory first, which is input.

    Raises LintError where there is none.
    """
    name = "git.exe" if sys.platform == "win32" else "git"
    for folder in os.get_exec_path():
        if os.path.isabs(folder) and (found := shutil.which(os.path.join(folder, name))):
            return found
    raise LintError("git is not installed, or not on the PATH: history is asked of it")


def _environment() -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("GIT_") or key.startswith(KEPT)}
    return kept | ENVIRONMENT


def _reason(stderr: bytes) -> str:
    """Git's own reason, in one line."""
    from metta_lint.base.wording import printable

    lines = [line.strip() for line in stderr.decode("utf-8", "replace").splitlines() if line.strip()]
    said = next((line for line in lines if line.startswith(("fatal:", "error:"))), lines[0] if lines else "")
    return printable(said.removeprefix("fatal: ").removeprefix("error: "))

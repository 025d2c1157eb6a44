"""Reads a git repository by git's own plumbing commands.

A repository is untrusted input: its ``.git/config`` can name programs (a pager, a file-system monitor, a diff driver, a
filter, a transport). Only commands that start none of them are used, and the options that could are switched off.
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
from metta_lint.base.wording import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from contextlib import ExitStack
    from typing import IO

SECONDS = 120
"""The longest that one command may take."""
LONGEST_SUBJECT = 60
SUBPROJECT = "160000"
"""The mode of a submodule: its object is a commit of another repository."""
LINK = "120000"
"""The mode of a symbolic link: its object is the path that it leads to."""
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
RAW = ("-r", "-z", "--raw", "--no-abbrev", "--no-ext-diff", "--no-textconv")
RENAMES = ("--find-renames", "-l1000")
KEPT = ("GIT_CONFIG", "GIT_CEILING_DIRECTORIES", "GIT_DISCOVERY_ACROSS_FILESYSTEM", "GIT_EXEC_PATH")
"""The only variables of git that are passed on: they hold what the user allows. Git starts hooks with others, by which
every folder would belong to the hook's repository."""


class TreeEntry(NamedTuple):
    """A file of a commit: its mode, its object's name, and its path from the repository's root, with ``/``."""

    mode: str
    oid: str
    path: str


class Change(NamedTuple):
    """How a path differs between two trees: ``A`` added, ``D`` deleted, ``M`` changed, ``R`` renamed.

    ``entry`` is the file after it, ``before`` the path before it.
    """

    status: str
    entry: TreeEntry
    before: str = ""


class MainlineCommit(NamedTuple):
    """A commit of the main line, its first parent, and the committer's time in seconds since 1970."""

    commit: str
    parent: str | None
    seconds: int


class Commit(NamedTuple):
    """A commit with what people know it by; ``date`` is the author's."""

    name: str
    short: str
    date: str
    subject: str

    @property
    def label(self) -> str:
        """The commit as people look for it: ``8f4d0d4 (2025-07-22, "fewer agents")``."""
        subject = printable(self.subject)
        if len(subject) > LONGEST_SUBJECT:
            subject = subject[: LONGEST_SUBJECT - 3] + "..."
        return f'{self.short} ({self.date}, "{subject}")'


class Repository(NamedTuple):
    """A repository with a working tree. ``top`` is the folder that the tree starts at, absolute, links resolved."""

    top: str

    @staticmethod
    def around(path: str) -> Repository:
        """The repository that a file or folder is in. Raises LintError if there is none, or it cannot be read."""
        folder = _nearest_folder(path)
        done = _run(["-C", folder, "rev-parse", "--show-toplevel"])
        top = os.path.realpath(os.fsdecode(done.stdout.rstrip(b"\r\n"))) if done.stdout.strip() else ""
        if done.returncode or not top:
            raise LintError(f"{path}: {_reason(done.stderr) or 'in no working tree of a git repository'}")
        if not is_below(os.path.realpath(folder), top):  # core.worktree can name any folder
            raise LintError(f"{path}: its repository says that its working tree is elsewhere")
        return Repository(top)

    def inside(self, path: str) -> str | None:
        """A path of the file system as the repository names it, from its root; None for a path outside."""
        full = os.path.abspath(path)
        if not is_below(full, self.top):
            full = os.path.realpath(path)
        if not is_below(full, self.top):
            return None
        return os.path.relpath(full, self.top).replace(os.sep, "/")

    def seen(self, inside: str) -> str:
        """A file of the repository by its path from the working directory."""
        return from_folder(os.path.join(self.top, *inside.split("/")), "")

    # -- commits ---------------------------------------------------------------------------------------------------

    def commit(self, revision: str) -> str | None:
        """The full name of a revision's commit; None if it does not exist."""
        if revision.startswith("-") or "\0" in revision:
            return None
        return self._line("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")

    def common(self, one: str, other: str) -> str | None:
        """The merge base: the newest common ancestor of two commits; None if none is here."""
        return self._line("merge-base", one, other)

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
        """The commits that a merge added to its first parent, with the merge itself."""
        return set(self.ask("rev-list", merge, f"^{parent}").decode("ascii").split())

    def parents(self, name: str) -> list[str]:
        """A commit's parents, as far as they are here."""
        return self.ask("rev-list", "--no-walk", "--parents", name).decode("ascii").split()[1:]

    @property
    def cut_off(self) -> frozenset[str]:
        """The commits of a shallow clone whose parents it lacks; none where the clone is not shallow."""
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

    def changes(self, before: str, after: str) -> list[Change]:
        """The changes between two commits' trees. A renamed file counts as deleted and added."""
        return _changes(self.ask("diff-tree", *RAW, "--no-renames", before, after)).get("", [])

    def changes_of(self, commits: Sequence[tuple[str, str | None]], suffixes: Iterable[str]) -> Iterator[list[Change]]:
        """For each commit with its parent, its changes to files with these suffixes. Renames are detected.

        A commit without a parent added all of its files.
        """
        lines = "".join(f"{commit} {parent}\n" if parent else f"{commit}\n" for commit, parent in commits)
        patterns = [f"*{suffix}" for suffix in suffixes]
        command = ("diff-tree", *RAW, *RENAMES, "--stdin", "--root", "--", *patterns)
        by_commit = _changes(self.ask(*command, data=lines.encode("ascii")))
        return (by_commit.get(commit, []) for commit, _ in commits)

    def staged_renames(self, before: str) -> dict[str, str]:
        """The files that were renamed between a commit and the index: new names by old names."""
        raw = self.ask("diff-index", "--cached", *RAW, *RENAMES, "--diff-filter=R", before)
        return {change.before: change.entry.path for change in _changes(raw).get("", [])}

    # -- the program -----------------------------------------------------------------------------------------------

    def ask(self, *arguments: str, data: bytes = b"") -> bytes:
        """The output of a git command. Raises LintError with git's own message if it fails."""
        done = _run(["-C", self.top, *arguments], data)
        if b"promisor remote" in done.stderr:
            raise _partial(self)
        if done.returncode:
            raise LintError(f"git {arguments[0]}: {_reason(done.stderr) or f'exit code {done.returncode}'}")
        return done.stdout

    def _line(self, *arguments: str) -> str | None:
        done = _run(["-C", self.top, *arguments])
        if done.returncode > 1 and done.returncode != 128:
            raise LintError(f"git {arguments[0]}: {_reason(done.stderr)}")
        return os.fsdecode(done.stdout.strip()) or None if done.returncode == 0 else None


class Objects:
    """The sizes and bytes of a repository's objects.

    Two git processes answer all requests, since starting one takes longer than an answer. They end when the exit stack
    ``processes`` is closed.
    """

    def __init__(self, repository: Repository, processes: ExitStack) -> None:
        self._repository = repository
        self._processes = processes
        self._pipes: dict[str, tuple[IO[bytes], IO[bytes]]] = {}

    def size(self, oid: str) -> int | None:
        """A file object's size in bytes; None if it is missing. Raises LintError in a partial clone."""
        return self._ask("--batch-check", oid)[0]

    def read(self, oid: str) -> bytes:
        """A file object's bytes. Ask for its size first. Raises LintError if it is missing."""
        size, answers = self._ask("--batch", oid)
        if size is None:
            raise LintError(f"{self._repository.top}: the object {oid} cannot be read")
        return answers.read(size + 1)[:size]

    def _ask(self, mode: str, oid: str) -> tuple[int | None, IO[bytes]]:
        """Ask for an object: its size, from the first line of the answer, and the pipe with the rest."""
        if mode not in self._pipes:
            self._pipes[mode] = self._started(mode)
        questions, answers = self._pipes[mode]
        try:
            os.write(questions.fileno(), f"{oid}\n".encode("ascii"))  # without the buffer: closing it cannot fail then
            name_kind_size = answers.readline().split()
        except OSError:  # the process has ended
            name_kind_size = []
        if not name_kind_size:
            raise _partial(self._repository)
        is_here = len(name_kind_size) == 3 and name_kind_size[1] == b"blob"
        return int(name_kind_size[2]) if is_here else None, answers

    def _started(self, mode: str) -> tuple[IO[bytes], IO[bytes]]:
        command = [_program(), *SAFE, "-C", self._repository.top, "cat-file", mode]
        pipe, nothing = subprocess.PIPE, subprocess.DEVNULL
        process = subprocess.Popen(command, env=_environment(), stdin=pipe, stdout=pipe, stderr=nothing)
        self._processes.enter_context(process)
        assert process.stdin is not None  # noqa: S101 - for the type checker: both are pipes
        assert process.stdout is not None  # noqa: S101
        return process.stdin, process.stdout


def _partial(repository: Repository) -> LintError:
    """The error for an object that git would have to fetch, which it is not allowed to."""
    return LintError(f"{repository.top}: this clone is partial, and does not have the files of earlier commits")


def _nearest_folder(path: str) -> str:
    """The nearest folder that exists: the path itself or one above it."""
    folder = os.path.abspath(path)
    while not os.path.isdir(folder) and os.path.dirname(folder) != folder:
        folder = os.path.dirname(folder)
    return folder


def _change(about: bytes, fields: Iterator[bytes]) -> Change:
    _, mode, _, oid, status = about.decode("ascii").split()
    path = os.fsdecode(next(fields))
    if status[0] in "RC":
        return Change(status[0], TreeEntry(mode, oid, os.fsdecode(next(fields))), path)
    return Change(status[0], TreeEntry(mode, oid, path), path)


def _changes(raw: bytes) -> dict[str, list[Change]]:
    """The records of ``--raw -z``: ``:modes oids status``, NUL, a path, NUL; a rename has two paths.

    With ``--stdin`` each commit's name goes before its records; without, they are under "".
    """
    found: dict[str, list[Change]] = {}
    commit = ""
    fields = iter(raw.split(b"\0"))
    for field in fields:
        if field.startswith(b":"):
            found.setdefault(commit, []).append(_change(field, fields))
        elif field:
            commit = field.decode("ascii").strip()
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
    """The path of the git program, from a folder of the PATH. Raises LintError if there is none.

    Windows would look in the working directory first, which is untrusted.
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
    """Git's own error message, in one line."""
    lines = [line.strip() for line in stderr.decode("utf-8", "replace").splitlines() if line.strip()]
    said = next((line for line in lines if line.startswith(("fatal:", "error:"))), lines[0] if lines else "")
    return printable(said.removeprefix("fatal: ").removeprefix("error: "))

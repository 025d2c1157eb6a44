"""What git ignores: the patterns of .gitignore files, of .git/info/exclude and of the user's own ignore file.

Git itself is not asked: its configuration, which may come with a repository, can name programs to run, and starting it
takes as long as linting a pair. As in ruff and ripgrep, a matching file is ignored even if git tracks it. The rules are
those of gitignore(5).
"""

from __future__ import annotations

import os
import re
from functools import lru_cache

from metta_lint.base.records import NamedTuple
from metta_lint.files.file_system import first_bytes, is_folder, repository_around
from metta_lint.files.globs import translated
from metta_lint.files.limits import IGNORE_FILE_LIMIT, IGNORE_LINE_LIMIT, PATTERN_LIMIT

FILE = ".gitignore"


class Pattern(NamedTuple):
    """One line of an ignore file. ``regex`` matches a path from the file's folder, or a name at any depth."""

    regex: re.Pattern[str]
    whole_path: bool
    folders_only: bool
    ignores: bool


class IgnoreFile(NamedTuple):
    """The patterns of one ignore file, and the folder that they apply to."""

    folder: str
    patterns: tuple[Pattern, ...]


class Ignoring(NamedTuple):
    """The ignore files that apply to a folder, weakest first. Folders are real, absolute paths."""

    files: tuple[IgnoreFile, ...] = ()

    def ignores(self, path: str, *, is_folder: bool) -> bool:
        """Whether a path is ignored: the last matching pattern of the strongest file with a match decides."""
        name = path.rpartition("/")[2]
        for file in reversed(self.files):
            inside = path[len(file.folder) :].lstrip("/")
            for pattern in reversed(file.patterns):
                if pattern.folders_only and not is_folder:
                    continue
                if pattern.regex.fullmatch(inside if pattern.whole_path else name):
                    return pattern.ignores
        return False

    def entering(self, folder: str, *, has_file: bool, is_repository: bool) -> Ignoring:
        """The ignore files for a folder below, with its own. A nested repository has only its own."""
        above = repository(folder) if is_repository else self
        own = _patterns(_text(f"{folder}/{FILE}")) if has_file and above.files else ()
        return Ignoring((*above.files, IgnoreFile(folder, own))) if own else above


def ignoring_at(folder: str) -> Ignoring:
    """The ignore files for the content of an absolute folder; none outside of a git repository."""
    top = repository_around(folder)
    if top is None:
        return Ignoring()
    found = repository(top).entering(top, has_file=True, is_repository=False)
    below = top
    for name in folder[len(top) :].strip("/").split("/") if folder != top else ():
        below = f"{below.rstrip('/')}/{name}"
        found = found.entering(below, has_file=True, is_repository=False)
    return found


def repository(top: str) -> Ignoring:
    """The ignore files for all of a repository: the user's own, then ``.git/info/exclude``."""
    files = (_users_file(), f"{_git_folder(top)}/info/exclude")
    return Ignoring(tuple(IgnoreFile(top, _patterns(_text(file))) for file in files))


def _git_folder(top: str) -> str:
    """The git folder that a repository's worktrees share; in a worktree, ``.git`` is a file with its path."""
    git = f"{top}/.git"
    if is_folder(git):
        return git
    written = _text(git).partition("gitdir:")[2].strip()
    folder = os.path.join(top, written)
    shared = _text(f"{folder}/commondir").strip()
    return os.path.join(folder, shared)


def _users_file() -> str:
    """The file that ``core.excludesFile`` names in the user's configuration, or git's default."""
    base = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")
    for config in (os.path.expanduser("~/.gitconfig"), f"{base}/git/config"):
        found = re.search(r"^\s*excludesfile\s*=\s*\"?([^\"\n]+)", _text(config), re.MULTILINE | re.IGNORECASE)
        if found is not None:
            return os.path.expanduser(found[1].strip())
    return f"{base}/git/ignore"


def _text(path: str) -> str:
    return first_bytes(path, IGNORE_FILE_LIMIT).decode("utf-8-sig", "surrogateescape")


@lru_cache(maxsize=256)
def _patterns(text: str) -> tuple[Pattern, ...]:
    """The patterns of an ignore file's text, in order."""
    lines = text.split("\n")[:IGNORE_LINE_LIMIT]
    return tuple(found for line in lines if (found := _pattern(line.removesuffix("\r"))) is not None)


def _pattern(line: str) -> Pattern | None:
    bare = line.rstrip(" ")
    line = f"{bare} " if bare.endswith("\\") and bare != line else bare
    if line.startswith("#") or len(line) > PATTERN_LIMIT:
        return None
    ignores = not line.startswith("!")
    line = line.removeprefix("!")
    folders_only = line.endswith("/")
    line = line.removesuffix("/")
    if not line:
        return None
    whole_path = "/" in line
    try:
        regex = re.compile(translated(line.removeprefix("/"), within_folder=True), re.DOTALL)
    except re.error:  # such as [z-a], which matches nothing
        return None
    return Pattern(regex, whole_path, folders_only, ignores)

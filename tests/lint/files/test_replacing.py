"""Files that are replaced: the new text whole, or the old one whole, and nothing beside it."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest

from metta_lint.base.errors import LintError
from metta_lint.files.replace import Rewrite, write_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def by_text(path: Path) -> None:
    write_text(str(path), "new\n")


def by_rewrite(path: Path) -> None:
    Rewrite(str(path), path.read_bytes(), b"new\n").write()


both = pytest.mark.parametrize("write", [by_text, by_rewrite])


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A file alone in its folder."""
    path = tmp_path / "a.txt"
    path.write_bytes(b"old\r\n")
    return path


@both
def test_mode_and_link_stay(old: Path, write: Callable[[Path], None]) -> None:
    old.chmod(0o2640)
    mode = stat.S_IMODE(old.stat().st_mode)
    link = old.with_name("link")
    link.symlink_to(old.name)
    write(link)
    assert link.is_symlink()
    assert old.read_bytes() == b"new\n"
    assert stat.S_IMODE(old.stat().st_mode) == mode
    assert sorted(os.listdir(old.parent)) == ["a.txt", "link"]


@both
def test_what_nobody_may_write_stays(old: Path, write: Callable[[Path], None]) -> None:
    old.chmod(0o444)
    with pytest.raises(LintError, match=r"a\.txt: cannot be written: the file is read-only"):
        write(old)
    assert old.read_bytes() == b"old\r\n"


@both
def test_what_stands_where_the_new_text_would_be_written_is_left_alone(
    old: Path, write: Callable[[Path], None]
) -> None:
    precious = old.with_name("precious")
    precious.write_bytes(b"mine")
    old.with_name(f".a.txt.{os.getpid()}.tmp").symlink_to(precious)
    with pytest.raises(LintError, match="cannot be written: File exists"):
        write(old)
    assert (old.read_bytes(), precious.read_bytes()) == (b"old\r\n", b"mine")
    assert len(os.listdir(old.parent)) == 3


@both
def test_a_text_that_cannot_be_written_whole_leaves_the_old_one(
    old: Path, write: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(LintError, match="cannot be written: No space left on device"):
        write(old)
    assert old.read_bytes() == b"old\r\n"
    assert os.listdir(old.parent) == ["a.txt"]


def test_a_text_can_be_put_where_there_is_none(tmp_path: Path) -> None:
    missing = tmp_path / "missing.txt"
    link = tmp_path / "link"
    link.symlink_to(missing.name)
    by_text(link)
    assert missing.read_bytes() == b"new\n"
    assert link.is_symlink()

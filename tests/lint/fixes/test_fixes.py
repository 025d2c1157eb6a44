"""Fixes: what ``--fix`` and ``--diff`` change, what they leave alone, and what they say."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from metta_lint.__main__ import main
from metta_lint.api import Edit, Fix
from metta_lint.api.testing import write_pufferlib
from metta_lint.base.documents import Span
from metta_lint.base.errors import LintError
from metta_lint.check.report import Report
from metta_lint.files.replace import Rewrite
from metta_lint.fixes.fixer import Fixer, Wanted, together
from metta_lint.rules.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

INI = Path("pufferlib/config/metta.ini")
WRONG = """
[train]
# why the horizon is what it is
bott_horizon = 4  # mine
foo = 3
  4
anneal_lr = false # not now
"""
RIGHT = """
[train]
# why the horizon is what it is
bptt_horizon = 4  # mine
anneal_lr = False # not now
"""

PATCHES = [
    ["git", "apply", "-p0"],
    *([["patch", "-p0", "-i"]] if sys.platform == "linux" and shutil.which("patch") else []),
]
"""What applies a diff to whatever names files have: macOS's own patch reads no quotes."""


def append(text: str, path: Path = INI) -> bytes:
    """Add text to a file, and give what the file holds then."""
    path.write_bytes(path.read_bytes() + text.encode())
    return path.read_bytes()


def test_safe_fixes_are_made_and_counted(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = INI.read_bytes()
    append(WRONG)
    assert main(["check", "--fix", "."]) == 0
    assert INI.read_bytes() == before + RIGHT.encode()
    said = capsys.readouterr().err
    assert "Fixed 3 findings: 1 x ML407 (text-for-value), 2 x ML501 (ignored-key)" in said
    assert "Nothing is left" in said


@pytest.mark.parametrize("newline", ["\r\n", "\r", "\n"])
@pytest.mark.parametrize("end", ["", "\n"])
def test_line_ends_and_a_missing_last_one_stay(tree: Path, newline: str, end: str) -> None:
    before = INI.read_bytes()
    append(WRONG.replace("\n", newline).removesuffix(newline) + end)
    assert main(["check", "--fix", "-q", "."]) == 0
    assert INI.read_bytes() == before + RIGHT.replace("\n", newline).removesuffix(newline).encode() + end.encode()


def test_a_diff_writes_nothing_and_is_what_patch_applies(tree: Path, capfd: pytest.CaptureFixture[str]) -> None:
    append("\r\n# mixed\r\n")
    before = append(WRONG.removesuffix("\n"))
    assert main(["check", "--diff", "."]) == 1
    out, said = capfd.readouterr()
    assert INI.read_bytes() == before
    assert "Would fix 3 findings" in said
    Path("fixes.diff").write_bytes(out.encode())
    subprocess.run(["git", "apply", "-p0", "fixes.diff"], check=True)
    patched = INI.read_bytes()
    INI.write_bytes(before)
    assert main(["check", "--fix", "."]) == 0
    assert INI.read_bytes() == patched
    capfd.readouterr()
    assert main(["check", "--diff", "."]) == 0
    assert capfd.readouterr().out == ""


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
@pytest.mark.parametrize("command", PATCHES)
def test_a_diff_names_what_a_link_leads_to(tree: Path, capfd: pytest.CaptureFixture[str], command: list[str]) -> None:
    append(WRONG)
    real = Path("shared.txt")
    shutil.move(INI, real)
    INI.symlink_to(tree / real)
    assert main(["check", "--diff", "."]) == 1
    Path("fixes.diff").write_bytes(capfd.readouterr().out.encode())
    subprocess.run([*command, "fixes.diff"], check=True)
    assert INI.is_symlink()
    assert real.read_text(encoding="utf-8").endswith(RIGHT)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such names")
@pytest.mark.parametrize(
    "name", ["my configs", "a\tb", 'q"x', "back\\slash", "zwölf", "new\nline", os.fsdecode(b"\xff")]
)
@pytest.mark.parametrize("command", PATCHES)
def test_a_diff_names_files_as_patch_reads_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], name: str, command: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    write_pufferlib(Path(name), {})
    append(WRONG, Path(name) / INI)
    assert main(["check", "--diff", "."]) == 1
    Path("fixes.diff").write_bytes(capfd.readouterr().out.encode())
    subprocess.run([*command, "fixes.diff"], check=True)
    assert (Path(name) / INI).read_text(encoding="utf-8").endswith(RIGHT)


def test_a_diff_says_which_files_cannot_be_read(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    append("[train\n")
    assert main(["check", "--diff", "--exit-zero", "."]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert f"error: {INI.as_posix()}:" in captured.err


def test_a_diff_is_no_failure_where_findings_are_none(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    append(WRONG)
    assert main(["check", "--diff", "--exit-zero", "."]) == 0
    assert "+bptt_horizon = 4" in capsys.readouterr().out


@pytest.mark.parametrize("option", [["--unsafe-fixes"], ["--take", "left"]])
def test_choosing_fixes_without_asking_for_any_is_said(
    tree: Path, capsys: pytest.CaptureFixture[str], option: list[str]
) -> None:
    before = append(WRONG)
    main(["check", *option, "."])
    assert INI.read_bytes() == before
    assert f"warning: {option[0]} changes no file without --fix" in capsys.readouterr().err
    main(["check", *option, "--diff", "."])
    assert "warning" not in capsys.readouterr().err


def test_what_is_not_safe_needs_to_be_asked_for(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = INI.read_bytes()
    wrong = append("[train]\ntarget_kl = 0.02\n")
    assert main(["check", "--fix", "."]) == 1
    assert INI.read_bytes() == wrong
    assert "1 more can be fixed with --unsafe-fixes" in capsys.readouterr().err
    assert main(["check", "--fix", "--unsafe-fixes", "."]) == 0
    assert INI.read_bytes() == before + b"[train]\n"


def test_what_is_less_severe_than_asked_for_is_not_fixed(tree: Path) -> None:
    before = append(WRONG)
    assert main(["check", "--fix", "--severity", "error", "."]) == 0
    assert INI.read_bytes() == before


def test_a_suppressed_finding_is_not_fixed(tree: Path) -> None:
    before = append("[train]\nbott_horizon = 4  # metta-lint: ignore[ML501] for a fork\n")
    assert main(["check", "--fix", "."]) == 0
    assert INI.read_bytes() == before


def test_a_report_for_scripts_has_stdout_to_itself(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    append(f"{WRONG}target_kl = 0.02\n")
    assert main(["check", "--fix", "--output-format", "json", "."]) == 1
    left = json.loads(capsys.readouterr().out)["findings"]
    assert [finding["fix"]["safe"] for finding in left] == [False]


def test_a_side_that_is_taken_changes_the_other(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    append("[train]\ngamma = 0.5\n")
    assert main(["check", "--fix", "."]) == 1
    assert main(["check", "--fix", "--take", "left", "."]) == 0
    assert "gamma: 0.5" in Path("configs/trainer/trainer.yaml").read_text(encoding="utf-8") + Path(
        "configs/train_job.yaml"
    ).read_text(encoding="utf-8")
    assert "Fixed 1 finding: 1 x ML301" in capsys.readouterr().err


def test_a_key_twice_with_one_value_is_said_once_and_removed(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = append("[train]\ngamma = 0.99\n# why\n")
    append("gamma = 0.99\n")
    job = Path("configs/train_job.yaml")
    yaml = job.read_bytes()
    append("seed: 1  # again\n", job)
    capsys.readouterr()
    assert main(["check", ".", "--output-format", "concise", "-q"]) == 2
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines] == [job.as_posix(), INI.as_posix()]
    assert all(" ML001 [*] " in line for line in lines)
    assert main(["check", "--fix", "."]) == 0
    assert INI.read_bytes() == before
    assert job.read_bytes() == yaml


def test_a_key_twice_with_two_values_is_left(tree: Path) -> None:
    before = append("[train]\ngamma = 0.99\ngamma = 0.9\n")
    assert main(["check", "--fix", "."]) == 2
    assert INI.read_bytes() == before


def test_what_is_not_asked_about_is_not_changed(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    default = INI.with_name("default.ini")
    before = append("foo = 3\n", default)
    assert main(["check", "--fix", str(INI)]) == 1
    assert default.read_bytes() == before
    assert f"Left alone, for it would change {default.as_posix()}" in capsys.readouterr().err


# -- files -------------------------------------------------------------------------------------------------------------


def test_mode_and_link_of_a_file_stay(tree: Path) -> None:
    append(WRONG)
    real = Path("shared.ini")
    shutil.move(INI, real)
    real.chmod(0o640)
    INI.symlink_to(tree / real)
    assert main(["check", "--fix", "pufferlib", "configs"]) == 0
    assert INI.is_symlink()
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert real.read_text(encoding="utf-8").endswith(RIGHT)
    assert [name for name in os.listdir() if name.endswith(".tmp")] == []


def test_of_hard_links_one_is_changed_and_the_others_are_named(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    append(WRONG)
    os.link(INI, "other.txt")
    assert main(["check", "--fix", "."]) == 0
    assert "had 2 hard links" in capsys.readouterr().err
    assert Path("other.txt").read_text(encoding="utf-8").endswith(WRONG)


def test_a_file_that_nobody_may_write_is_named_and_others_are_fixed(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    default = INI.with_name("default.ini")
    right = default.read_bytes()
    append("foo = 3\n", default)
    before = append(WRONG)
    INI.chmod(0o444)
    assert main(["check", "--fix", "."]) == 2
    said = capsys.readouterr().err
    assert f"error: {INI.as_posix()}: cannot be written: the file is read-only" in said
    assert "Fixed 1 finding: 1 x ML501" in said
    assert INI.read_bytes() == before
    assert default.read_bytes() == right


def test_a_file_that_has_changed_meanwhile_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "a.ini"
    path.write_bytes(b"[train]\n")
    with pytest.raises(LintError, match="changed while it was looked at"):
        Rewrite(str(path), b"[base]\n", b"[vec]\n").write()
    assert path.read_bytes() == b"[train]\n"


def test_a_file_with_a_byte_order_mark_keeps_it(tree: Path) -> None:
    job = Path("configs/train_job.yaml")
    with_mark = b"\xef\xbb\xbf" + job.read_bytes()
    job.write_bytes(with_mark)
    append("seed: 1\n", job)
    assert main(["check", "--fix", "."]) == 0
    assert job.read_bytes() == with_mark


# -- rounds ------------------------------------------------------------------------------------------------------------


class Words:
    """Findings of each word of a file that is ``bad``; the fix writes another word."""

    def __init__(self, path: Path, instead: str, *, breaks: bool = False) -> None:
        self.path = path
        self.instead = instead
        self.breaks = breaks
        self.looks = 0

    def look(self) -> Report:
        from metta_lint.files.file_system import first_bytes

        self.looks += 1
        path = str(self.path)
        words = first_bytes(path, 1000).decode().split(" ")
        return Report(list(self._findings(path, words)))

    def _findings(self, path: str, words: list[str]) -> Iterator[Finding]:
        column = 1
        for number, word in enumerate(words):
            span = Span(path, 1, column, 1, column + len(word))
            if word == "bad":
                fix = Fix("fix it", (Edit(span, self.instead),), is_safe=True)
                yield Finding("X001", "bad-word", "error", f"word {number}", span, subject=f"word {number}", fix=fix)
            elif self.breaks and word == "good":
                yield Finding("ML001", "unreadable", "error", "broken", span, is_input_error=True)
            column += len(word) + 1


@pytest.fixture
def words(tmp_path: Path) -> Path:
    path = tmp_path / "words.txt"
    path.write_text("bad fine bad", encoding="utf-8")
    return path


def test_fixes_that_do_not_touch_take_one_round(words: Path) -> None:
    rule = Words(words, "good")
    fixed = Fixer(rule.look, Wanted((str(words.parent),))).fix()
    assert [rewrite.after for rewrite in fixed.rewrites] == [b"good fine good"]
    assert rule.looks == 2
    assert words.read_text(encoding="utf-8") == "bad fine bad"


def test_fixes_that_touch_are_seen_while_the_working_directory_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In an editor, checks of other folders run on another thread meanwhile."""
    fixes = [Fix("fix it", (Edit(Span("a.ini", 1, 1, 1, end), "x"),), is_safe=True) for end in (5, 8)]
    first, second = (Finding("X001", "bad", "error", "bad", fix.edits[0].span, fix=fix) for fix in fixes)

    def found() -> Iterator[Finding]:
        yield first
        monkeypatch.chdir(tmp_path)
        yield second

    assert together(found(), lambda _: "file:///a.ini") == [first]


def test_a_fix_that_leaves_its_finding_is_taken_back_and_named(words: Path) -> None:
    fixed = Fixer(Words(words, "bad").look, Wanted((str(words.parent),))).fix()
    assert fixed.rewrites == ()
    assert fixed.done == ()
    assert [finding.code for finding in fixed.failed] == ["X001", "X001"]


def test_a_fix_that_makes_a_file_unreadable_is_taken_back(words: Path) -> None:
    fixed = Fixer(Words(words, "good", breaks=True).look, Wanted((str(words.parent),))).fix()
    assert fixed.rewrites == ()
    assert len(fixed.failed) == 2


def test_a_fix_that_brings_its_finding_again_ends(words: Path) -> None:
    fixed = Fixer(Words(words, "x bad").look, Wanted((str(words.parent),))).fix()
    assert fixed.unsettled
    assert fixed.done


def test_a_rules_bug_is_an_error_and_costs_no_file(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("rule.py").write_text(
        "from metta_lint.api import Draft, Edit, Fix\n\n\nclass Endless:\n"
        "    code, name, severity = 'XX001', 'endless', 'warning'\n    agrees, drifts = [], []\n\n"
        "    def check(self, plan):\n        span = getattr(plan.run.settings.get('train.gamma'), 'span', None)\n"
        "        if span is not None:\n"
        "            yield Draft('gamma', at=span, fix=Fix('again', (Edit(span, '0.99'),), is_safe=True))\n\n\n"
        "RULES = [Endless()]\n",
        encoding="utf-8",
    )
    Path("metta-lint.toml").write_text('plugins = ["rule.py"]\n', encoding="utf-8")
    before = append("[train]\ngamma = 0.99\n")
    assert main(["check", "--fix", "."]) == 2
    assert "the fix of XX001 (endless)" in capsys.readouterr().err
    assert INI.read_bytes() == before

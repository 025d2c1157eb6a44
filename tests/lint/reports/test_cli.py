"""Where reports go and how they look there: files, terminals, logs; what counts for the exit code."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import jsonschema
import pytest

from metta_lint.__main__ import main
from metta_lint.api.testing import write_metta, write_pufferlib
from metta_lint.reports.cells import width
from metta_lint.reports.formats import FORMATS
from metta_lint.reports.statistics import FORMS
from metta_lint.reports.style import style_for

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).parents[3]
SIDES = ("pufferlib/config/metta.ini", "configs/train_job.yaml")


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("COLUMNS", "NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a pair whose gammas differ (a warning), as the current folder."""
    monkeypatch.chdir(tmp_path)
    write_pufferlib(Path(), {"train.gamma": 0.5})
    write_metta(Path(), {})
    return tmp_path


class Terminal:
    """A stream as wide as a terminal that says so."""

    def __init__(self, *, is_terminal: bool = True) -> None:
        self._is_terminal = is_terminal

    def isatty(self) -> bool:
        return self._is_terminal

    def fileno(self) -> int:
        raise OSError


@pytest.mark.parametrize(
    ("environment", "is_terminal", "color", "expected"),
    [
        ({}, True, "auto", True),
        ({}, False, "auto", False),
        ({"TERM": "dumb"}, True, "auto", False),
        ({"TERM": "dumb", "FORCE_COLOR": "1"}, True, "auto", True),
        ({"FORCE_COLOR": "1"}, False, "auto", True),
        ({"FORCE_COLOR": ""}, False, "auto", False),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, True, "auto", False),
        ({"NO_COLOR": ""}, True, "auto", True),
        ({"NO_COLOR": "1"}, False, "always", True),
        ({"FORCE_COLOR": "1"}, True, "never", False),
    ],
)
def test_colour_is_for_terminals_and_for_who_asks(
    environment: Mapping[str, str], is_terminal: bool, color: str, expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert style_for(Terminal(is_terminal=is_terminal), color).colored is expected  # type: ignore[arg-type]


@pytest.mark.parametrize(("columns", "expected"), [("", None), ("0", None), ("wide", None), ("7", 40), ("100", 100)])
def test_columns_is_the_width_where_it_is_a_number(
    columns: str, expected: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert style_for(Terminal()).width == expected  # type: ignore[arg-type]


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="no pseudo-terminals here")
def test_a_terminal_gets_colours_and_lines_that_fit(tree: Path) -> None:
    import fcntl
    import struct
    import termios

    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 50, 0, 0))
    environment = {**os.environ, "TERM": "xterm"}
    command = [sys.executable, "-m", "metta_lint", "check", ".", "--select", "ML301"]
    with os.fdopen(ours, "rb", buffering=0) as screen:
        process = subprocess.Popen(command, stdout=theirs, env=environment)
        os.close(theirs)
        shown = b""
        try:
            while piece := screen.read(4096):
                shown += piece
        except OSError:  # Linux says so when the other end is closed
            pass
    assert process.wait() == 1
    text = shown.decode()
    assert "\x1b[1;33mwarning[ML301]\x1b[0m" in text
    lines = [line for line in text.replace("\x1b[0m", "").splitlines() if "http" not in line]
    for code in ("1;33", "1;34", "1", "2"):
        lines = [line.replace(f"\x1b[{code}m", "") for line in lines]
    assert max(map(width, lines)) <= 50


def test_a_log_has_whole_lines_and_no_colours(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", ".", "--select", "ML301"]) == 1
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert max(map(len, out.splitlines())) > 80


@pytest.mark.parametrize("name", FORMATS)
def test_no_colour_in_files_and_none_for_machines(
    name: str, tree: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "50")
    arguments = ["check", ".", "--select", "ML301", "--color", "always", "--output-format", name]
    assert main([*arguments, "--output-file", "report"]) == 1
    assert "\x1b" not in Path("report").read_text(encoding="utf-8")
    assert main(arguments) == 1
    assert ("\x1b" in capsys.readouterr().out) == (name in ("full", "concise"))


def test_a_report_takes_the_place_of_an_older_one_and_keeps_its_mode(tree: Path) -> None:
    old = tree / "old"
    old.write_text("old", encoding="utf-8")
    old.chmod(0o640)
    (tree / "link").symlink_to(old)
    assert main(["check", ".", "--select", "ML301", "--output-file", "link"]) == 1
    assert "ML301" in old.read_text(encoding="utf-8")
    assert stat.S_IMODE(old.stat().st_mode) == 0o640
    assert (tree / "link").is_symlink()
    assert sorted(path.name for path in tree.iterdir() if "tmp" in path.name) == []


def test_a_device_is_written_to_and_not_replaced(tree: Path) -> None:
    assert main(["check", ".", "--output-file", os.devnull]) == 1
    assert not Path(os.devnull).is_file()


def test_a_report_that_cannot_be_written_is_an_error(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", ".", "--output-file", "no/folder/report"]) == 2
    assert "no/folder/report: cannot be written" in capsys.readouterr().err


@pytest.mark.parametrize(("least", "code"), [("info", 1), ("warning", 1), ("error", 0)])
def test_severity_is_the_least_that_is_shown_and_counts(
    least: str, code: int, tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", ".", "--severity", least, "--output-format", "concise"]) == code
    assert bool(capsys.readouterr().out) == (code == 1)


def test_what_cannot_be_read_is_shown_whatever_the_severity(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("configs/broken.yaml").write_text("a: [1,\n", encoding="utf-8")
    assert main(["check", ".", "--severity", "error", "--exit-zero", "--output-format", "concise"]) == 2
    assert "configs/broken.yaml" in capsys.readouterr().out


def test_exit_zero_reports_and_passes(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", ".", "--exit-zero", "--output-format", "concise"]) == 0
    assert "ML301" in capsys.readouterr().out


def test_statistics_count_by_code(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    schema = json.loads((ROOT / "docs" / "schema" / "statistics.json").read_text(encoding="utf-8"))
    assert main(["check", ".", "--statistics", "--output-format", "json"]) == 1
    data = json.loads(capsys.readouterr().out)
    jsonschema.validate(data, schema)
    assert {"code": "ML301", "name": "hyperparameter-drift", "severity": "warning"}.items() <= data["statistics"][
        0
    ].items()


def test_statistics_of_nothing_say_so(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", ".", "--select", "ML402", "--statistics"]) == 0
    assert capsys.readouterr().out.startswith("nothing found")


@pytest.mark.parametrize("name", [name for name in FORMATS if name not in FORMS])
def test_statistics_have_no_form_for_annotations(name: str, tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", ".", "--statistics", "--output-format", name]) == 2
    assert "full, concise, json, markdown" in capsys.readouterr().err


def test_pages_for_people_load_no_reader_or_writer_of_other_formats() -> None:
    code = (
        "import sys; import metta_lint.reports.full, metta_lint.reports.concise; "
        "sys.exit(' '.join({'json', 'xml', 'hashlib', 'textwrap'} & {*sys.modules}) or 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("command", [("plan", SIDES[1]), ("compare", *SIDES)], ids=["plan", "compare"])
def test_other_pages_have_the_same_colours(
    command: tuple[str, ...], tree: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    main(command)
    assert "\x1b[" in capsys.readouterr().out
    main([*command, "--output-file", "page"])
    assert "\x1b[" not in Path("page").read_text(encoding="utf-8")


def test_a_comparison_fits_the_terminal_and_loses_no_word(
    tree: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    main(["compare", *SIDES, "--set-right", "trainer.num_workers=null"])
    whole = capsys.readouterr().out
    monkeypatch.setenv("COLUMNS", "110")
    main(["compare", *SIDES, "--set-right", "trainer.num_workers=null"])
    narrow = capsys.readouterr().out
    assert max(map(len, whole.splitlines())) > 110 >= max(map(len, narrow.splitlines()))
    assert sorted(narrow.replace("-", "").split()) == sorted(whole.replace("-", "").split())


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        ("bott_horizon = 4\n", "1 can be fixed with --fix"),
        ("bott_horizon = 4\ntarget_kl = 0.02\n", "1 can be fixed with --fix, 1 more with --fix --unsafe-fixes"),
        ("target_kl = 0.02\n", "1 can be fixed with --fix --unsafe-fixes"),
    ],
)
def test_what_can_be_fixed_is_said_below_the_summary(
    keys: str, line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    write_pufferlib(Path(), {})
    with Path("pufferlib/config/metta.ini").open("a", encoding="utf-8") as ini:
        ini.write(f"[train]\n{keys}")
    assert main(["check", "."]) == 1
    assert capsys.readouterr().out.splitlines()[-1] == line


@pytest.mark.parametrize(
    "command",
    [
        *(("check", ".", "--output-format", name) for name in ("json", "sarif", "gitlab")),
        *((*command, "--output-format", "json") for command in (("plan", SIDES[0]), ("compare", *SIDES))),
    ],
    ids=lambda command: f"{command[0]}-{command[-1]}",
)
def test_numbers_that_json_has_none_for_are_texts(
    command: tuple[str, ...], tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_pufferlib(Path(), {"train.gae_lambda": "1e999", "train.gamma": "-1e999"})
    write_metta(Path(), {"trainer.ppo.gamma": float("nan"), "trainer.ppo.gae_lambda": float("-inf")})
    main(command)
    out = capsys.readouterr().out

    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is no JSON")

    json.loads(out, parse_constant=refuse)
    assert "inf" in out


@pytest.mark.parametrize("value", ["9" * 4000, "1e308", "1e-320"])
def test_sizes_beyond_all_sense_are_compared(value: str, tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_pufferlib(Path(), {"vec.num_envs": value, "train.ent_coef": value, "env.heart_reward": value})
    assert main(["compare", *SIDES, "--output-format", "json"]) == 1
    rows = {row["quantity"]: row for row in json.loads(capsys.readouterr().out)["rows"]}
    assert (rows["ent_coef"]["ratio"] is None) == (value != "1e308")


@pytest.mark.parametrize(
    "arguments",
    [
        ["plan", "pufferlib/config/metta.ini"],
        ["solve", "pufferlib/config/metta.ini"],
        ["compare", "pufferlib/config/metta.ini", "configs/train_job.yaml"],
        ["explain", "ML301", "--config", "pufferlib/config/metta.ini", "--against", "configs/train_job.yaml"],
        ["check", "."],
        ["check", "nowhere\x1b[5m"],
    ],
)
@pytest.mark.parametrize("color", ["always", "never"])
def test_no_command_says_to_the_terminal_what_a_file_says(
    color: str,
    arguments: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    write_pufferlib(Path(), {"train.optimizer": "\x1b[5mred\x1b]0;title\x07"})
    write_metta(Path(), {})
    main([*arguments, "--color", color])
    captured = capsys.readouterr()
    assert not any(code in captured.out + captured.err for code in ("\x1b[5m", "\x1b]0;", "\x07"))
    assert "\\x1b[5m" in captured.out + captured.err

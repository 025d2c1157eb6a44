"""Suppressions: which comments are some, what they hold back, and what is said of those that do nothing."""

from __future__ import annotations

import ast
import configparser
import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import tomli
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from metta_lint.__main__ import main
from metta_lint.api.testing import write_metta, write_pufferlib
from metta_lint.base.documents import Span, plain
from metta_lint.base.errors import InputError
from metta_lint.check.linter import check
from metta_lint.check.suppressions import CommentedFile, directive_for
from metta_lint.plans.run import Machine
from metta_lint.project.config import Config, find_config
from metta_lint.rules.finding import Finding
from metta_lint.rules.registry import list_rules
from metta_lint.sources import read
from metta_lint.sources.edit import Edit
from metta_lint.sources.text import FileText
from metta_lint.trainers.pufferlib.config import parse_value

if TYPE_CHECKING:
    from collections.abc import Callable

    from metta_lint.check.report import Report

INI, ENTRY, YAML = "pufferlib/config/default.ini", "pufferlib/config/metta.ini", "configs/train_job.yaml"
WHY = "on purpose"


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a pair that differs in gamma alone, as the current folder."""
    monkeypatch.chdir(tmp_path)
    write_pufferlib(Path(), {"train.gamma": 0.5})
    write_metta(Path(), {})
    return tmp_path


def codes(report: Report) -> list[str]:
    return [finding.code for finding in report.findings]


def change(path: str, line_with: str, to: Callable[[str], str]) -> int:
    """Rewrite the one line of a file that has this text; its number."""
    lines = Path(path).read_text(encoding="utf-8").splitlines()
    (number,) = [number for number, line in enumerate(lines) if line_with in line]
    lines[number] = to(lines[number])
    Path(path).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return number + 1


def directives(path: str, text: str) -> list[tuple[list[str], str, list[int]]]:
    reading = CommentedFile(read(path, text.encode()), list_rules())
    assert not reading.problems
    return [([code.text for code in found.codes], found.reason, list(found.lines)) for found in reading.directives]


# -- which comments are suppressions -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "text", "lines"),
    [
        ("a.ini", "[vec]\n# metta-lint: ignore[ML101] why\nnum_envs = 3\n", [2, 3]),
        ("a.ini", "[vec]\n; metta-lint: ignore[ML101] why\nnum_envs = 3\n", [2, 3]),
        ("a.ini", "[vec]\nnum_envs = 3  # metta-lint: ignore[ML101] why\n", [2]),
        ("a.ini", "[vec]\nsizes = [1,\n  2]  # metta-lint: ignore[ML101] why\n", [3]),
        ("a.ini", "[vec]\n#metta-lint:ignore[ML101] why\n; another\n# and one more\nnum_envs = 3\n", [2, 3, 4, 5]),
        ("a.yaml", "a: 1  # metta-lint: ignore[ML101] why\n", [1]),
        ("a.yaml", "a: 1  # the one # metta-lint: ignore[ML101] why\n", [1]),
        ("a.yaml", "# metta-lint: ignore[ML101] why\na: 1\n", [1, 2]),
        ("a.yaml", "a: |  # metta-lint: ignore[ML101] why\n  text\n", [1]),
        ("a.yaml", "a: 'it''s # no'  # metta-lint: ignore[ML101] why\n", [1]),
        ("a.yaml", "a: [1,\n  # metta-lint: ignore[ML101] why\n  2]\n", [2, 3]),
        ("a.yaml", "a: \N{GREEK SMALL LETTER ALPHA}  # metta-lint: ignore[ML101] why\n", [1]),
        ("a.toml", "a = 1  # metta-lint: ignore[ML101] why\n", [1]),
        ("a.toml", "a = [\n  # metta-lint: ignore[ML101] why\n  1,\n]\n", [2, 3]),
        ("a.py", "a = 1  # metta-lint: ignore[ML101] why\n", [1]),
        ("a.py", "\ufeff# metta-lint: ignore[ML101] why\na = 1\n", [1, 2]),
        ("a.py", "a = f(\r\n    # metta-lint: ignore[ML101] why\r\n    1)\r\n", [2, 3]),
    ],
)
def test_a_comment_speaks_of_its_line_or_the_one_below(path: str, text: str, lines: list[int]) -> None:
    assert directives(path, text) == [(["ML101"], "why", lines)]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.ini", "[vec]\nname = '# metta-lint: ignore[ML101] why'\n"),
        ("a.ini", "[vec]\nname = see metta-lint: ignore[ML101]\n"),
        ("a.yaml", "a: '# metta-lint: ignore[ML101] why'\n"),
        ("a.yaml", 'a: "\n  # metta-lint: ignore[ML101] why"\n'),
        ("a.yaml", "a: |\n  # metta-lint: ignore[ML101] why\n"),
        ("a.yaml", "a: &b !!str >-\n  text\n  # metta-lint: ignore[ML101] why\n"),
        ("a.yaml", "a: b#metta-lint:ignore[ML101]\n"),
        ("a.toml", 'a = "# metta-lint: ignore[ML101] why"\n'),
        ("a.toml", 'a = """\n# metta-lint: ignore[ML101] why\n"""\n'),
        ("a.toml", "a = '''\n# metta-lint: ignore[ML101] why'''\n"),
        ("a.py", "a = '# metta-lint: ignore[ML101] why'\n"),
        ("a.py", 'a = """\n# metta-lint: ignore[ML101] why\n"""\n'),
        ("a.json", '{"a": "# metta-lint: ignore[ML101] why"}'),
    ],
)
def test_text_is_no_comment(path: str, text: str) -> None:
    assert directives(path, text) == []


@pytest.mark.parametrize(
    ("comment", "found"),
    [
        ("ignore[ML101, ML402] both", [(["ML101", "ML402"], "both")]),
        ("ignore[ML1,ML402]: by prefix", [(["ML1", "ML402"], "by prefix")]),
        ("ignore[agent-count-drift] - by name", [(["agent-count-drift"], "by name")]),
        ("ignore[ml101] in small letters", [(["ml101"], "in small letters")]),
        ("ignore-file[ML5] old keys", [(["ML5"], "old keys")]),
        ("ignore[ML101] one # metta-lint: ignore[ML102] two", [(["ML101"], "one"), (["ML102"], "two")]),
    ],
)
def test_codes_prefixes_and_names(comment: str, found: list[tuple[list[str], str]]) -> None:
    assert [(names, why) for names, why, _ in directives("a.yaml", f"a: 1  # metta-lint: {comment}\n")] == found


@pytest.mark.parametrize(
    ("comment", "code", "column", "message"),
    [
        ("ignore", "ML001", 6, "a suppression names no rule"),
        ("ignore[] why", "ML001", 6, "a suppression names no rule"),
        ("ignroe[ML101] why", "ML001", 6, "unknown comment 'ignroe'"),
        ("ignore[ML101, ML1O1] why", "ML001", 34, "no rule is called 'ML1O1'; did you mean ML"),
        ("ignore[agent-count-drfit] why", "ML001", 27, "did you mean agent-count-drift?"),
        ("ignore[nothing-of-the-kind] why", "ML001", 27, "`metta-lint rules` lists them"),
        ("ignore[ML001] why", "ML001", 27, "ML001 cannot be suppressed"),
        ("ignore[ML9] why", "ML001", 27, "ML9 cannot be suppressed"),
        ("ignore[ML101]", "ML901", 6, "ignore[ML101] does not say why"),
        ("ignore[ML101] - ", "ML901", 6, "ignore[ML101] does not say why"),
    ],
)
def test_a_mistake_has_its_column(comment: str, code: str, column: int, message: str) -> None:
    reading = CommentedFile(read("a.yaml", f"a: 1 # metta-lint: {comment}\n".encode()), list_rules())
    (problem,) = reading.problems
    assert (problem.code, problem.span.column) == (code, column)
    assert message in problem.message


def test_a_comment_behind_an_ini_text_is_part_of_it(tree: Path) -> None:
    line = change(ENTRY, "rnn_name", lambda text: f"{text} # metta-lint: ignore[ML301] {WHY}")
    assert parse_value(read(ENTRY).root.get("base", "rnn_name").value).endswith(WHY)  # type: ignore[union-attr, arg-type]
    (finding,) = [finding for finding in check(["."], Config()).findings if finding.code == "ML902"]
    assert (finding.span.path, finding.span.line) == (ENTRY, line)
    assert "part of the value" in finding.message


@pytest.mark.parametrize(
    "text",
    [
        "# metta-lint: ignore[ML101] why\n" * 2_000,
        "# metta-lint: ignore[" * 2_000,
        "a: '" + " # metta-lint: ignore[" * 2_000 + "'",
    ],
)
def test_a_thousand_are_enough(text: str) -> None:
    with pytest.raises(InputError, match="more than 1,000 comments"):
        read("a.yaml", text.encode())


def test_what_takes_long_to_look_into_is_not() -> None:
    text = "".join(f"# metta-lint: ignore[{','.join(f'x{n}y{k}' for k in range(30))}]\n" for n in range(900))
    assert len(CommentedFile(read("a.yaml", text.encode()), list_rules()).problems) < 100


# -- what they hold back -------------------------------------------------------------------------------------------


def test_on_the_line_or_above_it(tree: Path) -> None:
    assert codes(check(["."], Config())) == ["ML301"]
    line = change(INI, "gamma", lambda text: f"{text}  # metta-lint: ignore[ML301] {WHY}")
    report = check(["."], Config())
    assert (codes(report), report.exit_code) == ([], 0)
    ((finding, directive),) = report.suppressed
    assert (finding.span.line, directive.reason) == (line, WHY)
    change(INI, "gamma", lambda text: f"; metta-lint: ignore[ML301] {WHY}\n{text.partition('#')[0]}")
    assert codes(check(["."], Config())) == []


def test_a_value_with_its_comment_stays_what_it_was(tree: Path) -> None:
    before = check(["."], Config()).plans[0].quantities
    change(INI, "num_envs", lambda text: f"{text}  # metta-lint: ignore[ML102] {WHY}")
    assert check(["."], Config()).plans[0].quantities == before


def test_either_side_of_a_pair_may_say_it(tree: Path) -> None:
    (related,) = check(["."], Config()).findings[0].related
    lines = Path(related.span.path).read_text(encoding="utf-8").splitlines()
    change(related.span.path, lines[related.span.line - 1], lambda text: f"{text}  # metta-lint: ignore[ML301] {WHY}")
    assert codes(check(["."], Config())) == []


def test_the_whole_file(tree: Path) -> None:
    text = Path(INI).read_text(encoding="utf-8")
    Path(INI).write_text(f"{text}# metta-lint: ignore-file[ML301] {WHY}\n", encoding="utf-8")
    assert codes(check(["."], Config())) == []


def test_the_nearer_of_two_is_used(tree: Path) -> None:
    change(INI, "gamma", lambda text: f"# metta-lint: ignore[ML3] far\n# metta-lint: ignore[ML301] near\n{text}")
    report = check(["."], Config())
    assert [directive.reason for _, directive in report.suppressed] == ["near"]
    assert [(finding.code, "ML3 is" in finding.message) for finding in report.findings] == [("ML902", True)]


def test_an_input_error_is_not_suppressed(tree: Path) -> None:
    Path("pufferlib/config/other.ini").write_text("# metta-lint: ignore-file[ML] why\n[vec\n", encoding="utf-8")
    report = check(["."], Config())
    assert "ML001" in codes(report)
    assert report.exit_code == 2


def test_a_value_of_many_lines_from_its_key_to_its_end(tree: Path) -> None:
    for where in (0, 2):
        lines = ["sizes = [1,", "  2,", "  3]"]
        lines[where] += "  # metta-lint: ignore[ML501] why"
        write_pufferlib(Path(), {})
        text = Path(INI).read_text(encoding="utf-8").replace("[train]\n", "[train]\n" + "\n".join(lines) + "\n")
        Path(INI).write_text(text, encoding="utf-8")
        report = check(["."], Config())
        assert (codes(report), len(report.suppressed)) == ([], 1)


def test_reports_count_what_is_suppressed(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change(INI, "gamma", lambda text: f"{text}  # metta-lint: ignore[ML301] {WHY}")
    assert main(["check", "."]) == 0
    assert "1 suppressed" in capsys.readouterr().out
    assert main(["check", ".", "--output-format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["summary"]["suppressed"] == 1


# -- what is said of those that do nothing -------------------------------------------------------------------------


@pytest.fixture
def unused(tree: Path) -> Path:
    """A suppression that is used in one of its two codes."""
    change(INI, "gamma", lambda text: f"# metta-lint: ignore[ML301, ML101] {WHY}\n{text}")
    return tree


def test_the_code_that_does_nothing_is_named(unused: Path) -> None:
    (finding,) = check(["."], Config()).findings
    assert (finding.code, finding.severity) == ("ML902", "warning")
    assert finding.message == "ML101 is suppressed here, and not found"
    assert finding.span.column == 29


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("{}  # metta-lint: ignore[ML101] why", "{}"),
        ("# metta-lint: ignore[ML101] why\n{}", "{}"),
        ("# metta-lint: ignore[ML101, ML301, ML102] why\n{}", "# metta-lint: ignore[ML301] why\n{}"),
    ],
)
def test_what_does_nothing_can_be_removed(tree: Path, before: str, after: str) -> None:
    original = Path(INI).read_text(encoding="utf-8")
    if "ML301" not in before:
        original = original.replace("gamma = 0.5", "gamma = 0.99")
    (line,) = [line for line in original.splitlines() if line.startswith("gamma =")]
    Path(INI).write_text(original.replace(line, before.format(line)), encoding="utf-8")
    (finding,) = check(["."], Config()).findings
    assert finding.fix is not None
    assert FileText(INI, Path(INI).read_bytes().decode()).edited(finding.fix.edits).decode() == original.replace(
        line, after.format(line)
    )


@pytest.mark.parametrize(
    ("arguments", "because"),
    [
        (["--select", "ML3"], "its rule did not run"),
        (["--ignore", "ML101"], "its rule did not run"),
        (["--ignore", "ML902"], "the finding itself is ignored"),
        (["--set", "vec.num_envs=64"], "the command line changes what is there"),
        (["--cpus", "3"], "the machine is another one"),
    ],
)
def test_what_could_not_be_found_is_not_called_unused(
    unused: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], because: str
) -> None:
    main(["check", ".", *arguments])
    assert "ML902" not in capsys.readouterr().out, because


def test_without_a_pair_nothing_is_said_of_its_rules(unused: Path) -> None:
    assert codes(check([ENTRY], Config())) == []
    assert codes(check(["pufferlib"], Config())) == []


@pytest.mark.parametrize("code", ["ML6", "ML702", "ML801"])
def test_of_a_part_of_a_tree_nothing_is_said_of_its_rules(tree: Path, code: str) -> None:
    write_pufferlib(Path(), {})
    change("configs/env/arena.yaml", "game:", lambda text: f"{text}  # metta-lint: ignore[{code}] {WHY}")
    assert codes(check(["configs/env"], Config())) == []
    assert codes(check(["."], Config())) == ["ML902"]


@pytest.mark.parametrize(
    ("code", "machine", "is_judged"),
    [("ML402", Machine(), False), ("ML402", Machine(cpus=4, gpus=1), True), ("ML405", Machine(), True)],
)
def test_what_a_rule_could_not_know_is_not_called_unused(
    tree: Path, code: str, machine: Machine, *, is_judged: bool
) -> None:
    """Without the machine's cores nobody knows what is overwritten; the horizon is known anyway."""
    write_pufferlib(Path(), {})
    write_metta(Path(), {"trainer.num_workers": None})
    change("configs/trainer/trainer.yaml", "bptt_horizon:", lambda line: f"{line}  # metta-lint: ignore[{code}] {WHY}")
    assert ("ML902" in codes(check(["."], Config(machine=machine)))) == is_judged


def test_a_file_that_cannot_be_read_may_hide_findings(unused: Path) -> None:
    Path("configs/broken.yaml").write_text("a: [", encoding="utf-8")
    assert codes(check(["."], Config())) == ["ML001"]


def test_of_a_shared_file_all_runs_must_have_been_looked_at(tree: Path) -> None:
    write_pufferlib(Path(), {})
    text = Path(INI).read_text(encoding="utf-8")
    Path(INI).write_text(f"# metta-lint: ignore-file[ML501] {WHY}\n{text}", encoding="utf-8")
    assert codes(check(["."], Config())) == ["ML902"]
    Path("metta-lint.toml").write_text(f'[runs.native]\nentry = "{YAML}"\n', encoding="utf-8")
    assert codes(check([], find_config("."))) == []


def test_they_cannot_suppress_themselves(tree: Path) -> None:
    write_pufferlib(Path(), {})
    change(INI, "gamma", lambda text: f"# metta-lint: ignore[ML] {WHY}\n{text}")
    assert codes(check(["."], Config())) == ["ML902"]


# -- writing them --------------------------------------------------------------------------------------------------


def suppress_all(report: Report) -> None:
    """Write a suppression for each finding, the last lines first, so that places stay right."""
    edits = {edit for finding in report.findings if (edit := directive_for(finding, WHY)) is not None}
    by_file: dict[str, list[Edit]] = {}
    for edit in edits:
        by_file.setdefault(edit.span.path, []).append(edit)
    for path, of_file in by_file.items():
        Path(path).write_bytes(edited_in_order(Path(path).read_bytes(), of_file))


def edited_in_order(data: bytes, edits: list[Edit]) -> bytes:
    for edit in sorted(edits, key=lambda edit: (edit.span, edit.text), reverse=True):
        data = FileText(edit.span.path, data.decode()).edited([edit])
    return data


DRIFT = {
    "train.gamma": 0.5,
    "train.minibatch_size": 16384,
    "vec.num_envs": 128,
    "train.strange": 1,
    "env.ore_reward": 2,
}


@settings(max_examples=20)  # each of them lints a tree three times
@given(st.dictionaries(st.sampled_from(list(DRIFT)), st.just(None), min_size=1), st.integers(0, 99))
def test_all_suppressed_is_clean_and_one_removed_is_back(
    tmp_path_factory: pytest.TempPathFactory, keys: dict[str, None], which: int
) -> None:
    folder = tmp_path_factory.mktemp("tree")
    write_pufferlib(folder, {key: DRIFT[key] for key in keys})
    write_metta(folder, {})
    root = folder.as_posix()
    before = check([root], Config())
    assume(before.findings)
    suppress_all(before)
    after = check([root], Config())
    assert (after.exit_code, codes(after)) == (0, [])
    assert sorted(finding.message for finding, _ in after.suppressed) == sorted(f.message for f in before.findings)

    directive = after.suppressed[which % len(after.suppressed)][1]
    held_back = [finding for finding, by in after.suppressed if by == directive]
    lines = Path(directive.span.path).read_bytes().splitlines(keepends=True)
    del lines[directive.span.line - 1]
    Path(directive.span.path).write_bytes(b"".join(lines))
    again = check([root], Config())
    assert sorted(finding.message for finding in again.findings) == sorted(finding.message for finding in held_back)


def finding_at(path: str, line: int, column: int = 1) -> Finding:
    return Finding("ML101", "agent-count-drift", "error", "", Span(path, line, column, line, column + 1))


def test_a_comment_is_written_as_the_file_is() -> None:
    edit = directive_for(finding_at("a.yaml", 2, 6), " two\nlines ", b"a:\r\n  b: 1\r\n")
    assert edit == Edit(Span("a.yaml", 2, 1, 2, 1), "  # metta-lint: ignore[ML101] two lines\r\n")


def test_in_a_text_it_stands_above_the_text() -> None:
    data = b"a:\n  map: |\n    ..#\n    @..\n"
    edit = directive_for(finding_at("a.yaml", 4, 5), WHY, data)
    assert edit is not None
    assert edit.span.line == 2


@pytest.mark.parametrize(
    ("path", "data", "line"),
    [
        ("a.yaml", b"# @package _global_\n\na: 1\n", 2),
        ("a.py", b"#!/usr/bin/python\n# -*- coding: utf-8 -*-\na = 1\n", 3),
        ("a.ini", b"[vec]\n", 1),
    ],
)
def test_what_is_about_a_file_is_suppressed_in_all_of_it(path: str, data: bytes, line: int) -> None:
    finding = Finding("ML101", "agent-count-drift", "error", "", Span(path, 1, 1, 1, 1))
    assert directive_for(finding, WHY, data) == Edit(
        Span(path, line, 1, line, 1), f"# metta-lint: ignore-file[ML101] {WHY}\n"
    )


@pytest.mark.parametrize(
    ("path", "data", "line"), [("a.json", b"{}", 1), ("a.map", b"##", 1), ("a.py", b"if a == \\\n  1:\n  b = 2\n", 2)]
)
def test_where_no_comment_can_stand_none_is_written(path: str, data: bytes, line: int) -> None:
    assert directive_for(finding_at(path, line), WHY, data) is None


# -- laws ----------------------------------------------------------------------------------------------------------


def _ini(text: str) -> object:
    parser = configparser.RawConfigParser()
    parser.read_string(text)
    return {name: dict(section) for name, section in parser.items()}


WORDS = st.text(st.sampled_from("ab#;'\"=:|>[]{}, \\%-\n\t&!\r1"), max_size=60)
VALUES: dict[str, Callable[[str], object]] = {
    "a.ini": _ini,
    "a.yaml": yaml.safe_load,
    "a.toml": tomli.loads,
    "a.py": lambda text: ast.dump(ast.parse(text)),
}


@given(st.sampled_from(list(VALUES)), WORDS, st.integers(0, 20))
def test_a_line_that_is_added_changes_no_value(path: str, text: str, line: int) -> None:
    text = f"[a]\n{text}" if path in ("a.ini", "a.toml") else text
    try:
        before = read(path, text.encode())
    except InputError:
        return
    line = line % max(len(text.splitlines()), 1) + 1
    edit = directive_for(finding_at(path, line), WHY, text.encode())
    if edit is None:
        return
    after = FileText(edit.span.path, text).edited([edit])
    assert repr(plain(read(path, after).root)) == repr(plain(before.root))
    assert len(directives(path, after.decode())) == 1
    assert repr(VALUES[path](after.decode().replace("\r\n", "\n"))) == repr(VALUES[path](text.replace("\r\n", "\n")))


@given(st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), max_size=10))
def test_what_is_quoted_is_never_a_suppression(word: str) -> None:
    text = f"{word} # metta-lint: ignore[ML101] why {word}"
    assert directives("a.toml", f"a = {json.dumps(text, ensure_ascii=False)}\n") == []
    assert directives("a.yaml", f"a: {json.dumps(text, ensure_ascii=False)}\n") == []
    assert directives("a.py", f"a = {text!r}\n") == []
    assert directives("a.ini", f"[a]\na = {text!r}\n".replace("%", "%%")) == []

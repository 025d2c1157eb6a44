"""What was there before is not reported again; what is new is, and what is gone is said to be."""

from __future__ import annotations

import importlib
import json
import os
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metta_lint.__main__ import main
from metta_lint.api.testing import write_metta, write_pufferlib
from metta_lint.base.documents import Span
from metta_lint.base.errors import LintError
from metta_lint.check.baseline import SCHEMA, Baseline, BaselineEntry, baseline_text, held, load, updated
from metta_lint.check.coverage import Coverage
from metta_lint.check.gather import Request
from metta_lint.project.config import GivenFile
from metta_lint.rules.finding import Finding

ROOT = Path(__file__).parents[3]
FILE = "metta-lint-baseline.json"
ENVIRONMENT = Path("pufferlib/environments/metta/metta.yaml")


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a pair that differs in gamma, which a baseline knows, as the current folder."""
    monkeypatch.chdir(tmp_path)
    drift(train__gamma=0.5)
    write_metta(Path(), {})
    assert main(["check", "--write-baseline"]) == 0
    Path("metta-lint.toml").write_text(f'baseline = "{FILE}"\n', encoding="utf-8")
    return tmp_path


def drift(**changes: object) -> None:
    write_pufferlib(Path(), {key.replace("__", "."): value for key, value in changes.items()})


def checked(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 1) -> list[str]:
    """The findings of a check, as ``CODE message``."""
    capsys.readouterr()
    assert main(["check", "--output-format", "concise", *arguments]) == code
    return [line.partition(": ")[2] for line in capsys.readouterr().out.splitlines()]


def entries() -> Any:
    return json.loads(Path(FILE).read_text(encoding="utf-8"))["findings"]


# -- reading and writing -----------------------------------------------------------------------------------------------


def test_what_was_there_before_is_not_reported(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert checked(capsys, code=0) == []
    main(["check"])
    assert f"1 finding of before in {FILE}, not shown" in capsys.readouterr().out
    assert [line[:5] for line in checked(capsys, "--baseline", "")] == ["ML301"]


def test_what_is_new_is_reported_alone(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    drift(train__gamma=0.5, train__ent_coef=0.5)
    assert [line[:5] for line in checked(capsys)] == ["ML301"]
    assert "0.5" in checked(capsys)[0]


def test_a_line_that_moved_is_not_new_and_a_number_that_changed_is(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    default = Path("pufferlib/config/default.ini")
    default.write_text("# a comment\n\n" + default.read_text(encoding="utf-8"), encoding="utf-8")
    assert checked(capsys, code=0) == []
    drift(train__gamma=0.6)
    assert sorted(line[:5] for line in checked(capsys)) == ["ML301", "ML903"]


def test_the_file_is_sorted_and_is_what_its_schema_says(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    drift(env__game__num_agents=4, train__gamma=0.5, train__target_kl=0.1)
    assert main(["check", "--write-baseline"]) == 0
    text = Path(FILE).read_text(encoding="utf-8")
    data = json.loads(text)
    jsonschema.validate(data, json.loads((ROOT / "docs" / "schema" / "baseline.json").read_text(encoding="utf-8")))
    assert list(data) == ["schema", "findings"]
    assert list(data["findings"]) == sorted(data["findings"])
    assert ENVIRONMENT.as_posix() in data["findings"]
    assert main(["check", "--write-baseline"]) == 0
    assert Path(FILE).read_text(encoding="utf-8") == text
    assert not list(Path().glob("*.tmp"))


def test_where_a_baseline_is_written_and_how_to_use_it(
    tree: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("metta-lint.toml").write_text('select = ["ML3"]\n', encoding="utf-8")
    Path(FILE).unlink()
    monkeypatch.chdir("configs")
    assert main(["check", "--write-baseline"]) == 0
    captured = capsys.readouterr()
    assert f"wrote ../{FILE}: 1 finding\n" in captured.err
    assert f'to use it, add to ../metta-lint.toml: baseline = "{FILE}"' in captured.err
    assert "nothing found" in captured.out
    (tree / "metta-lint.toml").write_text(f'select = ["ML3"]\nbaseline = "{FILE}"\n', encoding="utf-8")
    assert checked(capsys, code=0) == []
    assert main(["check", "--write-baseline"]) == 0
    assert "to use it" not in capsys.readouterr().err
    monkeypatch.chdir(tree)
    assert checked(capsys, code=0) == []


def test_a_check_may_be_started_elsewhere(
    tree: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write_metta(Path(), {"env.game.agent.rewards.inventory.ore_red_max": 3})
    main(["check", "--write-baseline"])
    assert "reward_cap_ore = off, 3" in Path(FILE).read_text(encoding="utf-8")
    monkeypatch.chdir("configs/env")
    assert checked(capsys, code=0) == []
    assert checked(capsys, tree.as_posix(), code=0) == []
    monkeypatch.chdir(tree.parent)
    assert checked(capsys, tree.name, code=0) == []


def test_a_named_file_is_written_and_read(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    drift(train__ent_coef=0.5)
    assert main(["check", "--write-baseline", "other.json"]) == 0
    assert checked(capsys, "--baseline", "other.json", code=0) == []
    assert sorted(line[:5] for line in checked(capsys)) == ["ML301", "ML903"]


def test_another_file_is_written_where_the_configured_one_is_missing(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path(FILE).unlink()
    assert main(["check", "--write-baseline", "other.json"]) == 0
    assert 'to use it, add to metta-lint.toml: baseline = "other.json"' in capsys.readouterr().err
    assert Path("other.json").exists()


def test_unreadable_files_never_get_into_a_baseline(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("configs/broken.yaml").write_text("a: [1\nb: 3\n", encoding="utf-8")
    assert main(["check", "--write-baseline"]) == 2
    assert "ML001" in capsys.readouterr().out
    assert "ML001" not in Path(FILE).read_text(encoding="utf-8")
    assert [line[:5] for line in checked(capsys, code=2)] == ["ML001"]


# -- what no longer occurs ---------------------------------------------------------------------------------------------


def test_an_entry_that_no_longer_occurs_is_a_finding_at_its_line(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    drift()
    assert main(["check", "--output-format", "json"]) == 1
    data = json.loads(capsys.readouterr().out)
    (finding,) = data["findings"]
    assert (finding["code"], finding["severity"]) == ("ML903", "warning")
    assert "no longer found: ML301 in pufferlib/config/default.ini: " in finding["message"]
    line = Path(FILE).read_text(encoding="utf-8").splitlines()[finding["location"]["line"] - 1]
    assert "gamma" in line
    assert data["summary"]["baseline"] == {"path": FILE, "known": 0, "stale": 1}
    jsonschema.validate(data, json.loads((ROOT / "docs" / "schema" / "check.json").read_text(encoding="utf-8")))


def test_entries_that_no_longer_occur_are_dropped_and_no_others(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    drift(train__gamma=0.5, train__target_kl=0.1)
    main(["check", "--write-baseline"])
    drift(train__target_kl=0.1, train__ent_coef=0.5)
    assert sorted(line[:5] for line in checked(capsys)) == ["ML301", "ML903"]
    assert [line[:5] for line in checked(capsys, "--prune-baseline")] == ["ML301"]
    assert [code for by_code in entries().values() for code in by_code] == ["ML501"]
    assert [line[:5] for line in checked(capsys)] == ["ML301"]
    before = Path(FILE).read_bytes()
    main(["check", "--prune-baseline"])
    assert "nothing to prune" in capsys.readouterr().err
    assert Path(FILE).read_bytes() == before


def test_they_can_be_ignored_like_what_a_rule_finds(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    drift()
    assert checked(capsys, "--ignore", "ML903", code=0) == []


@pytest.mark.parametrize(
    "arguments",
    [
        ["configs"],
        ["pufferlib"],
        ["pufferlib/config/default.ini"],
        [".", "--select", "ML1"],
        [".", "--ignore", "ML301"],
        [".", "--set", "seed=2"],
    ],
)
def test_what_was_not_looked_for_is_not_called_gone(
    tree: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    drift()
    capsys.readouterr()
    before = Path(FILE).read_bytes()
    main(["check", "--output-format", "concise", *arguments])
    assert "ML903" not in capsys.readouterr().out
    main(["check", "--prune-baseline", *arguments])
    assert Path(FILE).read_bytes() == before


def test_what_nobody_can_know_here_is_not_called_gone(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A baseline that was written with the cores of the cluster, and a machine that is not said."""
    write_metta(Path(), {"trainer.num_workers": None, "trainer.batch_size": 48})
    here = ("--baseline", "b.json")
    assert main(["check", "--cpus", "4", "--gpus", "1", "--write-baseline", "b.json"]) == 0
    written = Path("b.json").read_bytes()
    assert b"ML402" in written
    assert not [line for line in checked(capsys, *here, code=0) if "ML903" in line and "ML402" in line]
    assert main(["check", *here, "--prune-baseline"]) in (0, 1)
    assert b"ML402" in Path("b.json").read_bytes()


def test_nothing_is_called_gone_while_a_file_cannot_be_read(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    drift()
    Path("configs/broken.yaml").write_text("a: [1\nb: 3\n", encoding="utf-8")
    assert [line[:5] for line in checked(capsys, code=2)] == ["ML001"]
    main(["check", "--prune-baseline"])
    assert "nothing to prune: not all of the project was looked at" in capsys.readouterr().err
    assert entries() != {}


def test_a_file_that_is_gone_takes_its_entries_along(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path in ("pufferlib/config/metta.ini", "pufferlib/config/default.ini"):
        Path(path).unlink()
    assert [line[:5] for line in checked(capsys)] == ["ML903"]


def test_a_part_that_is_written_leaves_the_other_entries(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = entries()
    assert main(["check", "configs", "--write-baseline"]) == 0
    assert entries() == before


def test_a_rule_that_there_is_no_more_is_gone(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = Path(FILE).read_text(encoding="utf-8").replace("ML301", "ML399")
    Path(FILE).write_text(text, encoding="utf-8")
    assert sorted(line[:5] for line in checked(capsys)) == ["ML301", "ML903"]


def test_a_rule_may_find_other_words_for_what_the_baseline_knows(
    tree: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    words = importlib.import_module("metta_lint_rules.hyperparameter_drift").HYPERPARAMETERS
    monkeypatch.setitem(words, "gamma", "how far ahead rewards count")
    assert checked(capsys, code=0) == []
    assert checked(capsys, "--baseline", "") == ["ML301 how far ahead rewards count: 0.5 against 0.99"]


def test_a_baseline_of_messages_is_one_error_and_is_written_again(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    of_before = {
        "schema": "metta-lint-baseline/1",
        "findings": {"a.ini": {"ML301": {"discount gamma: 1 against 2": 1}}},
    }
    Path(FILE).write_text(json.dumps(of_before), encoding="utf-8")
    assert main(["check"]) == 2
    assert "write it again: metta-lint check --write-baseline" in capsys.readouterr().err
    assert main(["check", "--write-baseline"]) == 0
    assert entries() == {"pufferlib/config/default.ini": {"ML301": {"gamma = 0.5, 0.99": 1}}}
    assert checked(capsys, code=0) == []


# -- mistakes ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "metta-lint-baseline.json:1:"),
        ("[]", "metta-lint-baseline.json:1:1: is not a baseline of metta-lint"),
        ("{}", "is not a baseline of metta-lint"),
        ('{"schema": "metta-lint-baseline/3", "findings": {}}', "1:12: a baseline of another version"),
        (f'{{"schema": "{SCHEMA}", "findings": []}}', "expected an object: findings by file"),
        (f'{{"schema": "{SCHEMA}", "findings": {{"a": {{"ML1": {{"m": 0}}}}}}}}', "must be a positive whole number"),
        (f'{{"schema": "{SCHEMA}", "findings": {{"a": {{}}, "a": {{}}}}}}', "metta-lint-baseline.json:1:"),
    ],
)
def test_a_file_that_is_no_baseline_is_one_error(
    tree: Path, capsys: pytest.CaptureFixture[str], text: str, message: str
) -> None:
    Path(FILE).write_text(text, encoding="utf-8")
    capsys.readouterr()
    for command in (["check"], ["check", "--write-baseline"]):
        assert main(command) == 2
        assert message in capsys.readouterr().err
    assert Path(FILE).read_text(encoding="utf-8") == text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--baseline", "gone.json"], "gone.json does not exist; metta-lint check --write-baseline writes it"),
        (["--write-baseline", "configs"], "configs is a folder"),
        (["--write-baseline", "configs/train_job.yaml"], "a baseline is a JSON file"),
        (["--write-baseline", "package.json"], "is not a baseline of metta-lint"),
        (["--write-baseline", "no/such/folder.json"], "cannot be written"),
        (["--write-baseline", "x.json", "--prune-baseline"], "there is nothing to prune"),
        (["--write-baseline", "--since", "HEAD"], "--since shows a part of what is found"),
        (["--prune-baseline", "--diff"], "--diff shows a part of what is found"),
        (["--prune-baseline", "--baseline", ""], "--prune-baseline needs a baseline"),
    ],
)
def test_what_a_user_can_cause_is_one_line(
    tree: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    Path("package.json").write_text('{"name": "x"}\n', encoding="utf-8")
    capsys.readouterr()
    kept = {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()}
    assert main(["check", *arguments]) == 2
    assert message in capsys.readouterr().err
    assert {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()} == kept


def test_a_baseline_that_the_configuration_names_and_is_missing_has_its_place(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path(FILE).unlink()
    assert main(["check"]) == 2
    assert "metta-lint.toml:1:12: the baseline metta-lint-baseline.json does not exist" in capsys.readouterr().err
    assert main(["check", "--write-baseline"]) == 0


def test_a_baseline_that_could_not_be_read_again_is_not_written() -> None:
    with pytest.raises(LintError, match="40000 entries are more than a baseline can have"):
        baseline_text(Baseline("b.json", {BaselineEntry("a", "ML101", str(number)): 1 for number in range(40_000)}))


@pytest.mark.skipif(os.name != "posix", reason="modes of files")
def test_the_mode_of_the_file_survives(tree: Path) -> None:
    Path(FILE).chmod(0o640)
    main(["check", "--write-baseline"])
    assert Path(FILE).stat().st_mode & 0o777 == 0o640


# -- laws --------------------------------------------------------------------------------------------------------------

EVERYTHING = Coverage(Request(asked=["/"]))
FINDINGS = st.lists(
    st.builds(
        lambda code, text, path, line: Finding(
            code, "x", "info", "words", Span(path, line, 1, line, 2), subject=text, values=(text,)
        ),
        st.sampled_from(["ML101", "ML102"]),
        st.sampled_from(["a", 'ü\u2028 "', ""]),
        st.sampled_from(["a.ini", "b/c.yaml"]),
        st.integers(1, 3),
    ),
    max_size=8,
)


def moved(findings: list[Finding]) -> list[Finding]:
    return [found._replace(span=found.span._replace(line=found.span.line + 7)) for found in findings]


@given(FINDINGS)
def test_what_was_written_is_all_known_wherever_its_lines_went(findings: list[Finding]) -> None:
    baseline = updated(Baseline("b.json"), findings, EVERYTHING)
    found = held(moved(findings), baseline, EVERYTHING)
    assert found.new == ()
    assert found.known == len(findings)
    assert found.gone == {}


@given(FINDINGS, FINDINGS)
def test_new_known_and_gone_add_up(before: list[Finding], now: list[Finding]) -> None:
    baseline = updated(Baseline("b.json"), before, EVERYTHING)
    found = held(now, baseline, EVERYTHING)
    assert len(found.new) + found.known == len(now)
    assert found.known + sum(found.gone.values()) == len(before)
    pruned = held(now, found.pruned(), EVERYTHING)
    assert (pruned.new, pruned.gone) == (found.new, {})


@given(findings=FINDINGS)
def test_a_baseline_is_read_as_it_was_written(
    findings: list[Finding], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("baseline") / "b.json"
    baseline = updated(Baseline(path.as_posix()), findings, EVERYTHING)
    path.write_text(baseline_text(baseline), encoding="utf-8")
    assert load(GivenFile(path.as_posix())).counts == baseline.counts

"""`--history`: which commit brought each side to its value, in real repositories."""

from __future__ import annotations

import json
import re
import shutil
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from click.testing import CliRunner

from metta_lint.base.errors import LintError
from metta_lint.check.linter import check
from metta_lint.cli import commands
from metta_lint.files.file_system import DISK
from metta_lint.history import row_histories, with_histories
from metta_lint.history.earlier import EarlierState
from metta_lint.history.git import Repository
from metta_lint.history.walk import Timeline, Walk
from metta_lint.plans.comparison import compare
from metta_lint.plans.pair import Pair
from metta_lint.project.config import Config, find_config
from metta_lint.project.runs import plan_run
from repositories import commit, git, start, write_both

if TYPE_CHECKING:
    from collections.abc import Mapping

    from metta_lint.history.story import Story

ROOT = Path(__file__).parents[3]
LEFT = "pufferlib/config/metta.ini"
RIGHT = "configs/train_job.yaml"
RATE = "train.learning_rate"
OTHER_RATE = "trainer.optimizer.learning_rate"
RATE_IN_YAML = "trainer.optimizer.learning_rate"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with an agreeing pair in its first commit, of 2025-06-01."""
    folder = start(tmp_path / "project")
    write_both(folder)
    commit(folder, "both sides", "2025-06-01")
    monkeypatch.chdir(folder)
    return folder


def stories(left: str = LEFT, right: str = RIGHT, limit: int = 200) -> dict[str, Story]:
    config = Config()
    pair = Pair(plan_run(left, config), plan_run(right, config))
    return row_histories(pair, compare(pair), config, limit)


def sentence(story: Story) -> str:
    """A story with the names of its commits taken out: they are as they come."""
    return re.sub(r"\b[0-9a-f]{7,}\b", "COMMIT", story.sentence)


def change(
    folder: Path, subject: str, day: str, left: Mapping[str, object], right: Mapping[str, object] | None = None
) -> str:
    write_both(folder, left, right or {})
    return commit(folder, subject, day)


# -- three stories -----------------------------------------------------------------------------------------------------


def test_one_side_changed(project: Path) -> None:
    change(project, "clip less", "2025-06-27", {"train.clip_coef": 0.2, RATE: 0.001})
    change(project, "fewer agents", "2025-07-22", {"train.clip_coef": 0.2, "env.game.num_agents": 1})
    story = stories()["agents_per_env"]
    assert (story.kind, story.agreed_on, story.moved_last, story.still) == ("one-side", 2, "left", "right")
    assert sentence(story) == (
        'agreed on 2 until COMMIT (2025-07-22, "fewer agents") changed metta.yaml 2 -> 1; '
        'arena.yaml has had 2 since COMMIT (2025-06-01, "both sides")'
    )


def test_the_side_that_kept_its_value_may_have_moved_before(project: Path) -> None:
    change(project, "to 0.01", "2025-06-20", {RATE: 0.01})
    change(project, "to 0.01 too", "2025-06-27", {RATE: 0.01}, {OTHER_RATE: 0.01})
    change(project, "to 0.1", "2025-07-22", {RATE: 0.1}, {OTHER_RATE: 0.01})
    story = stories()["learning_rate"]
    assert sentence(story) == (
        'agreed on 0.01 until COMMIT (2025-07-22, "to 0.1") changed default.ini 0.01 -> 0.1; '
        'trainer.yaml last changed in COMMIT (2025-06-27, "to 0.01 too")'
    )


def test_a_side_that_moved_twice_is_told_from_first_to_last(project: Path) -> None:
    for day, rate in (("2025-06-02", 0.1), ("2025-06-03", 0.2), ("2025-06-04", 0.3)):
        change(project, f"to {rate}", day, {RATE: rate})
    text = sentence(stories()["learning_rate"])
    assert 'until COMMIT (2025-06-02, "to 0.1") changed default.ini 0.001 -> 0.1' in text
    assert 'then COMMIT (2025-06-04, "to 0.3") changed default.ini 0.2 -> 0.3' in text


def test_born_different(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = start(tmp_path / "born")
    write_both(folder, {RATE: 0.5})
    configs = folder / "configs"
    configs.rename(folder / "later")
    git(folder, "add", "pufferlib")
    git(folder, "commit", "--quiet", "--message", "left", date="2025-06-01T00:00:00Z")
    (folder / "later").rename(configs)
    commit(folder, "right", "2025-06-10")
    monkeypatch.chdir(folder)
    story = stories()["learning_rate"]
    assert (story.kind, story.agreed_on, story.moved_last) == ("born-different", None, "right")
    assert sentence(story) == (
        'never agreed: default.ini has had 0.5 since COMMIT (2025-06-01, "left"); '
        'trainer.yaml has had 0.001 since COMMIT (2025-06-10, "right")'
    )


def test_born_different_in_one_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = start(tmp_path / "born")
    monkeypatch.chdir(folder)
    change(folder, "both", "2025-06-01", {RATE: 0.5})
    assert sentence(stories()["learning_rate"]) == (
        'never agreed: COMMIT (2025-06-01, "both") brought default.ini with 0.5 and trainer.yaml with 0.001'
    )


def test_both_moved_since_they_agreed(project: Path) -> None:
    change(project, "left", "2025-06-10", {RATE: 0.1})
    change(project, "right", "2025-06-11", {RATE: 0.1}, {OTHER_RATE: 0.2})
    story = stories()["learning_rate"]
    assert (story.kind, story.agreed_on, story.moved_last, story.still) == ("both-moved", 0.001, "right", None)
    assert sentence(story) == (
        'agreed on 0.001 until COMMIT (2025-06-10, "left") changed default.ini 0.001 -> 0.1; '
        'then COMMIT (2025-06-11, "right") changed trainer.yaml 0.001 -> 0.2'
    )


def test_both_moved_in_one_commit(project: Path) -> None:
    change(project, "both", "2025-06-10", {RATE: 0.1}, {OTHER_RATE: 0.2})
    story = stories()["learning_rate"]
    assert (story.kind, story.moved_last) == ("both-moved", "both")
    assert sentence(story) == (
        'agreed on 0.001 until COMMIT (2025-06-10, "both") changed default.ini 0.001 -> 0.1, trainer.yaml 0.001 -> 0.2'
    )


def test_both_moved_and_never_agreed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = start(tmp_path / "never")
    monkeypatch.chdir(folder)
    change(folder, "first", "2025-06-01", {RATE: 0.1}, {OTHER_RATE: 0.2})
    change(folder, "left", "2025-06-02", {RATE: 0.3}, {OTHER_RATE: 0.2})
    change(folder, "right", "2025-06-03", {RATE: 0.3}, {OTHER_RATE: 0.4})
    story = stories()["learning_rate"]
    assert (story.kind, story.agreed_on, story.moved_last) == ("both-moved", None, "right")
    assert sentence(story) == (
        'never agreed: default.ini 0.1 -> 0.3 in COMMIT (2025-06-02, "left"); '
        'trainer.yaml 0.2 -> 0.4 in COMMIT (2025-06-03, "right"), the last to move'
    )


def test_derived_drift_is_dated_by_the_setting_that_brought_it(project: Path) -> None:
    change(project, "unrelated", "2025-06-10", {RATE: 0.1})
    change(project, "more agents", "2025-06-11", {RATE: 0.1, "env.game.num_agents": 4})
    story = stories()["batch_size"]
    assert story.left.last.cause is not None
    assert sentence(story).startswith(
        'agreed on 32 until COMMIT (2025-06-11, "more agents") '
        "changed metta.yaml (env.game.num_agents 2 -> 4): 32 -> 64"
    )


# -- what is not committed, or nowhere ---------------------------------------------------------------------------------


def test_changes_that_nobody_committed(project: Path) -> None:
    write_both(project, {RATE: 0.1})
    story = stories()["learning_rate"]
    assert story.left.last.how == "uncommitted"
    assert sentence(story).startswith(
        "agreed on 0.001 until the working tree, not committed, changed default.ini 0.001 -> 0.1"
    )


def test_a_side_that_is_in_no_commit(project: Path) -> None:
    write_both(project, {RATE: 0.1})
    shutil.copy(LEFT, "pufferlib/config/other.ini")
    (project / LEFT).unlink()
    commit(project, "one side only")
    shutil.copy("pufferlib/config/other.ini", "pufferlib/config/new.ini")
    (project / "pufferlib/config/other.ini").unlink()
    story = stories("pufferlib/config/new.ini")["learning_rate"]
    assert story.left.last.how == "untracked"
    assert "default.ini has 0.1 and is in no commit" in story.sentence


def test_before_the_first_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = start(tmp_path / "new")
    write_both(folder, {RATE: 0.1})
    monkeypatch.chdir(folder)
    story = stories()["learning_rate"]
    assert (story.left.last.how, story.right.last.how) == ("untracked", "untracked")
    assert story.kind == "born-different"


def test_outside_of_a_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_both(tmp_path, {RATE: 0.1})
    monkeypatch.chdir(tmp_path)
    with pytest.raises(LintError, match="not a git repository"):
        stories()


# -- the road back -----------------------------------------------------------------------------------------------------


def test_renamed_files_are_followed(project: Path) -> None:
    change(project, "to 0.1", "2025-06-10", {RATE: 0.1})
    git(project, "mv", LEFT, "pufferlib/config/arena.ini")
    git(project, "mv", "configs", "conf")
    commit(project, "other names", "2025-06-11")
    story = stories("pufferlib/config/arena.ini", "conf/train_job.yaml")["learning_rate"]
    assert 'until COMMIT (2025-06-10, "to 0.1") changed default.ini 0.001 -> 0.1' in sentence(story)
    assert 'trainer.yaml has had 0.001 since COMMIT (2025-06-01, "both sides")' in sentence(story)


def test_a_file_that_is_not_there_any_more_counts_too(project: Path) -> None:
    """PufferLib looks for the environment's YAML by itself: no line of the INI tells when it goes."""
    (project / "pufferlib/config/default.ini").rename(project / "kept.ini")
    commit(project, "without defaults", "2025-06-10")
    shutil.copy("kept.ini", "pufferlib/config/default.ini")
    commit(project, "with them again", "2025-06-11")
    (project / "pufferlib/environments/metta/metta.yaml").unlink()
    (project / "pufferlib/config/metta.ini").write_text(
        "[base]\npackage = metta\nenv_name = metta\n[env]\nnum_agents = 4\n", encoding="utf-8"
    )
    commit(project, "agents in the INI", "2025-06-12")
    story = stories()["total_agents"]
    assert "agents in the INI" in story.sentence


def test_an_include_that_was_another_file_before(project: Path) -> None:
    trainer = project / "configs" / "trainer"
    shutil.copy(trainer / "trainer.yaml", trainer / "fast.yaml")
    text = (trainer / "fast.yaml").read_text(encoding="utf-8")
    (trainer / "fast.yaml").write_text(text.replace("learning_rate: 0.001", "learning_rate: 0.1"), encoding="utf-8")
    commit(project, "a second trainer", "2025-06-10")
    entry = project / RIGHT
    entry.write_text(entry.read_text(encoding="utf-8").replace("trainer: trainer", "trainer: fast"), encoding="utf-8")
    commit(project, "use it", "2025-06-11")
    (trainer / "trainer.yaml").unlink()
    commit(project, "the first one goes", "2025-06-12")
    story = stories()["learning_rate"]
    assert 'until COMMIT (2025-06-11, "use it") changed fast.yaml 0.001 -> 0.1' in sentence(story)


def test_a_commit_on_a_merged_branch_is_named_and_not_the_merge(project: Path) -> None:
    git(project, "checkout", "--quiet", "-b", "feature")
    change(project, "to 0.1", "2025-06-10", {RATE: 0.1})
    (project / "notes.md").write_text("on the branch\n", encoding="utf-8")
    commit(project, "notes", "2025-06-11")
    git(project, "checkout", "--quiet", "main")
    (project / "other.yaml").write_text("a: 1\n", encoding="utf-8")
    commit(project, "on main", "2025-06-12")
    git(project, "merge", "--quiet", "--no-ff", "--message", "merge feature", "feature", date="2025-06-13T00:00:00Z")
    assert 'until COMMIT (2025-06-10, "to 0.1") changed default.ini' in sentence(stories()["learning_rate"])


def test_a_merge_that_brings_a_value_of_neither_side_is_named(project: Path) -> None:
    git(project, "checkout", "--quiet", "-b", "feature")
    change(project, "to 0.1", "2025-06-10", {RATE: 0.1})
    git(project, "checkout", "--quiet", "main")
    git(project, "merge", "--quiet", "--no-ff", "--no-commit", "feature", date="2025-06-13T00:00:00Z")
    write_both(project, {RATE: 0.7})
    commit(project, "merge feature, and more", "2025-06-13")
    text = sentence(stories()["learning_rate"])
    assert 'until COMMIT (2025-06-13, "merge feature, and more") changed default.ini 0.001 -> 0.7' in text


def test_a_shallow_clone_says_where_it_is_cut_off(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    change(project, "to 0.1", "2025-06-10", {RATE: 0.1})
    change(project, "to 0.2", "2025-06-11", {RATE: 0.2})
    git(tmp_path, "clone", "--quiet", "--depth", "2", project.as_uri(), "shallow")
    monkeypatch.chdir(tmp_path / "shallow")
    story = stories()["learning_rate"]
    assert (story.kind, story.moved_last) == ("cut-off", "left")
    assert sentence(story) == (
        'not in agreement as far back as COMMIT (2025-06-10, "to 0.1"), where this shallow clone is cut off: '
        'default.ini 0.1 -> 0.2 in COMMIT (2025-06-11, "to 0.2"), the last to move; '
        "trainer.yaml has had 0.001 since before that"
    )


def test_the_limit_is_said(project: Path) -> None:
    for number in range(2, 8):
        change(project, f"to {number}", f"2025-06-{number:02}", {RATE: float(number)})
    story = stories(limit=3)["learning_rate"]
    assert story.kind == "cut-off"
    assert "where the limit of 3 commits is reached" in story.bound
    assert 'default.ini 6 -> 7 in COMMIT (2025-06-07, "to 7")' in sentence(story)
    assert stories(limit=7)["learning_rate"].agreed_on == 0.001


def test_an_agreement_within_the_limit_is_told_though_the_other_side_is_older(project: Path) -> None:
    for number in range(2, 8):
        change(project, f"gamma {number}", f"2025-06-{number:02}", {"train.gamma": number / 10})
    change(project, "drift", "2025-07-01", {"train.gamma": 0.7, RATE: 0.5})
    story = stories(limit=3)["learning_rate"]
    assert (story.kind, story.agreed_on) == ("one-side", 0.001)
    assert "trainer.yaml has had 0.001 since before" in story.sentence


def test_a_commit_that_cannot_be_planned_is_passed_over_and_said(project: Path) -> None:
    change(project, "to 0.1", "2025-06-10", {RATE: 0.1})
    (project / LEFT).write_text("[base\n", encoding="utf-8")
    broken = commit(project, "broken", "2025-06-11")
    change(project, "fixed", "2025-06-12", {RATE: 0.1})
    story = stories()["learning_rate"]
    assert 'until COMMIT (2025-06-10, "to 0.1") changed default.ini 0.001 -> 0.1' in sentence(story)
    assert len(story.gaps) == 1
    assert story.gaps[0].startswith(f"{LEFT} could not be planned at {broken[:7]}: ")
    assert "metta-lint-" not in story.gaps[0]


def test_two_repositories_are_ordered_by_date(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_both(tmp_path)
    left, right = start(tmp_path / "pufferlib"), start(tmp_path / "configs")
    commit(left, "left", "2025-06-01")
    commit(right, "right", "2025-06-02")
    write_both(tmp_path, {RATE: 0.1}, {OTHER_RATE: 0.2})
    commit(right, "right moves", "2025-06-10")
    commit(left, "left moves", "2025-06-20")
    monkeypatch.chdir(tmp_path)
    story = stories()["learning_rate"]
    assert (story.kind, story.agreed_on, story.moved_last) == ("both-moved", 0.001, "left")
    assert sentence(story) == (
        'agreed on 0.001 until COMMIT (2025-06-10, "right moves") changed trainer.yaml 0.001 -> 0.2; '
        'then COMMIT (2025-06-20, "left moves") changed default.ini 0.001 -> 0.1'
    )


def test_one_side_in_no_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_both(tmp_path, {RATE: 0.1})
    commit(start(tmp_path / "configs"), "right", "2025-06-02")
    monkeypatch.chdir(tmp_path)
    story = stories()["learning_rate"]
    assert (story.left.last.how, story.right.last.how) == ("untracked", "added")


def test_from_a_folder_below_and_by_an_absolute_path(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    change(project, "to 0.1", "2025-06-10", {RATE: 0.1})
    monkeypatch.chdir(project / "pufferlib")
    story = stories("config/metta.ini", str(project / RIGHT))["learning_rate"]
    assert 'until COMMIT (2025-06-10, "to 0.1") changed default.ini 0.001 -> 0.1' in sentence(story)


def test_only_commits_that_touch_the_runs_are_planned(project: Path) -> None:
    for number in range(2, 30):
        (project / "notes.md").write_text(f"{number}\n", encoding="utf-8")
        (project / f"{number}.yaml").write_text("a: 1\n", encoding="utf-8")
        commit(project, f"notes {number}")
    change(project, "to 0.1", "2025-06-30", {RATE: 0.1})
    with ExitStack() as processes:
        walk = Walk(EarlierState(Repository.around("."), DISK, processes), limit=200)
        timeline = Timeline(plan_run(LEFT, Config()), Config(), walk)
        walk.go([timeline])
    assert walk.planned == 1
    assert timeline.end == "birth"


# -- reports -----------------------------------------------------------------------------------------------------------


def run(*arguments: str) -> str:
    result = CliRunner().invoke(commands, list(arguments), standalone_mode=False)
    assert result.exception is None, result.exception
    return result.output


def validated(name: str, text: str) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(text)
    jsonschema.validate(data, json.loads((ROOT / "docs" / "schema" / f"{name}.json").read_text(encoding="utf-8")))
    return data


def test_findings_carry_their_story(project: Path) -> None:
    change(project, "fewer agents", "2025-07-22", {"env.game.num_agents": 1})
    data = validated("check", run("check", "--history", "--output-format", "json"))
    found = next(finding for finding in data["findings"] if finding["code"] == "ML101")
    assert found["history"]["story"] == "one-side"
    assert found["history"]["left"]["commit"]["subject"] == "fewer agents"
    assert found["history"]["left"]["commit"]["date"] == "2025-07-22"
    assert found["history"]["sentence"] in found["notes"]
    assert "fewer agents" in run("check", "--history")


def test_without_the_option_nothing_is_said_of_history(project: Path) -> None:
    change(project, "fewer agents", "2025-07-22", {"env.game.num_agents": 1})
    assert "history" not in run("check", "--output-format", "json")
    assert "fewer agents" not in run("compare", LEFT, RIGHT)


def test_declared_runs_and_overrides(project: Path) -> None:
    (project / "metta-lint.toml").write_text(
        f'[runs.puffer]\nentry = "{LEFT}"\nset = ["train.gamma=0.5"]\n[runs.native]\nentry = "{RIGHT}"\n'
        '[[pairs]]\nleft = "puffer"\nright = "native"\n',
        encoding="utf-8",
    )
    change(project, "to 0.1", "2025-06-10", {RATE: 0.1})
    config = find_config(".")
    report = with_histories(check((), config), limit=200)
    notes = {finding.quantity: finding.notes for finding in report.findings}
    assert "to 0.1" in notes["learning_rate"][0]
    assert notes["gamma"][0].startswith("never agreed")


def test_a_table_has_a_line_for_each_row_that_differs(project: Path) -> None:
    change(project, "a | b", "2025-06-10", {RATE: 0.1})
    text = run("compare", LEFT, RIGHT, "--history")
    assert "History" in text
    assert "  Learning rate: agreed on 0.001 until " in text
    markdown = run("compare", LEFT, RIGHT, "--history", "--output-format", "markdown")
    assert "| Learning rate | agreed on 0.001 until " in markdown
    assert '"a \\| b"' in markdown
    rows = validated("compare", run("compare", LEFT, RIGHT, "--history", "--output-format", "json"))["rows"]
    assert all(("history" in row) == (not row["same"] and None not in (row["left"], row["right"])) for row in rows)


def test_subjects_cannot_write_to_the_terminal(project: Path) -> None:
    change(project, "red \x1b[31m" + "long " * 40, "2025-06-10", {RATE: 0.1})
    text = stories()["learning_rate"].sentence
    assert "\x1b" not in text
    assert "..." in text


# -- real configs ------------------------------------------------------------------------------------------------------


def test_the_agents_of_a_real_pair(corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """PufferLib's metta.yaml had 512 agents, more than an agent's id can count, and has 64 since 2025-07-22
    (PufferAI/PufferLib, pull request 300); its metta.ini is from before."""
    folder = start(tmp_path / "real")
    shutil.copytree(corpus / "pufferlib-2025-07" / "pufferlib", folder / "pufferlib")
    shutil.copytree(corpus / "metta-2025-07" / "configs", folder / "configs")
    environment = folder / "pufferlib" / "environments" / "metta" / "metta.yaml"
    now = environment.read_text(encoding="utf-8")
    environment.write_text(now.replace("num_agents: 64", "num_agents: 512"), encoding="utf-8")
    commit(folder, "metta's environment", "2025-06-27")
    environment.write_text(now, encoding="utf-8")
    commit(folder, "Make metta work with current PufferLib", "2025-07-22")
    monkeypatch.chdir(folder)
    story = stories()["agents_per_env"]
    assert (story.kind, story.moved_last) == ("born-different", "left")
    assert sentence(story).startswith(
        'never agreed: metta.yaml 512 -> 64 in COMMIT (2025-07-22, "Make metta work with current PufferLib"), '
        "the last to move; "
    )

"""Taking one side's value: edits that bring the other side to it, in its own files and syntax."""

from __future__ import annotations

from pathlib import Path
from shutil import copytree, ignore_patterns
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from metta_lint.api.testing import write_metta, write_pufferlib
from metta_lint.base.errors import InputError
from metta_lint.check.linter import check
from metta_lint.cli import run_command
from metta_lint.fixes.problems import problems_of
from metta_lint.fixes.settings import plan_edited, write
from metta_lint.fixes.take import value_of, with_taken
from metta_lint.plans.pair import same
from metta_lint.plans.run import Machine
from metta_lint.project.config import Config, load_config
from metta_lint.project.runs import plan_run
from metta_lint.sources.literals import Unwritable, like, written
from metta_lint.sources.text import FileText
from metta_lint.sources.yaml_scalars import plain_value
from metta_lint.trainers.pufferlib.config import parse_value

if TYPE_CHECKING:
    from metta_lint.check.report import Report
    from metta_lint.plans.pair import Side
    from metta_lint.plans.plan import Plan
    from metta_lint.rules.finding import Finding

MACHINE = Machine(cpus=32, gpus=1)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return Path()


def drifting(folder: Path, left: dict[str, object], right: dict[str, object]) -> Report:
    """The findings of the tiny pair with these changes on disk."""
    write_pufferlib(folder, left)
    write_metta(folder, right)
    return checked(folder)


def checked(folder: Path) -> Report:
    return check([folder.as_posix()], Config(), (), MACHINE)


def fixed(report: Report, side: Side | None) -> dict[str, Finding]:
    """The findings of pairs that have a fix, by their quantities."""
    pairs = {pair.runs for pair in report.pairs}
    found = with_taken(report.findings, report.pairs, side)
    return {finding.quantity: finding for finding in found if finding.fix is not None and finding.runs in pairs}


def apply(findings: dict[str, Finding]) -> None:
    """Make all edits, each once."""
    edits = {edit for finding in findings.values() if finding.fix is not None for edit in finding.fix.edits}
    for path in {edit.span.path for edit in edits}:
        data = Path(path).read_bytes()
        Path(path).write_bytes(FileText(path, data.decode()).edited(edit for edit in edits if edit.span.path == path))


def differing(report: Report) -> set[str]:
    return {finding.quantity for finding in report.findings if finding.runs == report.pairs[0].runs}


# -- values in a file's own syntax -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "path", "before", "text"),
    [
        (65536, "a.ini", "32_768", "65_536"),
        (65536, "a.ini", "32768", "65536"),
        (65536, "a.yaml", "524_288", "65_536"),
        (0.0001, "a.yaml", "0.01", "0.0001"),
        (0.0001, "a.yaml", "1e-12", "1.0e-04"),
        (1e-12, "a.yaml", "0.01", "1.0e-12"),
        (1e-12, "a.ini", "0.01", "1e-12"),
        (1e-12, "a.py", "1.0", "1e-12"),
        (True, "a.ini", "False", "True"),
        (True, "a.yaml", "False", "true"),
        (None, "a.ini", "1", "None"),
        (None, "a.yaml", "1", "null"),
        (None, "a.json", "1", "null"),
        ("muon", "a.ini", "adam", "muon"),
        ("muon", "a.yaml", "adam", "muon"),
        ("muon", "a.yaml", '"adam"', '"muon"'),
        ("muon", "a.yaml", "'adam'", "'muon'"),
        ("muon", "a.py", '"adam"', '"muon"'),
        ("off", "a.yaml", "adam", "'off'"),
        ("None", "a.ini", "adam", "'None'"),
        ("it's", "a.yaml", "adam", "'it''s'"),
        ("50%", "a.ini", "adam", "'50%%'"),
        (10**400, "a.ini", "0.5", str(10**400)),
    ],
)
def test_a_value_is_written_as_the_file_writes_values(value: object, path: str, before: str, text: str) -> None:
    assert written(value, path, before) == text


@pytest.mark.parametrize(
    ("value", "before", "found"), [(1, 0.5, 1.0), (2.0, 1, 2), (10**400, 0.5, 10**400), (True, 0.5, True)]
)
def test_a_number_has_the_type_that_stood_there_if_that_can_say_it(
    value: object, before: object, found: object
) -> None:
    assert repr(like(value, before)) == repr(found)


@pytest.mark.parametrize(
    ("value", "path"),
    [(float("nan"), "a.yaml"), (float("inf"), "a.json"), ("${x}", "a.yaml"), ([1], "a.ini"), (1, "a.toml")],
)
def test_a_value_that_a_syntax_lacks_is_not_written(value: object, path: str) -> None:
    with pytest.raises(Unwritable):
        written(value, path)


@given(
    st.one_of(st.integers(-(10**12), 10**12), st.floats(allow_nan=False, allow_infinity=False), st.booleans()),
    st.sampled_from(["1", "1_000", "1e-3", "0.5", ""]),
)
def test_a_written_number_is_read_back_as_the_same(value: float, before: str) -> None:
    assert plain_value(written(value, "a.yaml", before)) == value
    assert parse_value(written(value, "a.ini", before)) == value


@given(st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "Zs"])))
def test_a_written_text_is_read_back_as_the_same(text: str) -> None:
    import yaml

    for before in ("adam", '"adam"', "'adam'"):
        try:
            in_yaml, in_ini = written(text, "a.yaml", before), written(text, "a.ini", before)
        except Unwritable:
            continue
        assert yaml.safe_load(f"key: {in_yaml}\n") == {"key": text}
        assert parse_value(in_ini.replace("%%", "%")) == text


# -- one side's value --------------------------------------------------------------------------------------------------


def test_a_value_that_the_entry_writes_is_replaced_where_it_stands(folder: Path) -> None:
    drifting(folder, {}, {"trainer.ppo.gamma": 0.95})
    entry = Path("pufferlib/config/metta.ini")
    entry.write_text(entry.read_text(encoding="utf-8") + "[train]\ngamma = 0.9  # short\n", encoding="utf-8")
    apply(fixed(checked(folder), "right"))
    assert entry.read_text(encoding="utf-8").endswith("[train]\ngamma = 0.95  # short\n")
    assert differing(checked(folder)) == set()


def test_a_value_of_a_shared_file_is_overridden_in_the_entry(folder: Path) -> None:
    report = drifting(folder, {"train.gamma": 0.9, "train.optimizer": "muon"}, {})
    before = {path: path.read_bytes() for path in Path("configs").rglob("*.yaml")}
    found = fixed(report, "left")
    assert found["gamma"].fix is not None
    assert found["gamma"].fix.message == "set trainer.ppo.gamma to 0.9, as pufferlib/config/metta.ini has it"
    apply(found)
    changed = {path.as_posix() for path, data in before.items() if path.read_bytes() != data}
    assert changed == {"configs/train_job.yaml"}
    assert differing(checked(folder)) == set()


@pytest.mark.parametrize(
    ("own", "after"),
    [
        (
            "[train]\nminibatch_size = 16  # steps\n\n# the end\n",
            "[train]\nminibatch_size = 16  # steps\ngamma = 0.95\n\n# the end\n",
        ),
        ("[train]\n", "[train]\ngamma = 0.95\n"),
        ("# the end\n", "# the end\n\n[train]\ngamma = 0.95\n"),
        ("# the end", "# the end\n\n[train]\ngamma = 0.95"),
    ],
)
def test_a_key_of_the_default_ini_becomes_a_line_of_the_entry(folder: Path, own: str, after: str) -> None:
    drifting(folder, {}, {"trainer.ppo.gamma": 0.95})
    entry = Path("pufferlib/config/metta.ini")
    base = entry.read_text(encoding="utf-8")
    default = Path("pufferlib/config/default.ini").read_bytes()
    entry.write_text(base + own, encoding="utf-8")
    apply(fixed(checked(folder), "right"))
    assert entry.read_text(encoding="utf-8") == base + after
    assert Path("pufferlib/config/default.ini").read_bytes() == default
    assert differing(checked(folder)) == set()


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_comments_layout_and_line_ends_survive(folder: Path, newline: str) -> None:
    report = drifting(folder, {"train.learning_rate": 0.02}, {})
    entry = Path("configs/train_job.yaml")
    text = entry.read_text(encoding="utf-8").replace("trainer:\n", "trainer:  # where it learns\n")
    entry.write_bytes(text.replace("\n", newline).encode())
    report = checked(folder)
    apply(fixed(report, "left"))
    after = entry.read_bytes().decode()
    assert "learning_rate: 0.02" in after
    kept = [line for line in after.splitlines() if line in text.splitlines()]
    assert kept == text.splitlines()
    assert after.count("\n") == after.count(newline)


def test_taking_a_side_twice_changes_nothing_more(folder: Path) -> None:
    report = drifting(folder, {"train.gamma": 0.9, "train.ent_coef": 0.02}, {"trainer.update_epochs": 2})
    apply(fixed(report, "left"))
    again = checked(folder)
    assert fixed(again, "left") == {}
    assert differing(again) == set()


def test_what_would_break_the_other_run_is_not_taken_and_says_why(folder: Path) -> None:
    report = drifting(folder, {"train.update_epochs": 1.5, "train.gamma": 0.9}, {})
    found = {finding.quantity: finding for finding in with_taken(report.findings, report.pairs, "left")}
    assert found["gamma"].fix is not None
    assert found["update_epochs"].fix is None
    assert "not taken: metta would not be clean with it: trainer.update_epochs = 1.5" in found["update_epochs"].help


def test_what_is_solved_for_leaves_alone_what_agrees_already(folder: Path) -> None:
    report = drifting(folder, {"vec.num_envs": 2}, {})
    found = {finding.quantity: finding for finding in with_taken(report.findings, report.pairs, "left")}
    assert found["num_envs"].fix is None
    assert "no change of one or two sizes makes num_envs 2, keeps what agrees" in found["num_envs"].help
    write_pufferlib(folder, {"vec.num_envs": 8})
    apply(fixed(checked(folder), "left"))
    after = checked(folder)
    assert "  forward_pass_minibatch_target_size: 8\n" in Path("configs/train_job.yaml").read_text(encoding="utf-8")
    assert differing(after) == set()


def test_what_the_other_trainer_has_no_setting_for_is_not_taken(folder: Path) -> None:
    report = drifting(folder, {}, {"trainer.optimizer.weight_decay": 0.1})
    (finding,) = [f for f in with_taken(report.findings, report.pairs, "right") if f.quantity == "weight_decay"]
    assert finding.fix is None
    assert finding.help == "not taken: pufferlib has no setting for weight_decay"


def test_without_a_side_nothing_is_taken_but_from_the_declared_truth(folder: Path) -> None:
    report = drifting(folder, {"train.gamma": 0.9}, {})
    assert fixed(report, None) == {}
    Path("metta-lint.toml").write_text(
        '[runs.puffer]\nentry = "pufferlib/config/metta.ini"\n[runs.native]\nentry = "configs/train_job.yaml"\n'
        '[[pairs]]\nleft = "puffer"\nright = "native"\ntruth = "native"\n',
        encoding="utf-8",
    )
    declared = check([], load_config("metta-lint.toml"), (), MACHINE)
    assert declared.pairs[0].truth == "right"
    found = fixed(declared, None)
    assert found["gamma"].fix is not None
    assert found["gamma"].fix.message == "set train.gamma to 0.99, as native has it"
    assert found["gamma"].fix.is_safe is False


def test_a_truth_that_is_no_side_of_its_pair_points_at_its_line(folder: Path) -> None:
    write_pufferlib(folder, {})
    write_metta(folder, {})
    Path("metta-lint.toml").write_text(
        '[runs.puffer]\nentry = "pufferlib/config/metta.ini"\n[runs.native]\nentry = "configs/train_job.yaml"\n'
        '[[pairs]]\nleft = "puffer"\nright = "native"\ntruth = "metta"\n',
        encoding="utf-8",
    )
    with pytest.raises(InputError, match="not a side of this pair") as caught:
        load_config("metta-lint.toml")
    assert caught.value.span.line == 8


def test_what_the_command_line_says_is_not_written_into_a_file(folder: Path) -> None:
    write_metta(folder, {})
    plan = plan_run("configs/train_job.yaml", Config(), ["trainer.ppo.gamma=0.5"], MACHINE)
    with pytest.raises(Unwritable, match=r"trainer\.ppo\.gamma=0\.5 is laid over all files"):
        write(plan.run, {"trainer.ppo.gamma": 0.9})


def test_the_override_of_another_key_is_not_blamed(folder: Path) -> None:
    """``batch_size`` is the end of ``minibatch_size`` too."""
    write_metta(folder, {})
    overrides = ["trainer.minibatch_size=32", "trainer.batch_size=64"]
    plan = plan_run("configs/train_job.yaml", Config(), overrides, MACHINE)
    with pytest.raises(Unwritable, match=r"^trainer\.batch_size=64 is laid over all files"):
        write(plan.run, {"trainer.batch_size": 128})


def test_every_hyperparameter_of_the_real_pair_is_taken_to_the_last_digit(corpus: Path) -> None:
    entries = [corpus / "metta-2025-07/configs/train_job.yaml", corpus / "pufferlib-2025-07/pufferlib/config/metta.ini"]
    report = check([entry.as_posix() for entry in entries], Config(), (), MACHINE)
    (pair,) = report.pairs
    sides: tuple[tuple[Side, Plan, Plan], ...] = (("left", pair.left, pair.right), ("right", pair.right, pair.left))
    for side, right, other in sides:
        found = fixed(report, side)
        assert len(found) >= 20
        for quantity in ("gamma", "learning_rate", "adam_eps", "total_timesteps"):
            assert quantity in found
        edits = tuple({edit for finding in found.values() if finding.fix for edit in finding.fix.edits})
        after = plan_edited(other.run, edits)
        assert all(value_of(after, quantity) == value_of(right, quantity) for quantity in found)


def test_one_command_makes_the_example_pair_agree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copytree(Path(__file__).parents[3] / "examples", tmp_path / "pair", ignore=ignore_patterns("plugin"))
    monkeypatch.chdir(tmp_path / "pair")
    assert (
        run_command(["check", "--fix", "--unsafe-fixes", "--take", "left"]) == 1
    )  # defaults that stand in two places stay
    report = check([], load_config("metta-lint.toml"), (), MACHINE)
    assert {finding.code for finding in report.findings} == {"ML502"}
    written = Path("configs/train_job.yaml").read_text(encoding="utf-8")
    assert "  forward_pass_minibatch_target_size: 2048\n" in written
    assert run_command(["check", "--fix", "--unsafe-fixes", "--take", "left"]) == 1
    assert Path("configs/train_job.yaml").read_text(encoding="utf-8") == written


COMPOUND = frozenset({"ML205", "ML206", "ML207"})
"""Rules that speak of several quantities, at the one that is most telling."""
TAKEN = {
    "train.gamma": st.floats(0.5, 0.999),
    "train.ent_coef": st.floats(1e-6, 0.1),
    "train.learning_rate": st.floats(1e-8, 0.1),
    "train.adam_eps": st.sampled_from([1e-12, 1e-08, 1e-05]),
    "train.optimizer": st.sampled_from(["adam", "muon"]),
    "train.anneal_lr": st.booleans(),
    "train.update_epochs": st.integers(1, 3),
    "train.minibatch_size": st.sampled_from([8, 16, 32]),
    "train.total_timesteps": st.integers(64, 10_000),
    "env.game.num_agents": st.integers(1, 4),
    "vec.num_envs": st.sampled_from([2, 4, 6, 8]),
    "env.ore_reward": st.floats(0.01, 2.0),
}


@settings(max_examples=6, phases=[Phase.explicit, Phase.generate])
@given(st.fixed_dictionaries({}, optional=TAKEN))
def test_what_was_taken_no_longer_differs_and_taking_it_again_changes_nothing(changes: dict[str, object]) -> None:
    with TemporaryDirectory() as folder:
        report = drifting(Path(folder), changes, {})
        left, right = report.pairs[0].left, report.pairs[0].right
        before = problems_of(right).keys()
        found = fixed(report, "left")
        apply(found)
        after = checked(Path(folder))
        assert problems_of(after.pairs[0].right).keys() <= before
        assert all(same(value_of(left, quantity), value_of(after.pairs[0].right, quantity)) for quantity in found)
        still = {f.quantity for f in after.findings if f.runs == after.pairs[0].runs and f.code not in COMPOUND}
        assert not still & found.keys()
        texts = {path: path.read_bytes() for path in Path(folder).rglob("*.yaml")}
        apply({name: finding for name, finding in fixed(after, "left").items() if name in found})
        assert {path: path.read_bytes() for path in texts} == texts

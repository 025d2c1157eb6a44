"""The commands, as a user runs them: what they print, where, and with which exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from metta_lint import __version__
from metta_lint.__main__ import main
from metta_lint.api.testing import write_metta, write_pufferlib

ROOT = Path(__file__).parents[3]
EXAMPLES = ROOT / "examples"
SIDES = ("pufferlib/config/metta.ini", "configs/train_job.yaml")


def schema(name: str) -> Any:
    return json.loads((ROOT / "docs" / "schema" / f"{name}.json").read_text(encoding="utf-8"))


def drift(**changes: object) -> None:
    write_pufferlib(Path(), {key.replace("__", "."): value for key, value in changes.items()})


def test_the_version_option_prints_name_and_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"metta-lint {__version__}\n"


def test_python_m_is_the_same_program() -> None:
    done = subprocess.run([sys.executable, "-m", "metta_lint", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == f"metta-lint {__version__}\n"


@pytest.mark.parametrize(("changes", "code"), [({}, 0), ({"vec.num_envs": 32}, 1)])
def test_a_process_says_all_before_it_ends(changes: dict[str, object], code: int, tree: Path) -> None:
    """It ends without taking apart what it made: its report is whole, in a pipe and in a file, and so is its code."""
    write_pufferlib(Path(), changes)
    command = [sys.executable, "-m", "metta_lint", "check", ".", "--output-format", "json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (code, "")
    assert json.loads(done.stdout)["summary"]["files"] > 3
    with Path("report.json").open("w", encoding="utf-8") as file:
        assert subprocess.run(command, stdout=file, check=False).returncode == code
    assert Path("report.json").read_text(encoding="utf-8") == done.stdout


def test_an_agreeing_pair_is_found_named_and_passes(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "."]) == 0
    out = capsys.readouterr().out
    assert "pair: pufferlib/config/metta.ini against configs/train_job.yaml: both train 'metta'" in out
    assert "nothing found" in out


def test_other_yaml_beside_a_tree_is_no_part_of_it(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path(".pre-commit-config.yaml").write_text("repos: []\n", encoding="utf-8")
    Path("compose.yaml").write_text("services: {}\ndefaults: {}\n", encoding="utf-8")
    assert main(["check", "."]) == 0
    assert "pair: pufferlib/config/metta.ini against configs/train_job.yaml" in capsys.readouterr().out


def test_a_drifting_pair_is_found_with_file_and_line(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    drift(env__game__num_agents=4)
    assert main(["check", "."]) == 1
    out = capsys.readouterr().out
    assert "warning[ML101]: 4 agents in each environment against 2" in out
    assert "--> pufferlib/environments/metta/metta.yaml:2:15" in out
    assert "::: configs/env/arena.yaml:2:15" in out


def test_check_json_is_what_its_schema_says(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    drift(train__gamma=0.5)
    assert main(["check", ".", "--output-format", "json"]) == 1
    data = json.loads(capsys.readouterr().out)
    jsonschema.validate(data, schema("check"))
    (finding,) = data["findings"]
    assert finding["code"] == "ML301"
    assert finding["location"]["path"] == "pufferlib/config/default.ini"
    assert finding["claims"] == [{"quantity": "gamma", "left": 0.5, "right": 0.99}]


def test_plan_json_is_what_its_schema_says(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "configs/train_job.yaml", "--output-format", "json"]) == 0
    data = json.loads(capsys.readouterr().out)
    jsonschema.validate(data, schema("plan"))
    assert data["quantities"]["num_envs"]["value"] == 4
    assert data["quantities"]["num_envs"]["inputs"][-2:] == ["envs_per_batch", "async_factor"]


def test_plan_page_shows_value_formula_numbers_and_line(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "pufferlib/config/metta.ini"]) == 0
    out = capsys.readouterr().out
    assert "= total_agents * bptt_horizon" in out
    assert "= 8 * 4" in out
    assert "pufferlib/environments/metta/metta.yaml:2" in out


def test_plan_of_a_refused_run_says_so(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "pufferlib/config/metta.ini", "--set", "train.minibatch-size=64"]) == 1
    out = capsys.readouterr().out
    assert "refused (start): APIUsageError: batch_size = 32 must be >= minibatch_size = 64" in out


def test_compare_in_its_formats(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sides = ["pufferlib/config/metta.ini", "configs/train_job.yaml"]
    assert main(["compare", *sides]) == 0
    assert "Total environments" in capsys.readouterr().out
    assert main(["compare", *sides, "--set-left", "env.num_agents=4", "--output-format", "markdown"]) == 1
    assert "| Agents per environment | 4 | 2 | 0.5x |" in capsys.readouterr().out
    assert main(["compare", *sides, "--set-right", "trainer.num_workers=1", "--output-format", "json"]) == 1
    data = json.loads(capsys.readouterr().out)
    jsonschema.validate(data, schema("compare"))
    assert {"num_envs", "optimizer_steps_per_million_steps", "steps_overwritten_per_epoch", "reward_ore"} <= {
        row["quantity"] for row in data["rows"]
    }


def test_verify_without_run_says_what_it_would_take(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", "pufferlib/config/metta.ini", "configs/train_job.yaml"]) == 0
    out = capsys.readouterr().out
    assert "4 environments x 2 agents in 2 workers" in out
    assert "nothing was run" in out


def test_verify_run_confirms_and_reports(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    drift(env__game__num_agents=4, train__minibatch_size=32)
    arguments = ["verify", "pufferlib/config/metta.ini", "configs/train_job.yaml", "--run", "--policy-size", "8"]
    assert main([*arguments, "--output-format", "json"]) == 0
    captured = capsys.readouterr()
    data = json.loads(captured.out)
    jsonschema.validate(data, schema("verify"))
    assert "left pufferlib/config/metta.ini: rollout" in captured.err
    assert data["ran"] is True
    verdicts = {row["quantity"]: row["verdict"] for row in data["rows"]}
    assert verdicts["agents_per_env"] == verdicts["optimizer_steps_per_epoch"] == "confirmed"
    assert verdicts["epochs"] == "not exercised"
    assert "refuted" not in verdicts.values()
    assert {claim["finding"] for claim in data["claims"]} >= {"ML101", "ML202"}


def test_a_refusal_is_confirmed_by_attempting_it(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    drift(train__batch_size=48)
    arguments = ["verify", "pufferlib/config/metta.ini", "configs/train_job.yaml", "--run", "--quiet"]
    assert main([*arguments, "--policy-size", "8", "--output-format", "json"]) == 0
    data = json.loads(capsys.readouterr().out)
    crash = next(row for row in data["rows"] if row["quantity"] == "crash")
    assert crash["left"] == {"predicted": "rows-fit-buffer", "measured": "rows-fit-buffer"}
    assert crash["verdict"] == "confirmed"
    assert data["runs"]["left"]["crash"]["exception"] == "RuntimeError"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["plan", "nowhere.ini"], "nowhere.ini: no such run"),
        (["plan", "README.md"], "README.md is not an entry file"),
        (["check", "nowhere"], "nowhere: no such file or folder"),
        (["plan", "pufferlib/config/metta.ini", "--set", "nonsense"], "expected section.key=value"),
        (["plan", "pufferlib/config/metta.ini", "--set", "vec.num-envs=many"], "PufferLib takes this key as int"),
        (["plan", "configs/train_job.yaml", "--set", "trainer.nope=1"], "trainer.nope"),
        (["verify", "pufferlib/config/metta.ini"], "verify takes two runs"),
        (["verify"], "no pairs are declared"),
        (["explain", "ML999"], "no rule is called ML999"),
        (
            ["verify", "pufferlib/config/metta.ini", "configs/train_job.yaml", "--max-memory", "much"],
            "--max-memory much",
        ),
        (["check", "--config", "README.md"], ""),
        (["check", "--output-format", "yaml"], "yaml"),
        (["check", ".", "--select", "nonsense"], "no rule's code begins with 'nonsense'; `metta-lint rules` lists"),
        (["check", ".", "--select", "ML4O2"], "no rule's code begins with 'ML4O2'; did you mean ML402?"),
        (["chekc", "."], "No such command 'chekc'. Did you mean 'check'?"),
        (["frobnicate"], "No such command 'frobnicate'."),
        (["check", ".", "--steps-per-second", "nan"], "not a finite number above 0"),
        (["plan", "pufferlib/config/metta.ini", "--set", "train.nope=1"], "no INI has train.nope"),
        (["check", ".", "--output-file", "no/such/folder/report.txt"], "cannot be written"),
    ],
)
def test_what_a_user_can_cause_is_one_line_and_exit_code_2(
    tree: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    Path("README.md").write_text("# nothing here\n", encoding="utf-8")
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert message in captured.err
    assert "Traceback" not in captured.err
    assert captured.out == ""


def test_a_broken_file_is_a_finding_and_the_rest_is_still_linted(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    drift(train__target_kl=0.1)
    Path("configs/broken.yaml").write_text("a: [1, 2\nb: 3\n", encoding="utf-8")
    assert main(["check", "."]) == 2
    out = capsys.readouterr().out
    assert "error[ML001]" in out
    assert "--> configs/broken.yaml:2:" in out
    assert "ML501" in out


def test_a_broken_entry_does_not_hide_the_other_side(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    drift(train__target_kl=0.1)
    Path("configs/trainer/trainer.yaml").write_text("a: 1\na: 2\n", encoding="utf-8")
    assert main(["check", "."]) == 2
    out = capsys.readouterr().out
    assert out.count("error[ML001]") == 1
    assert "configs/trainer/trainer.yaml:2:1" in out
    assert "ML501" in out


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_file_is_a_finding(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("configs/secret.yaml").write_text("a: 1\n", encoding="utf-8")
    Path("configs/secret.yaml").chmod(0)
    assert main(["check", "."]) == 2
    assert "configs/secret.yaml:1:1" in capsys.readouterr().out


def test_a_dangling_link_is_a_finding(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("configs/gone.yaml").symlink_to("nowhere.yaml")
    assert main(["check", "."]) == 2
    out = capsys.readouterr().out
    assert "configs/gone.yaml:1:1" in out
    assert "cannot be read" in out


def test_two_inis_that_claim_one_environment_are_an_error(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("pufferlib/config/copy.ini").write_text("[base]\nenv_name = other metta\n", encoding="utf-8")
    assert main(["check", "."]) == 2
    out = capsys.readouterr().out
    assert "two INIs claim the environment 'metta'" in out
    assert "pufferlib/config/metta.ini:" in out
    assert main(["plan", "pufferlib/config/metta.ini"]) == 2
    assert "two INIs claim" in capsys.readouterr().err


def test_select_and_ignore(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    drift(env__game__num_agents=4, train__gamma=0.5)
    assert main(["check", ".", "--select", "ML3", "--output-format", "concise"]) == 1
    assert {line.split()[1] for line in capsys.readouterr().out.splitlines()} == {"ML301"}
    assert main(["check", ".", "--ignore", "ML1,ML2,ML3", "--output-format", "concise"]) == 0
    assert main(["check", ".", "--select", "ML", "--ignore", "ML3", "--output-format", "concise"]) == 1
    assert "ML301" not in capsys.readouterr().out


def test_a_report_is_written_whole_or_not_at_all(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", ".", "--output-format", "json", "--output-file", "report.json"]) == 0
    assert capsys.readouterr().out == ""
    assert json.loads(Path("report.json").read_text(encoding="utf-8"))["findings"] == []
    assert not list(Path().glob("*.tmp"))


def test_declared_runs_pairs_and_intended_differences(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    drift(train__gamma=0.5)
    config = """
[runs.puffer]
entry = "pufferlib/config/metta.ini"
[runs.native]
entry = "configs/train_job.yaml"
set = ["trainer.ppo.clip_coef=0.3"]
[[pairs]]
left = "puffer"
right = "native"
[[pairs.differs]]
quantity = "gamma"
reason = "shorter episodes"
[[pairs.differs]]
quantity = "ent_coef"
reason = "it used to"
"""
    Path("metta-lint.toml").write_text(config, encoding="utf-8")
    assert main(["check", "--output-format", "concise"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[1] for line in lines] == ["ML902", "ML301"]
    assert "ent_coef no longer differs" in lines[0]
    assert lines[0].startswith("metta-lint.toml:14:")
    assert "policy clip" in lines[1]


def test_colour_is_for_those_who_ask(
    tree: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    drift(train__gamma=0.5)
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    main(["check", "."])
    assert "\x1b[" not in capsys.readouterr().out
    monkeypatch.setenv("FORCE_COLOR", "1")
    main(["check", "."])
    assert "\x1b[" in capsys.readouterr().out
    monkeypatch.setenv("NO_COLOR", "1")
    main(["check", "."])
    assert "\x1b[" not in capsys.readouterr().out
    main(["check", ".", "--color", "always"])
    assert "\x1b[" in capsys.readouterr().out


def test_rules_explain_and_init(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules"]) == 0
    assert "ML101  warning" in capsys.readouterr().out
    assert main(["explain", "ml402"]) == 0
    assert "# ML402: wasted-rollout" in capsys.readouterr().out
    assert main(["init"]) == 0
    assert "metta-lint.toml" in capsys.readouterr().out
    assert main(["check"]) == 0


def test_a_plugin_is_loaded_only_if_it_is_listed(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plugin = '''
from metta_lint.api import Draft, Place

class Loud:
    """Every run is too loud."""
    code, name, severity = "XX001", "loud", "info"
    agrees, drifts = [], []
    def check(self, plan):
        yield Draft("too loud", at=Place(plan, "batch_size"))

RULES = [Loud()]
'''
    Path("loud.py").write_text(plugin, encoding="utf-8")
    assert main(["check", "."]) == 0
    capsys.readouterr()
    Path("metta-lint.toml").write_text('select = ["ML", "XX"]\nplugins = ["loud.py"]\n', encoding="utf-8")
    assert main(["check", ".", "--output-format", "concise"]) == 1
    assert "XX001 too loud" in capsys.readouterr().out


def test_a_plugin_that_exits_is_an_error(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("exits.py").write_text("import sys; sys.exit(0)\n", encoding="utf-8")
    Path("metta-lint.toml").write_text('plugins = ["exits.py"]\n', encoding="utf-8")
    assert main(["check", "."]) == 2
    assert "plugin exits.py: SystemExit" in capsys.readouterr().err


@pytest.mark.parametrize("value", ["[1, 2]", "abc", "0", "-3", "24.5", "null", ".nan"])
def test_agents_that_are_no_number_are_no_crash(tree: Path, capsys: pytest.CaptureFixture[str], value: str) -> None:
    for path in ("configs/env/arena.yaml", "pufferlib/environments/metta/metta.yaml"):
        text = Path(path).read_text(encoding="utf-8").replace("num_agents: 2", f"num_agents: {value}")
        Path(path).write_text(text, encoding="utf-8")
    assert main(["check", ".", "--output-format", "concise"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert sum("ML401" in line and "num_agents" in line for line in lines) == 2, lines


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_named_pipe_is_a_finding_and_no_wait(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo("configs/pipe.yaml")
    os.mkfifo("pufferlib/config/pipe.ini")
    assert main(["check", "."]) == 2
    out = capsys.readouterr().out
    assert out.count("is no regular file") == 2


def test_runs_are_paired_within_their_own_tree(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for project in ("one", "two"):
        write_pufferlib(Path(project), {})
        write_metta(Path(project), {})
    assert main(["check", "."]) == 0
    out = capsys.readouterr().out
    assert out.count("pair: ") == 2
    assert "pair: one/pufferlib/config/metta.ini against one/configs/train_job.yaml" in out


def test_blank_lines_after_a_key_are_looked_through_once(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("configs/blank.yaml").write_text("defaults:\n" + "\n" * 2000 + "x: 1\n", encoding="utf-8")
    assert main(["check", "."]) == 0
    assert "nothing found" in capsys.readouterr().out


def test_a_declared_difference_speaks_for_its_own_pair_alone(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    drift(train__gamma=0.5)
    runs = "".join(f'[runs.{name}]\nentry = "pufferlib/config/metta.ini"\n' for name in ("a", "b"))
    runs += '[runs.n]\nentry = "configs/train_job.yaml"\n'
    pairs = '[[pairs]]\nleft = "a"\nright = "n"\n[[pairs.differs]]\nquantity = "gamma"\nreason = "on purpose"\n'
    pairs += '[[pairs]]\nleft = "b"\nright = "n"\n'
    Path("metta-lint.toml").write_text(runs + pairs, encoding="utf-8")
    assert main(["check"]) == 1
    out = capsys.readouterr().out
    assert "discount gamma: 0.5 against 0.99" in out
    assert "in: b against n" in out


def test_output_that_cannot_be_printed_is_one_error(tree: Path) -> None:
    command = [sys.executable, "-m", "metta_lint", "rules"]
    if Path("/dev/full").exists():
        with Path("/dev/full").open("w", encoding="utf-8") as full:
            done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
        assert done.returncode == 2
        assert "cannot be written" in done.stderr
        assert "Traceback" not in done.stderr
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    Path("tr\u00fcmmer").mkdir()
    write_pufferlib(Path("tr\u00fcmmer"), {"train.target_kl": 1})
    checked = subprocess.run(
        [sys.executable, "-m", "metta_lint", "check", "."], env=environment, capture_output=True, text=True, check=False
    )
    assert checked.returncode == 1
    assert "Traceback" not in checked.stderr


def test_a_rule_that_crashes_is_named(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plugin = "class Bad:\n    code, name, severity = 'XX002', 'bad', 'info'\n"
    plugin += "    def check(self, plan):\n        raise ValueError('no')\nRULES = [Bad()]\n"
    Path("bad.py").write_text(plugin, encoding="utf-8")
    Path("metta-lint.toml").write_text('select = ["XX"]\nplugins = ["bad.py"]\n', encoding="utf-8")
    assert main(["check", "."]) == 2
    assert "rule XX002 crashed" in capsys.readouterr().err


def test_the_check_path_loads_neither_torch_nor_hydra(tree: Path) -> None:
    code = (
        "import sys; from metta_lint.__main__ import main; main(['check', '.']); "
        "heavy = {'torch', 'numpy', 'hydra', 'omegaconf', 'rich', 'pydantic'} & set(sys.modules); "
        "sys.exit(f'loaded {heavy}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_examples_drift_as_they_are_meant_to(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(EXAMPLES)
    assert main(["check", "--output-format", "concise"]) == 1
    out = capsys.readouterr().out
    assert "ML402 516,112 of 1,040,400 collected steps (49.6%)" in out
    assert "ML101 64 agents in each environment against 3" in out
    assert "ML207" not in out.replace("ML207 1,145", "")


def test_a_backend_that_is_not_there_yet_is_one_line(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", "no-such-run.ini", *SIDES[1:], "--run", "--backend", "mettagrid"]) == 2
    said = capsys.readouterr()
    assert (said.out, said.err.splitlines()) == ("", ["error: --backend mettagrid is not available yet: embedded is"])


@pytest.mark.skipif(os.name == "nt", reason="a backslash separates folders there")
def test_a_backslash_in_a_name_stays_one(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("a\\b.ini").write_text("[base]\npackage = metta\nenv_name = other\n[train]\ngamma = 1\ngamma = 2\n")
    assert main(["check", "a\\b.ini", "--output-format", "json"]) == 2
    assert [f["location"]["path"] for f in json.loads(capsys.readouterr().out)["findings"]] == ["a\\b.ini"]

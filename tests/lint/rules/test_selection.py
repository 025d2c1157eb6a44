"""Which rules run, and in which files what they find is not wanted."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metta_lint.__main__ import main
from metta_lint.api.testing import write_metta, write_pufferlib
from metta_lint.base.plugins import RULES, listed_items
from metta_lint.files.globs import matcher
from metta_lint.project.config import Config, Selector
from metta_lint.rules.page import page_of
from metta_lint.rules.registry import is_selected

SIDES = ("pufferlib/config/metta.ini", "configs/train_job.yaml")


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a pair that differs in agents and gamma, as the current folder."""
    monkeypatch.chdir(tmp_path)
    write_pufferlib(Path(), {"env.game.num_agents": 4, "train.gamma": 0.5})
    write_metta(Path(), {})
    return tmp_path


def codes(capsys: pytest.CaptureFixture[str], *arguments: str, path: str = ".") -> set[str]:
    assert main(["check", path, "--output-format", "concise", *arguments]) in {0, 1}
    return {line.split()[1] for line in capsys.readouterr().out.splitlines()}


def configure(text: str) -> None:
    Path("metta-lint.toml").write_text(text, encoding="utf-8")


# -- select and ignore -------------------------------------------------------------------------------------------------


def selectors(**texts: str) -> list[Selector]:
    """Selectors in short: ``select="ML1 ML2"``, ``ignore_here`` for the command line's."""
    return [
        Selector(prefix, kind.startswith("select"), from_command_line=kind.endswith("here"))
        for kind, text in texts.items()
        for prefix in text.split()
    ]


@pytest.mark.parametrize(
    ("those", "is_on"),
    [
        (selectors(select="ML1"), True),
        (selectors(select="ML2"), False),
        (selectors(select="ML", ignore="ML1"), False),
        (selectors(select="ML101", ignore="ML1"), True),
        (selectors(select="ML1", ignore="ML1"), False),
        (selectors(select="ML", ignore="ML1", select_here="ML1"), True),
        (selectors(select_here="ML", ignore="ML1"), False),
        (selectors(select="ML1", ignore_here="ML1"), False),
        (selectors(select="ML101", ignore_here="ML1"), True),
        (selectors(ignore="ML2"), False),
    ],
)
def test_the_longest_prefix_wins_then_the_command_line_then_ignoring(those: list[Selector], is_on: bool) -> None:
    assert is_selected("ML101", those) is is_on


@given(st.lists(st.builds(Selector, st.sampled_from(["", "M", "ML", "ML1", "ML10", "ML101", "ML2"]), st.booleans())))
def test_the_order_in_which_codes_are_written_does_not_matter(those: list[Selector]) -> None:
    assert is_selected("ML101", those) == is_selected("ML101", those[::-1])


def test_select_of_the_command_line_replaces_what_the_configuration_selects(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    configure('select = ["ML1"]\nextend-select = ["ML3"]\n')
    assert {"ML101", "ML301"} <= codes(capsys)
    assert codes(capsys, "--select", "ML301") == {"ML301"}
    assert codes(capsys, "--select", "ML301", "--extend-select", "ML101") == {"ML101", "ML301"}
    assert codes(capsys, "--ignore", "ML3,ML1") == set()


def test_nothing_is_no_code_and_would_be_all_of_them(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    configure("")
    every = codes(capsys)
    assert codes(capsys, "--ignore", "ML301,") == every - {"ML301"}
    for option in ("--ignore", "--select", "--extend-select"):
        assert main(["check", ".", option, " , "]) == 2
        assert "' , ' names no rule" in capsys.readouterr().err
    for key in ("select", "extend-select", "ignore"):
        configure(f'{key} = ["ML301", ""]\n')
        assert main(["check", "."]) == 2
        assert f"metta-lint.toml:1:{len(key) + 14}: names no rule" in capsys.readouterr().err


def test_a_code_in_the_configuration_that_is_none_has_its_own_place(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    configure('select = ["ML", "ML01"]\n')
    assert main(["check", "."]) == 2
    assert "metta-lint.toml:1:17: no rule's code begins with 'ML01'; did you mean ML" in capsys.readouterr().err
    configure('[per-file-ignores]\n"a/*" = ["MX5"]\n')
    assert main(["check", "."]) == 2
    assert "metta-lint.toml:2:10: no rule's code begins with 'MX5'" in capsys.readouterr().err


def test_what_is_found_without_a_rule_is_selected_too(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stale = '[[pairs.differs]]\nquantity = "update_epochs"\nreason = "it used to"\n'
    runs = (
        f'[runs.a]\nentry = "{SIDES[0]}"\n[runs.b]\nentry = "{SIDES[1]}"\n[[pairs]]\nleft = "a"\nright = "b"\n{stale}'
    )
    configure(runs)
    assert any(code.startswith("ML9") for code in codes(capsys))
    configure(f'ignore = ["ML9"]\n{runs}')
    assert not any(code.startswith("ML9") for code in codes(capsys))


def test_a_file_that_cannot_be_read_is_never_ignored(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("configs/broken.yaml").write_text("a: [1\nb: 3\n", encoding="utf-8")
    configure('ignore = ["ML0"]\n[per-file-ignores]\n"**" = ["ML"]\n')
    assert main(["check", ".", "--output-format", "concise"]) == 2
    assert {line.split()[1] for line in capsys.readouterr().out.splitlines()} == {"ML001"}


# -- files -------------------------------------------------------------------------------------------------------------


def test_what_is_ignored_in_a_file_is_found_in_others(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    everything = codes(capsys)
    assert {"ML101", "ML301"} <= everything
    configure('[per-file-ignores]\n"pufferlib/environments/**" = ["ML1"]\n')
    assert codes(capsys) == everything - {"ML101", "ML103"}
    configure('[per-file-ignores]\n"!pufferlib/environments/**" = ["ML"]\n')
    assert "ML301" not in codes(capsys)


def test_patterns_are_relative_to_the_configuration(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    configure('[per-file-ignores]\n"pufferlib/environments/**" = ["ML1"]\n')
    everything = codes(capsys)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir("configs")
        assert codes(capsys, path="..") == everything
    assert codes(capsys, path=tree.as_posix()) == everything


def test_a_pattern_that_matches_nothing_is_said_to_who_asks(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    configure('[per-file-ignores]\n"configs/legacy/**" = ["ML5"]\n"configs/**" = ["ML5"]\n')
    main(["check"])
    assert capsys.readouterr().err == ""
    main(["check", "--verbose"])
    err = capsys.readouterr().err
    assert "metta-lint.toml:2:1: per-file-ignores 'configs/legacy/**' matches no file that was looked at" in err
    assert "'configs/**'" not in err


@pytest.mark.parametrize(
    ("pattern", "path", "is_match"),
    [
        ("configs/legacy/**", "configs/legacy/a/b.yaml", True),
        ("configs/legacy/**", "configs/legacy.yaml", False),
        ("configs/legacy", "configs/legacy/a.yaml", False),
        ("configs/*.yaml", "configs/deep/a.yaml", True),
        ("configs/**/a.yaml", "configs/a.yaml", True),
        ("**/a.yaml", "a.yaml", True),
        ("a.yaml", "configs/deep/a.yaml", True),
        ("./configs/a.yaml", "configs/a.yaml", True),
        ("configs/[!a]*.yaml", "configs/a.yaml", False),
        ("configs/[a-c].yaml", "configs/b.yaml", True),
        ("configs/[^a].yaml", "configs/a.yaml", False),
        (r"configs/\*.yaml", "configs/*.yaml", True),
        (r"configs/\*.yaml", "configs/a.yaml", False),
        ("*.{yaml,ini}", "configs/a.ini", True),
        ("!configs/**", "pufferlib/a.ini", True),
        ("!configs/**", "configs/a.yaml", False),
        ("configs/a?.yaml", "configs/ab.yaml", True),
        ("configs/a+b(c).yaml", "configs/a+b(c).yaml", True),
        ("{configs,pufferlib/**}/*.{yaml,ini}", "pufferlib/config/a.ini", True),
        ("{configs,pufferlib/**}/*.{yaml,ini}", "environments/a.ini", False),
        ("*a" * 20 + "b", "a" * 200, False),
        ("**/a*/" * 20 + "b", "aa/" * 200, False),
        ("**/a*/" * 20 + "b", "aa/" * 200 + "b", True),
    ],
)
def test_patterns_mean_what_they_mean_to_ruff(pattern: str, path: str, is_match: bool) -> None:
    assert matcher(pattern)(path) is is_match


def test_braces_that_stand_for_too_much_are_refused() -> None:
    assert matcher("{a,b}" * 9)("ab" * 4 + "a")
    with pytest.raises(ValueError, match="stands for more than 1,000 patterns"):
        matcher("{a,b}" * 10)


def test_a_pattern_that_is_none_is_an_error_at_its_place(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    configure('[per-file-ignores]\n"configs/[z-a]" = ["ML5"]\n')
    assert main(["check", "."]) == 2
    assert "metta-lint.toml:2:1: 'configs/[z-a]' is not a valid pattern" in capsys.readouterr().err


@given(st.text(alphabet="ab/*?[]!{},.-^\\|&~(", max_size=12), st.text(alphabet="ab/.", max_size=8))
def test_a_pattern_is_refused_or_answers(pattern: str, path: str) -> None:
    try:
        matches = matcher(pattern)
    except ValueError:
        return
    assert matches(path) in {True, False}


@given(st.text(alphabet="ab.+(-_ ", min_size=1, max_size=8))
def test_a_name_without_wildcards_matches_itself_alone(name: str) -> None:
    assert matcher(name)(name) or re.match(r"\./|!", name)
    assert not matcher(name)(f"{name}x")


# -- preview -----------------------------------------------------------------------------------------------------------

YOUNG = '''
from metta_lint.api import Draft, Place

class Young:
    """A rule that is not yet stable."""
    code, name, severity, preview = "ML499", "young", "info", True
    agrees, drifts = [], []
    def check(self, plan):
        yield Draft("too young", at=Place(plan, "batch_size"))

RULES = [Young()]
'''


@pytest.fixture
def young(tree: Path) -> Path:
    Path("young.py").write_text(YOUNG, encoding="utf-8")
    configure('plugins = ["young.py"]\nselect = ["ML4"]\n')
    return tree


def test_a_rule_in_preview_runs_only_where_it_is_asked_for(young: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "ML499" not in codes(capsys)
    assert "ML499" in codes(capsys, "--preview")
    configure('plugins = ["young.py"]\nselect = ["ML4"]\npreview = true\n')
    assert "ML499" in codes(capsys)
    assert "ML499" not in codes(capsys, "--no-preview")


@pytest.mark.parametrize("command", [["check", "."], ["compare", *SIDES]])
def test_a_rule_in_preview_that_is_named_is_warned_of(
    young: Path, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    main([*command, "--select", "ML499"])
    warning = "warning: ML499 (young) is selected, but is not yet stable: it runs with --preview (or preview = true)\n"
    assert capsys.readouterr().err == warning
    main([*command, "--select", "ML49"])
    assert capsys.readouterr().err == ""


def test_lists_and_pages_mark_a_rule_in_preview(young: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["rules"])
    assert "(preview) A rule that is not yet stable." in capsys.readouterr().out
    main(["rules", "--output-format", "json"])
    preview = {rule["code"]: rule["preview"] for rule in json.loads(capsys.readouterr().out)}
    assert [code for code, is_young in preview.items() if is_young] == ["ML499"]
    (rule,) = (added.item for added in listed_items(RULES, "young.py") if added.item.code == "ML499")
    assert "Not yet stable: it runs with `--preview`" in page_of(rule)


def test_a_configuration_without_a_word_selects_all() -> None:
    assert is_selected("XX001", Config().selectors)

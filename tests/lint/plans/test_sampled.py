"""Values that are drawn at launch: what they can be, through resolvers and formulas, up to refusals and risks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metta_lint.api.testing import write_metta
from metta_lint.base.unknown import Choice, Range, Unknown
from metta_lint.check.linter import check
from metta_lint.plans.formula import formula
from metta_lint.project.config import Config
from metta_lint.project.runs import plan_run
from metta_lint.reports.json import plan_data
from metta_lint.reports.style import Style
from metta_lint.reports.text import plan_page
from metta_lint.trainers.hydra.resolvers import resolve

if TYPE_CHECKING:
    from pathlib import Path


def drawn(*values: object) -> Unknown:
    return Unknown("drawn", Choice(values))


@pytest.mark.parametrize(
    ("name", "arguments", "could_be"),
    [
        ("choose", (2, 4), Choice((2, 4))),
        ("choose", ("a", "b"), Choice(("a", "b"))),
        ("choose", ([1], [2]), None),
        ("sampling", (0, 5, 10), Range(0, 5, integer=True, center=10)),
        ("sampling", (0, 5, 2.5), Range(0, 5, integer=False, center=2.5)),
        ("sampling", (1, 2), Choice((1, 2))),
        ("uniform", (0.5, 1), Range(0.5, 1, integer=False)),
        ("uniform", ("a", 1), None),
        ("uniform", (1e300, 1e301), None),
        ("div", (drawn(2, 4), 2), Choice((1, 2))),
        ("add", (drawn(1, 2), drawn(10, 20)), Choice((11, 21, 12, 22))),
        ("div", (1, drawn(0, 1)), None),
    ],
)
def test_what_a_resolver_can_give(name: str, arguments: tuple[object, ...], could_be: object) -> None:
    value = resolve(name, arguments)
    assert isinstance(value, Unknown)
    assert value.could_be == could_be


def test_what_does_not_depend_on_the_draw_is_known() -> None:
    assert resolve("if", (drawn(1, 2), 5, 5)) == 5
    assert formula("x // 10").evaluate({"x": drawn(3, 4)}.__getitem__) == 0


def test_a_range_shows_its_ends_and_its_centre() -> None:
    assert Range(0, 5, integer=True, center=10).examples() == (0, 1, 2, 3, 4, 5, 10)
    assert Range(0, 1000, integer=True, center=3).examples() == (0, 1000, 3)
    assert Range(0.5, 1, integer=False).examples() == (0.5, 1)
    assert not Range(0.5, 1, integer=False).complete


def test_a_range_that_is_not_whole_proves_nothing_by_its_ends() -> None:
    value = formula("x * 0").evaluate({"x": Unknown("drawn", Range(0.5, 1, integer=False))}.__getitem__)
    assert isinstance(value, Unknown)


def test_a_text_around_a_drawn_value_is_not_that_value(tmp_path: Path) -> None:
    entry = write_metta(tmp_path, {"trainer.simulation.replay_dir": "x/${choose:1,2}"})
    value = plan_run(entry, Config()).run.value("trainer.simulation.replay_dir")
    assert isinstance(value, Unknown)
    assert value.could_be is None


@given(st.lists(st.integers(-50, 50), min_size=1, max_size=6), st.integers(1, 20))
def test_a_formula_over_a_choice_is_its_value_for_each(values: list[int], divisor: int) -> None:
    result = formula("x // d + x").evaluate({"x": drawn(*values), "d": divisor}.__getitem__)
    expected = {value // divisor + value for value in values}
    got = set(result.could_be.examples()) if isinstance(result, Unknown) and result.could_be else {result}
    assert got == expected


def test_a_draw_of_which_every_value_is_refused_is_a_refusal(tmp_path: Path) -> None:
    plan = plan_run(write_metta(tmp_path, {"trainer.minibatch_size": "${choose:64,128}"}), Config())
    assert [refusal.requirement for refusal in plan.refusals][:1] == ["minibatch-fits-batch"]
    assert plan.risks == ()


def test_a_draw_of_which_some_values_are_refused_is_a_risk_that_names_them(tmp_path: Path) -> None:
    entry = write_metta(tmp_path, {"trainer.minibatch_size": "${choose:16,64,128}"})
    plan = plan_run(entry, Config())
    assert plan.refusals == ()
    risk = next(risk for risk in plan.risks if risk.requirement == "minibatch-fits-batch")
    assert risk.only_if == "trainer.minibatch_size = 64 or 128"
    assert "refused with trainer.minibatch_size = 64 or 128 (start)" in plan_page(plan, Style(colored=False))
    (said,) = [each for each in plan_data(plan)["risks"] if each["code"] == "minibatch-fits-batch"]
    assert said["only_if"] == risk.only_if
    findings = [finding for finding in check([entry], Config()).findings if finding.code == "ML401"]
    assert {finding.severity for finding in findings} == {"warning"}
    assert any("with trainer.minibatch_size = 64 or 128" in finding.message for finding in findings)


def test_a_draw_that_is_never_refused_is_nothing_to_speak_of(tmp_path: Path) -> None:
    plan = plan_run(write_metta(tmp_path, {"trainer.minibatch_size": "${choose:16,32}"}), Config())
    assert plan.refusals == plan.risks == ()


def test_agents_are_held_together_with_what_follows_from_them(tmp_path: Path) -> None:
    """With 2 and 4 agents there are as many environments fewer: the two are not combined with one another."""
    settings = {
        "env.game.num_agents": "${choose:2,4}",
        "trainer.forward_pass_minibatch_target_size": 8,
        "trainer.batch_size": 64,
    }
    plan = plan_run(write_metta(tmp_path, settings), Config())
    assert not [risk for risk in plan.risks if risk.requirement == "agents-fit-segments"]

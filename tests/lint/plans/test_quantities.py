"""The table of quantities: all that any plan defines is in it."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import metta_lint
from metta_lint.check.linter import check
from metta_lint.loops.loop import Loop
from metta_lint.plans.quantities import GROUPS, TRAITS, is_reward, traits_of
from metta_lint.plans.run import Machine
from metta_lint.project.config import Config
from metta_lint.verification.scale import SIZES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from metta_lint.plans.plan import Plan

METHODS = ("define", "define_or_off", "assume")


def assert_tabled(plan: Plan) -> None:
    assert {name for name in plan.quantities if name not in TRAITS and not is_reward(name)} == set()


def test_the_quantities_of_a_pair_are_in_the_table(tree: Path) -> None:
    plans = check([str(tree)], Config()).plans
    assert {plan.run.trainer for plan in plans} == {"pufferlib", "metta"}
    for plan in plans:
        assert_tabled(plan)


def test_the_quantities_of_real_configs_are_in_the_table(corpus: Path) -> None:
    folders = [str(folder) for folder in corpus.iterdir() if folder.is_dir()]
    for plan in check(folders, Config(), machine=Machine(cpus=32, gpus=1)).plans:
        assert_tabled(plan)


def test_what_the_code_defines_by_name_is_in_the_table() -> None:
    root = Path(metta_lint.__file__).parent
    names = {
        name for folder in ("plans", "trainers") for path in (root / folder).rglob("*.py") for name in defined(path)
    }
    assert names
    assert names <= set(TRAITS)


def defined(path: Path) -> Iterator[str]:
    """The names that calls of ``define`` and ``assume`` have as their first argument."""
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.Call(
                func=ast.Attribute(attr="define" | "define_or_off" | "assume"), args=[ast.Constant(name), *_]
            ):
                yield str(name)


def test_what_has_a_label_is_in_a_group_and_the_rest_is_not() -> None:
    for group, members in GROUPS.items():
        assert all(bool(traits.label) == bool(group) for traits in members.values())


def test_rewards_are_a_family() -> None:
    assert (traits_of("reward_laser").unit, traits_of("reward_laser").label) == ("reward", "Reward for laser")
    assert traits_of("reward_cap_ore_red").label == "Cap on ore_red rewards"
    assert not is_reward("reward_clamp")


def test_sizes_that_are_scaled_are_the_loops() -> None:
    assert set(SIZES) <= set(Loop._fields)
    assert "bptt_horizon" not in SIZES

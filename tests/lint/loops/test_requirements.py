"""The table of requirements, and the orders in which the trainers come to them."""

from __future__ import annotations

import pytest

from metta_lint.loops.requirements import CONFIG_REQUIREMENTS, ILL_SIZED, REQUIREMENTS, TABLE
from metta_lint.trainers.metta import plan as metta
from metta_lint.trainers.metta.pydantic_era import plan as pydantic_era
from metta_lint.trainers.pufferlib import plan_2, plan_4
from metta_lint.trainers.pufferlib.keys import READ
from metta_lint.trainers.pufferlib.plan import requirements_of

ORDERS = {
    "pufferlib 2": plan_2.REQUIREMENTS,
    "pufferlib 3, Multiprocessing": requirements_of("Multiprocessing"),
    "pufferlib 3, Serial": requirements_of("Serial"),
    "pufferlib 3, PufferEnv": requirements_of("PufferEnv"),
    "pufferlib 4": plan_4.REQUIREMENTS,
    "metta": metta.REQUIREMENTS,
    "metta, pydantic era": pydantic_era.REQUIREMENTS,
}


@pytest.mark.parametrize("trainer", ORDERS)
def test_an_order_names_requirements_that_there_are_each_once(trainer: str) -> None:
    order = ORDERS[trainer]
    assert len(set(order)) == len(order)
    assert set(order) <= set(REQUIREMENTS)


def test_every_requirement_is_some_trainers() -> None:
    assert {name for order in ORDERS.values() for name in order} == set(REQUIREMENTS)


def test_a_name_stands_in_the_table_once() -> None:
    assert len(REQUIREMENTS) == len(TABLE)
    assert not ILL_SIZED & CONFIG_REQUIREMENTS


def test_keys_are_read_before_requirements_that_there_are() -> None:
    assert set(READ.values()) <= set(REQUIREMENTS)

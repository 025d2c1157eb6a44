"""Formulas: one string that is both what a page prints and what is computed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metta_lint.base.unknown import Unknown
from metta_lint.plans.formula import FormulaError, ceil_div, floor_power_of_two, formula

integers = st.integers(min_value=0, max_value=10**9)
positive = st.integers(min_value=1, max_value=10**9)


@given(integers, positive, positive)
def test_arithmetic_is_pythons(a: int, b: int, c: int) -> None:
    names = {"a": a, "b": b, "c.d": c}
    assert formula("(a + b) // c.d % b - min(a, c.d)").evaluate(names.__getitem__) == (a + b) // c % b - min(a, c)
    assert formula("a if a > b else c.d").evaluate(names.__getitem__) == (a if a > b else c)


@given(integers, positive)
def test_division_rounds_up_to_the_next_whole_number(a: int, b: int) -> None:
    quotient = ceil_div(a, b)
    assert (quotient - 1) * b < a <= quotient * b


@given(positive)
def test_a_number_is_rounded_down_to_a_power_of_two(number: int) -> None:
    power = floor_power_of_two(number)
    assert power <= number < 2 * power
    assert power & (power - 1) == 0


def test_names_and_numbers_put_in() -> None:
    parsed = formula("min(train.minibatch_size, batch_size) // 2")
    assert parsed.names == ("train.minibatch_size", "batch_size")
    assert parsed.with_numbers({"train.minibatch_size": 10, "batch_size": 20}.__getitem__) == "min(10, 20) // 2"


def test_an_unknown_input_spreads_but_only_where_it_is_read() -> None:
    unknown = Unknown("nobody says")
    values = {"known": 3, "missing": unknown}
    assert formula("known + missing").evaluate(values.__getitem__) == unknown
    assert formula("known if known > 2 else missing").evaluate(values.__getitem__) == 3
    assert formula("known + missing").with_numbers(values.__getitem__) == "3 + ?"


def test_arithmetic_without_an_answer_is_an_error_that_shows_the_numbers() -> None:
    with pytest.raises(FormulaError, match="4 // 0"):
        formula("a // b").evaluate({"a": 4, "b": 0}.__getitem__)


@pytest.mark.parametrize("text", ["__import__('os')", "a.b()", "[1]", "lambda: 1", "a := 1", "f(x=1)", "'a' 'b'.c"])
def test_nothing_but_arithmetic_is_a_formula(text: str) -> None:
    with pytest.raises((SyntaxError, KeyError)):
        formula(text).evaluate(lambda _: 1)

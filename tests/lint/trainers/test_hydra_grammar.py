"""Interpolations by names alone are read without the tables of tokens, and mean what the tables say."""

from __future__ import annotations

import pytest

from metta_lint.trainers.hydra.grammar import _PLAIN, GrammarError, NodeInterpolation, _Parser, parse_interpolation

PLAIN = ["${a}", "${a.b}", "${.a}", "${..a-b.c_1}", "${ a.b }", "${\ta}"]
OTHERS = ["${a..b}", "${1.b}", "${a.}", "${}", "${a b}", "${a:1}", "${a[0]}", "x${a}", "${a}x", "\\${a}", "${a}\n"]


@pytest.mark.parametrize("text", PLAIN)
def test_a_plain_reference_means_what_the_tables_say(text: str) -> None:
    assert _PLAIN.fullmatch(text)
    assert parse_interpolation(text) == _Parser(text).text_parts(None)[0]
    assert isinstance(parse_interpolation(text), NodeInterpolation)


@pytest.mark.parametrize("text", OTHERS)
def test_anything_else_is_left_to_the_tables(text: str) -> None:
    assert not _PLAIN.fullmatch(text)


def test_what_does_not_parse_is_refused() -> None:
    with pytest.raises(GrammarError):
        parse_interpolation("${a..b}")

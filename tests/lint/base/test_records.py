"""Our named tuples are typing's, but for what it takes to declare them."""

from __future__ import annotations

import pickle
import typing

import pytest

from metta_lint.base.records import NamedTuple
from metta_lint.rules.finding import Finding


class Ours(NamedTuple):
    """What it is."""

    first: int
    second: Unheard = ()  # type: ignore[name-defined]  # noqa: F821 - nobody looks at it

    @property
    def both(self) -> tuple[object, ...]:
        return (self.first, self.second)

    @staticmethod
    def made() -> Ours:
        return Ours(1)


class Theirs(typing.NamedTuple):
    """What it is."""

    first: int
    second: tuple[int, ...] = ()


def test_it_has_fields_defaults_methods_and_a_name() -> None:
    assert (Ours._fields, Ours._field_defaults) == (Theirs._fields, Theirs._field_defaults)
    assert (Ours.__doc__, Ours.__name__, Ours.__module__) == (Theirs.__doc__, "Ours", __name__)
    assert Ours.__bases__ == Theirs.__bases__ == (tuple,)
    assert set(vars(Theirs)) - set(vars(Ours)) <= {"__orig_bases__"}
    assert repr(Ours.made()) == "Ours(first=1, second=())"
    assert Ours(1, 2)._replace(first=3).both == (3, 2)
    assert Ours.__annotations__["first"] == "int"


def test_it_wants_its_fields() -> None:
    with pytest.raises(TypeError):
        Ours()  # type: ignore[call-arg]


def test_one_of_a_module_goes_to_another_process() -> None:
    finding = Finding("ML101", "a", "error", "b", ("c.ini", 1, 1, 1, 1))  # type: ignore[arg-type]
    assert pickle.loads(pickle.dumps(finding)) == finding  # noqa: S301 - our own


def test_a_field_without_a_default_does_not_follow_one_with_a_default() -> None:
    with pytest.raises(TypeError, match="without a default"):

        class Wrong(NamedTuple):
            first: int = 0
            second: int  # type: ignore[misc]

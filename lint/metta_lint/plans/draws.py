"""Values that are drawn at launch, on their way through formulas and resolvers: what a result can be."""

from __future__ import annotations

from itertools import product
from math import prod
from typing import TYPE_CHECKING

from metta_lint.base.unknown import Choice, Unknown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

MOST_COMBINATIONS = 256


def spread(values: Mapping[str, object], evaluate: Callable[[Mapping[str, object]], object]) -> object:
    """A function's value where some of its inputs are Unknown.

    Where all of those are drawn from known values, it is evaluated for each combination of these: its value, if that
    is the same whatever is drawn, else Unknown with what it could be. The reason is the first unknown input's.
    """
    first = next(value for value in values.values() if isinstance(value, Unknown))
    results = [evaluate(case) for case in cases(values)]
    if not results or any(isinstance(result, Unknown | list | dict) for result in results):
        return Unknown(first.because)
    complete = is_complete(values)
    distinct = list({(type(result), result): result for result in results}.values())
    if complete and len(distinct) == 1:
        return distinct[0]
    return Unknown(first.because, Choice(tuple(distinct), complete))


def cases(values: Mapping[str, object]) -> Iterator[Mapping[str, object]]:
    """The inputs with every unknown one replaced by a value that it can have; none where that is not known."""
    unknown = {name: value for name, value in values.items() if isinstance(value, Unknown)}
    examples = [could_be.examples() for value in unknown.values() if (could_be := value.could_be) is not None]
    if len(examples) < len(unknown) or prod(map(len, examples)) > MOST_COMBINATIONS:
        return
    for drawn in product(*examples):
        yield {**values, **dict(zip(unknown, drawn, strict=True))}


def is_complete(values: Mapping[str, object]) -> bool:
    """Whether ``cases`` are all the cases that there are."""
    drawn = [value.could_be for value in values.values() if isinstance(value, Unknown)]
    return all(could_be is not None and could_be.complete for could_be in drawn)

"""Wording of messages: numbers and texts for people, and "did you mean" for unknown names."""

from __future__ import annotations

import re
from itertools import islice
from math import isfinite
from typing import TYPE_CHECKING

from metta_lint.base.values import is_number

if TYPE_CHECKING:
    from collections.abc import Iterable


LARGEST_SHOWN = 10**30
LONGEST_SHOWN = 80
LONGEST_LITERAL = 60
MOST_ALTERNATIVES = 5
COMPARED = 50
"""Known names that a name is compared with at most: comparing is slow."""
IN_BRACKETS = " (did you mean {}?)"
"""How Hydra's messages end in a suggestion."""
_MOST_NAMES = 1_000
_LONGEST_NAME = 60
_SHORTEST_SLIP = 5
"""Shorter words are similar to too many others."""
_CONTROL = "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]"
"""A pattern: nearly all texts are printable and never meet it."""
_ENDLESS = re.compile(r"\S{200,}")


def show(value: object) -> str:
    """A value for people: ``262,144``, ``1,638.4``, ``0.000457``, ``muon``, ``unknown``."""
    match value:
        case bool() | None:
            return str(value)
        case int() if abs(value) > LARGEST_SHOWN:
            return "a number too large to show"
        case int():
            return f"{value:,}"
        case float() if value.is_integer() and abs(value) < 1e15:
            return f"{int(value):,}"
        case float() if abs(value) >= 1000:
            return f"{value:,.1f}"
        case float():
            return f"{value:.6g}"
        case _:
            return shortened(str(value), LONGEST_SHOWN)


def literal(value: object) -> str:
    """A value as Python writes it, as trainers do in their messages: ``'adam'``, ``[64, unknown]``."""
    return shortened(repr(value), LONGEST_LITERAL)


def shortened(text: str, longest: int) -> str:
    """A text cut off after this many characters: ``"abc..."``."""
    return text if len(text) <= longest else f"{text[:longest]}..."


def alternatives(words: Iterable[str]) -> str:
    """``30 or 31``; of many the first few and a number: ``1 or 2 or 3 or 4 or 5 or 12 others``."""
    several = list(dict.fromkeys(words))
    more = [f"{len(several) - MOST_ALTERNATIVES} others"] if len(several) > MOST_ALTERNATIVES else []
    return " or ".join([*several[:MOST_ALTERNATIVES], *more])


def printable(text: str) -> str:
    """Text from a file, safe for a terminal: control characters escaped, very long words cut."""
    cut = _ENDLESS.sub(lambda word: f"{word[0][:LONGEST_SHOWN]}...", text)
    return escaped(cut)


def escaped(text: str) -> str:
    """A text with its control characters escaped."""
    if text.isprintable():
        return text
    return re.sub(_CONTROL, lambda found: found[0].encode("unicode_escape").decode("ascii"), text)


def without_controls(line: str) -> str:
    """A line for an excerpt: each control character becomes one replacement character, so columns stay right."""
    return line if line.isprintable() else re.sub(_CONTROL, "\N{REPLACEMENT CHARACTER}", line)


def count(number: float, noun: str) -> str:
    """A number with its noun: ``1 agent``, ``24 agents``."""
    return f"{show(number)} {noun}{'' if number == 1 else 's'}"


def percent(part: float, whole: float) -> str:
    """A share: ``46.5%``."""
    return f"{100 * part / whole:.1f}%" if whole else "0.0%"


def ratio(left: object, right: object) -> float | None:
    """Right divided by left; None if either is not a number or the result is not finite."""
    if not is_number(left) or not is_number(right) or not left:
        return None
    try:
        found = float(right / left)
    except OverflowError:
        return None
    return found if isfinite(found) else None


# -- names -------------------------------------------------------------------------------------------------------------


def close_names(
    name: str, known: Iterable[str], cutoff: float = 0.6, *, most: int = 1, compared: int | None = COMPARED
) -> list[str]:
    """The known names most similar to this one, at least as similar as ``cutoff`` (1: equal).

    ``most`` limits the result; only the first ``compared`` known names are compared (None: all).
    """
    from difflib import get_close_matches  # slow to import, and needed for a finding alone

    return get_close_matches(name, list(islice(known, compared)), n=most, cutoff=cutoff)


def is_slip(name: str, meant: str) -> bool:
    """Whether a name is a typo of another one: too similar to be written on purpose.

    One letter is missing, added, different or swapped with its neighbour, or the names differ only in case, dashes and
    underscores. A different digit is no typo: ``layer_1`` and ``layer_2`` are two names.
    """
    if name == meant or min(len(name), len(meant)) < _SHORTEST_SLIP:
        return False
    one, other = (text.lower().replace("-", "_") for text in (name, meant))
    if one.replace("_", "") == other.replace("_", ""):
        return True
    start = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    rest, meant_rest = one[start:], other[start:]
    if any(char.isdigit() for char in (rest[:1], meant_rest[:1])):
        return False
    swapped = rest[1:2] + rest[:1] + rest[2:]
    return meant_rest in (swapped, rest[1:]) or rest == meant_rest[1:] or rest[1:] == meant_rest[1:]


def did_you_mean(
    name: object, known: Iterable[object], *, form: str = "; did you mean {}?", otherwise: str = ""
) -> str:
    """The end of a message about an unknown name: the most similar known name, or ``otherwise``.

    ``form`` is the wording, with ``{}`` for the known name.
    """
    near = close_names(str(name)[:_LONGEST_NAME], map(str, known), compared=_MOST_NAMES)
    return form.format(near[0]) if near else otherwise

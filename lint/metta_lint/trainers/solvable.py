"""What may be changed of a trainer's runs, as data beside each dialect."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metta_lint.records import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class Solvable(NamedTuple):
    """What of a trainer's runs can be changed to make them clean, and where a change is written.

    ``sizes`` are whole-number settings; those that come first are changed more readily. ``own`` says what an entry's
    own file is laid over: the beginning of a setting's key, and what that file has in its place. What no beginning fits
    is changed where it is written. ``wastes`` are quantities of its plans, beside those of all trainers, that are 0
    in a clean run.
    """

    sizes: tuple[str, ...] = ()
    own: Mapping[str, str] = {}
    wastes: tuple[str, ...] = ()

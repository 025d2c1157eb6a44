"""What a plugin's source is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metta_lint.base.records import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from metta_lint.base.documents import Document


class Source(NamedTuple):
    """A reader of one more kind of file.

    ``claims`` says of a file with one of the ``suffixes`` (``.gin``), by its path and its bytes, whether it is of this
    kind; a built-in reader of the same suffix reads the others. ``parse`` makes the document, every value with its
    span; it never runs what it reads, and raises InputError with the place where a file stops making sense.
    """

    name: str
    suffixes: tuple[str, ...]
    claims: Callable[[str, bytes], bool]
    parse: Callable[[bytes, str], Document]

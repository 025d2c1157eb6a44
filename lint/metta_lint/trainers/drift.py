"""Configs that say something else than the Python defaults behind them, in every dialect."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metta_lint.base.records import NamedTuple

if TYPE_CHECKING:
    from metta_lint.base.documents import Span


class DefaultDrift(NamedTuple):
    """One key of a document whose value is not the Python default behind it.

    ``default_span`` is the default's place where the tree holds the code, else None; ``source`` says which code it is.
    ``consequence`` is what comes of it, where more can be said than that the two differ; ``changes_runs`` says that
    runs which leave the key out get the default today; ``is_needed`` that the trainer refuses the document without its
    block.
    """

    key: str
    value: object
    span: Span
    default: object
    default_span: Span | None
    source: str
    consequence: str = ""
    changes_runs: bool = False
    is_needed: bool = False

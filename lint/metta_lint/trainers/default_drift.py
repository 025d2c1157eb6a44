"""Configs that say something else than the Python defaults behind them, in every dialect."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metta_lint.records import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from metta_lint.documents import Document, Span
    from metta_lint.findings import Severity


class DefaultDrift(NamedTuple):
    """One key of a document whose value is not the Python default behind it.

    ``default_span`` is the default's place where the tree holds the code, else None; ``source`` says which code it is.
    ``consequence`` is what comes of it, where more can be said than that the two differ; ``is_needed`` says that the
    trainer refuses the document without its block.
    """

    key: str
    value: object
    span: Span
    default: object
    default_span: Span | None
    source: str
    consequence: str = ""
    severity: Severity | None = None
    is_needed: bool = False


def default_drifts(document: Document) -> Iterator[DefaultDrift]:
    """What a document says otherwise than the code: Metta's trainer YAML, the YAML of an INI's environment."""
    if document.path.endswith(".ini"):
        from metta_lint.trainers.pufferlib.default_drift import environment_drifts

        yield from environment_drifts(document)
    elif document.path.endswith((".yaml", ".yml")):
        from metta_lint.trainers.metta.default_drift import trainer_drifts

        yield from trainer_drifts(document)

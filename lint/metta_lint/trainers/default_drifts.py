"""Configs that say something else than the Python defaults behind them, in every dialect."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metta_lint.sources.syntax import INI, YAML

if TYPE_CHECKING:
    from collections.abc import Iterator

    from metta_lint.base.documents import Document
    from metta_lint.trainers.drift import DefaultDrift


def default_drifts(document: Document) -> Iterator[DefaultDrift]:
    """What a document says otherwise than the code: Metta's trainer YAML, the YAML of an INI's environment."""
    if INI.fits(document.path):
        from metta_lint.trainers.pufferlib.default_drift import environment_drifts

        yield from environment_drifts(document)
    elif YAML.fits(document.path):
        from metta_lint.trainers.metta.default_drift import trainer_drifts

        yield from trainer_drifts(document)

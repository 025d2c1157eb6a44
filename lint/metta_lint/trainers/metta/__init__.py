"""Metta, Hydra era (2025-07): a tree of YAML files, a curriculum, Metta's own trainer."""

from metta_lint.trainers.metta.config import read_run
from metta_lint.trainers.metta.plan import derive

__all__ = ["derive", "read_run"]

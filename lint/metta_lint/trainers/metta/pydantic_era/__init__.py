"""Metta, pydantic era (2026-01): no YAML, a TrainerConfig in Python, and dumps of what a run resolved to."""

from metta_lint.trainers.metta.pydantic_era.config import read_run
from metta_lint.trainers.metta.pydantic_era.plan import derive

__all__ = ["derive", "read_run"]

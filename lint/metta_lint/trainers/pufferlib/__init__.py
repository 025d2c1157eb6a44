"""PufferLib 3: INI files over a default, vectorised environments, PuffeRL."""

from metta_lint.trainers.pufferlib.config import read_run
from metta_lint.trainers.pufferlib.plan import derive

__all__ = ["derive", "read_run"]

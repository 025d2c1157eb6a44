"""Stable-Baselines3's zoo as a dialect of metta-lint: a source, a trainer and a rule."""

from metta_lint_sb3.trained import TRAINED
from metta_lint_sb3.truncated_minibatch import TruncatedMinibatch
from metta_lint_sb3.zoo import SB3

RULES = [TruncatedMinibatch()]
SOURCES = [TRAINED]
TRAINERS = [SB3]

__all__ = ["RULES", "SOURCES", "TRAINERS"]

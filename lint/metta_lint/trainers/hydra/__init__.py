"""Composes Hydra config trees with the place of every value, which Hydra itself does not keep."""

from metta_lint.trainers.hydra.composed import Composed
from metta_lint.trainers.hydra.reader import ConfigTreeReader
from metta_lint.trainers.hydra.tree import ConfigNode, DictNode, ListNode, ValueNode, embed

__all__ = ["Composed", "ConfigNode", "ConfigTreeReader", "DictNode", "ListNode", "ValueNode", "embed"]

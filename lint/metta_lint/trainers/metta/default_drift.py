"""Differences between a trainer's YAML and the defaults of its Python config (Hydra era)."""

from __future__ import annotations

import os
from functools import cache, partial
from typing import TYPE_CHECKING

from metta_lint.base.documents import Document, Mapping, Scalar, leaves
from metta_lint.base.records import NamedTuple
from metta_lint.base.unknown import Unknown
from metta_lint.files.file_system import is_file
from metta_lint.plans.pair import same
from metta_lint.plans.run import Run, Setting
from metta_lint.trainers.metta.defaults import DEFAULTS, SOURCE
from metta_lint.trainers.trainer import DefaultDrift
from metta_lint.trainers.trees.roots import tree_root

if TYPE_CHECKING:
    from collections.abc import Iterator

    from metta_lint.base.documents import Node, Span

CONFIG_PATH = "metta/rl/trainer_config.py"
CONFIG_CLASS = "TrainerConfig"
KEYS_OF_A_TRAINER = 10
"""A YAML of the group ``trainer`` with as many of TrainerConfig's keys is the trainer's own; a few are an overlay."""

REPEATED = 3
"""A YAML counts as a copy if three keys equal their default for each one that differs."""


class _Default(NamedTuple):
    values: tuple[object, ...]
    span: Span | None


def trainer_drifts(document: Document) -> Iterator[DefaultDrift]:
    """The keys of a trainer's own YAML that differ from TrainerConfig's defaults; none for any other document.

    A YAML that mostly repeats the defaults is a copy of them, and its differences are drift. One that mostly differs is
    tuned, and has none.
    """
    if not _is_trainers(document):
        return
    in_tree = _defaults_in_tree(document.path)
    source = CONFIG_PATH if in_tree else SOURCE
    defaults = in_tree or {key: _Default((default.value, *default.moved), None) for key, default in DEFAULTS.items()}
    written = _scalars(document.root)
    compared = [(key, node) for key, node in written.items() if _comparable(node.value, defaults.get(key))]
    other = [
        (key, node) for key, node in compared if not any(same(node.value, value) for value in defaults[key].values)
    ]
    if len(compared) - len(other) < REPEATED * len(other):
        return
    refusal_without = cache(partial(_refusal_without, written=written, defaults=defaults))
    for key, node in other:
        default, why = defaults[key], refusal_without(_block(key))
        values = (node.value, node.span, default.values[0], default.span)
        yield DefaultDrift(key.removeprefix("trainer."), *values, source, why, is_needed=bool(why))


def _scalars(root: Node) -> dict[str, Scalar]:
    """The single values of a trainer's config, by the keys of a run."""
    return {_key(keys): node for keys, node in leaves(root) if isinstance(node, Scalar)}


def _key(keys: tuple[object, ...]) -> str:
    return ".".join(["trainer", *map(str, keys)])


def _block(key: str) -> str:
    return key.split(".")[1]


def _is_trainers(document: Document) -> bool:
    root = document.root
    if not isinstance(root, Mapping):
        return False
    target = root.get("_target_")
    if isinstance(target, Scalar) and target.value == DEFAULTS["trainer._target_"].value:
        return True
    if os.path.basename(os.path.dirname(document.path)) != "trainer":
        return False
    return sum(_key(keys) in DEFAULTS for keys, _ in leaves(root)) >= KEYS_OF_A_TRAINER


def _defaults_in_tree(path: str) -> dict[str, _Default] | None:
    """TrainerConfig's defaults from the code beside the config tree; None if that is missing."""
    root = os.path.dirname(tree_root(path)) or "."
    if not is_file(os.path.join(root, CONFIG_PATH)):
        return None
    from metta_lint.sources.python_tree import Tree

    tree = Tree(root)
    module = tree.module(CONFIG_PATH)
    found = tree.declared(module, CONFIG_CLASS) if module is not None else None
    if found is None:
        return None
    return {key: _Default((node.value,), node.span) for key, node in _scalars(tree.defaults(found)).items()}


def _comparable(value: object, default: _Default | None) -> bool:
    """Whether two values can be compared: the YAML's is not null or interpolated, the default is a scalar or None."""
    if default is None:
        return False
    later = isinstance(value, str) and ("${" in value or value == "???")
    known = default.values[0] is None or isinstance(default.values[0], str | int | float)
    return not later and value is not None and known


def _refusal_without(block: str, written: dict[str, Scalar], defaults: dict[str, _Default]) -> str:
    """What the trainer would refuse if a block of its YAML were dropped and the defaults took over."""
    from metta_lint.trainers.metta.plan import derive

    settings = {key: default.values[0] for key, default in defaults.items()}
    whole = {key: node.value for key, node in written.items()}
    kept = {key: value for key, value in whole.items() if _block(key) != block}
    before = {refusal.requirement for refusal in derive(_run({**settings, **whole})).refusals}
    refusals = [r for r in derive(_run({**settings, **kept})).refusals if r.requirement not in before]
    return f"without its block the trainer refuses: {refusals[0].message}" if refusals else ""


def _run(values: dict[str, object]) -> Run:
    known = {key: value for key, value in values.items() if isinstance(value, str | int | float | None | Unknown)}
    return Run("metta", "", {key: Setting(key, value) for key, value in known.items()})

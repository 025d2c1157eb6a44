"""Finds the dialect of a trainer's name or of an entry file, and the sweeps and default drift of all dialects."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from metta_lint.base import plugins
from metta_lint.base.errors import LintError
from metta_lint.files.file_system import first_bytes
from metta_lint.files.limits import BYTE_LIMIT
from metta_lint.files.memory import Same
from metta_lint.plans.run import split_entry
from metta_lint.sources.syntax import INI, JSON, PYTHON, YAML, syntax_of
from metta_lint.trainers.metta.pydantic_era.entries import is_dump
from metta_lint.trainers.pufferlib.keys import is_default
from metta_lint.trainers.trainer import DefaultDrift, Trainer, TrainerVersion

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence

    from metta_lint.base.documents import Document
    from metta_lint.plans.plan import Plan
    from metta_lint.plans.sweeps.sweep import Sweep
    from metta_lint.trainers.trees.tree import ConfigTree

OURS = ("pufferlib", "metta")
"""The names of our own dialects; a plugin's has another one."""

SweepOfFile: TypeAlias = "tuple[Hashable, Callable[[], list[Sweep]]]"


def trainer_named(name: str) -> Trainer:
    """The dialect of that name, imported when it is first asked for. Raises LintError for an unknown name."""
    if name == "pufferlib":
        from metta_lint.trainers.pufferlib.dialect import TRAINER

        return TRAINER
    if name == "metta":
        from metta_lint.trainers.metta.dialect import TRAINER

        return TRAINER
    added = next((trainer for trainer in added_trainers() if trainer.name == name), None)
    if added is None:
        raise LintError(f"no trainer is called {name!r}: there are {' and '.join(trainer_names())}")
    return added


def trainer_names() -> tuple[str, ...]:
    """The names of all trainers, those of plugins included."""
    return (*OURS, *(trainer.name for trainer in added_trainers()))


def added_trainers() -> tuple[Trainer, ...]:
    """The trainers that plugins add. Raises LintError where two have the same name."""
    every = plugins.items(plugins.TRAINERS)
    names = [added.item.name for added in every]
    for place, added in enumerate(every):
        if added.item.name in (*OURS, *names[:place]):
            raise LintError(f"{added.origin} brings a second trainer {added.item.name}")
    return tuple(added.item for added in every)


def added_entries(path: str) -> tuple[str, ...]:
    """The runs of plugins' trainers that a file holds."""
    return tuple(entry for trainer in _asked(path) for entry in _entries(trainer, path))


def _entries(trainer: Trainer, path: str) -> Sequence[str]:
    """The runs of one plugin's trainer that a file holds. Raises LintError if it crashes."""
    try:
        return trainer.entries(path, first_bytes(path, BYTE_LIMIT))
    except LintError:
        raise
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        raise LintError(f"trainer {trainer.name} crashed on {path}: {reason}") from error


def _asked(path: str) -> list[Trainer]:
    """The plugins' trainers that read files with this suffix."""
    every = added_trainers()
    return [trainer for trainer in every if path.lower().endswith(tuple(trainer.suffixes))] if every else []


def parse_choice(text: str) -> TrainerVersion:
    """Read ``pufferlib@3`` or ``metta``; ``@2.0`` is ``@2``. Raises LintError for an unknown trainer or version."""
    name, separator, version = text.partition("@")
    trainer = trainer_named(name)
    if not separator:
        return TrainerVersion(name)
    if version.removesuffix(".0") not in trainer.versions:
        known = ", ".join(f"{name}@{version}" for version in trainer.versions) or "none"
        raise LintError(f"{text!r} is not a known version of {name}: there are {known}")
    return TrainerVersion(name, version.removesuffix(".0"))


def trainer_for(entry: str) -> Trainer:
    """The dialect of an entry file: a plugin's, if it claims the file; else PufferLib for an INI, Metta for the others.

    Metta's entries are YAML and Python files, and dumps of a resolved config. Raises LintError for any other file.
    """
    path = split_entry(entry)[0]
    added = next((trainer for trainer in _asked(path) if _entries(trainer, path)), None)
    if added is not None:
        return added
    syntax = syntax_of(path)
    if syntax is INI:
        return trainer_named("pufferlib")
    if syntax in (PYTHON, JSON) or (syntax is YAML and is_dump(first_bytes(entry))):
        from metta_lint.trainers.metta.pydantic_era.dialect import TRAINER

        return TRAINER
    if syntax is YAML:
        return trainer_named("metta")
    raise LintError(
        f"{entry} is not an entry file: an entry is a PufferLib INI, a Hydra YAML, a Python file with a TrainerConfig, "
        "the dump of a resolved config, or the name of a declared run"
    )


def default_drifts(document: Document) -> Iterator[DefaultDrift]:
    """Where Metta's trainer YAML, or the YAML of an INI's environment, differs from the Python defaults behind it."""
    if INI.fits(document.path):
        from metta_lint.trainers.pufferlib.agents import environment_drifts

        yield from environment_drifts(document)
    elif YAML.fits(document.path):
        from metta_lint.trainers.metta.default_drift import trainer_drifts

        yield from trainer_drifts(document)


def sweeps_by_file(files: Iterable[str], trees: Iterable[ConfigTree], plans: Iterable[Plan]) -> Iterator[SweepOfFile]:
    """The sweeps of these plans' INIs, of each default.ini among the files, and of the config trees.

    For each file that may have a sweep: a key for ``recalled``, with all that the sweep depends on besides files, and a
    function that reads it. A file that cannot be read has no sweep here; it is reported elsewhere.
    """
    plans = list(plans)
    runs = [(plan.run.entry, plan) for plan in plans if plan.run.trainer == "pufferlib"]
    defaults = [(file, None) for file in files if is_default(file)]
    for path, base in (*defaults, *runs):
        yield (path, Same(base)), partial(_sweep_of_ini, path, base)
    for tree in trees:
        from metta_lint.trainers.metta.sweep import sweeps_of_tree

        yield from sweeps_of_tree(tree, plans)


def _sweep_of_ini(path: str, base: Plan | None) -> list[Sweep]:
    from metta_lint.trainers.pufferlib.sweep import read_sweep

    try:
        sweep = read_sweep(path, base)
    except LintError:
        return []
    return [] if sweep is None else [sweep]

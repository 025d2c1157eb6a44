"""Trainers: dialects. Which files make a run, how they layer, what the keys mean, what follows."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from metta_lint import plugins
from metta_lint.entries import split_entry
from metta_lint.errors import LintError
from metta_lint.records import NamedTuple
from metta_lint.sources.files import first_bytes
from metta_lint.sources.text import BYTE_LIMIT
from metta_lint.trainers.python_entries import is_dump_file
from metta_lint.trainers.solvable import Solvable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager

    from metta_lint.epochs import Backend
    from metta_lint.plans import Plan
    from metta_lint.settings import Machine, Run


class Trainer(NamedTuple):
    """A dialect: reads a run from its entry file, and derives what its trainer will do with it.

    ``versions`` are those that it tells apart, oldest first; ``with_version`` settles a read run's, which is the one
    that was asked for or the one that its files tell. ``suffixes`` are those of files that can hold a run of a plugin's
    trainer, and ``entries`` says which they hold, by path and bytes: none, the path, or ``path:name`` of several.
    ``solvable`` says what may be changed of a run to make it clean.
    """

    name: str
    read_run: Callable[[str, Sequence[str], Machine], Run]
    derive: Callable[[Run, Backend | None], Plan]
    versions: tuple[str, ...] = ()
    with_version: Callable[[Run, str | None], Run] = lambda run, _: run
    suffixes: tuple[str, ...] = ()
    entries: Callable[[str, bytes], Sequence[str]] = lambda _path, _data: ()
    solvable: Solvable = Solvable()


class Choice(NamedTuple):
    """A trainer that the user named, and the version, if one was named: ``pufferlib@3``."""

    trainer: str
    version: str | None = None


def one_look() -> AbstractContextManager[None]:
    """While this lasts, what surrounds a run's files is looked at once, however many runs lie there."""
    from metta_lint.trainers.pufferlib import claims

    return claims.one_look()


def trainer_named(name: str) -> Trainer:
    """The dialect of a name; imported when it is first asked for. Raises LintError for a name that there is not."""
    if name == "pufferlib":
        from metta_lint.trainers import pufferlib

        versions, with_version, solvable = pufferlib.VERSIONS, pufferlib.with_version, pufferlib.SOLVABLE
        return Trainer(name, pufferlib.read_run, pufferlib.derive, versions, with_version, solvable=solvable)
    if name == "metta":
        from metta_lint.trainers import metta

        return Trainer(name, metta.read_run, metta.derive, solvable=metta.SOLVABLE)
    added = next((trainer for trainer in plugins.trainers() if trainer.name == name), None)
    if added is None:
        raise LintError(f"no trainer is called {name!r}: there are {' and '.join(trainer_names())}")
    return added


def trainer_names() -> tuple[str, ...]:
    """The trainers that there are."""
    return ("pufferlib", "metta", *(trainer.name for trainer in plugins.trainers()))


def added_entries(path: str) -> tuple[str, ...]:
    """The runs of plugins' trainers that a file holds."""
    return tuple(entry for trainer in _asked(path) for entry in trainer.entries(path, _bytes(path)))


def _asked(path: str) -> list[Trainer]:
    """The plugins' trainers to whose kind of file a path belongs."""
    every = plugins.trainers()
    return [trainer for trainer in every if path.lower().endswith(trainer.suffixes)] if every else []


def _bytes(path: str) -> bytes:
    try:
        return first_bytes(path, BYTE_LIMIT)
    except (OSError, ValueError):
        return b""


def parse_choice(text: str) -> Choice:
    """Read ``pufferlib@3`` or ``metta``; ``@2.0`` is ``@2``. Raises LintError for what there is not."""
    name, separator, version = text.partition("@")
    trainer = trainer_named(name)
    if not separator:
        return Choice(name)
    if version.removesuffix(".0") not in trainer.versions:
        known = ", ".join(f"{name}@{version}" for version in trainer.versions) or "none"
        raise LintError(f"{text!r} is no version of {name}: there are {known}")
    return Choice(name, version.removesuffix(".0"))


def trainer_for(entry: str) -> Trainer:
    """The dialect of an entry file: a plugin's, if it claims the file.

    Else an INI is PufferLib's, a YAML Metta's, and so are Python files and dumps.

    Raises LintError for anything else.
    """
    path = split_entry(entry)[0]
    added = next((trainer for trainer in _asked(path) if trainer.entries(path, _bytes(path))), None)
    if added is not None:
        return added
    suffix = os.path.splitext(path)[1].lower()
    if suffix == ".ini":
        return trainer_named("pufferlib")
    if suffix in (".py", ".json") or (suffix in (".yaml", ".yml") and is_dump_file(entry)):
        from metta_lint.trainers.metta import pydantic_era

        return Trainer("metta", pydantic_era.read_run, pydantic_era.derive, solvable=pydantic_era.SOLVABLE)
    if suffix in (".yaml", ".yml"):
        return trainer_named("metta")
    raise LintError(
        f"{entry} is no run: an entry is a PufferLib INI, a Hydra YAML, a Python file with a TrainerConfig, "
        "the dump of a resolved config, or the name of a declared run"
    )

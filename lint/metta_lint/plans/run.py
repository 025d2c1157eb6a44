"""Settings, machines and runs: what one launch would train, and where each setting is written."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from metta_lint.base.documents import leaves, plain
from metta_lint.base.records import NamedTuple
from metta_lint.base.unknown import Unknown
from metta_lint.files.file_system import real_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from metta_lint.base.documents import Node, Span
    from metta_lint.base.errors import InputError


class Setting(NamedTuple):
    """One key of a run.

    ``span`` is where its value is written (None: on the command line, or in no file). ``overrides`` are the places of
    the values that it replaces, the latest first.
    """

    key: str
    value: object
    span: Span | None = None
    overrides: tuple[Span, ...] = ()
    note: str = ""

    @property
    def spans(self) -> tuple[Span, ...]:
        """Where it is written: the place of its value, then those of the values that this replaces."""
        return self.overrides if self.span is None else (self.span, *self.overrides)


def leaf_settings(node: Node, prefix: str) -> Iterator[Setting]:
    """Each scalar, list and empty mapping of a document as a setting. Keys start with the prefix: ``env.game.map``."""
    for keys, leaf in leaves(node):
        yield Setting(".".join([prefix, *map(str, keys)]), plain(leaf), leaf.span)


class Machine(NamedTuple):
    """What a trainer asks the machine for: it is in no config."""

    cpus: int | None = None
    gpus: int | None = None
    world_size: int = 1
    steps_per_second: float | None = None


class Callee(NamedTuple):
    """The function that a trainer passes an environment's settings to, as it is declared in the project's code.

    - ``names``: its keyword arguments.
    - ``anything``: it takes other keywords too, or that is unknown.
    - ``places``: the functions that were read, and where they are declared.
    - ``unregistered``: the environments that ``registry`` does not list.
    - ``defaults``: the defaults that are plain values, each with its place.
    """

    names: frozenset[str]
    anything: bool
    places: tuple[tuple[str, Span], ...] = ()
    unregistered: tuple[str, ...] = ()
    registry: Span | None = None
    defaults: Mapping[str, tuple[object, Span]] = {}

    def is_default(self, setting: Setting) -> bool:
        """Whether a setting of ``[env]`` is the default in the signature: nobody passes it."""
        default = self.defaults.get(setting.key.removeprefix("env."))
        return default is not None and setting.span == default[1]


class Run(NamedTuple):
    """What one launch would train.

    - ``settings``: by key, in the trainer's own syntax (``vec.num_envs``, ``trainer.batch_size``). Keys of the
      environment's own files start with ``env.``.
    - ``environments``: the names of what is trained, each with its place. Two runs that share a name claim to train
      the same environment.
    - ``problems``: missing files, interpolations of missing keys. They would stop the launch; the rest is planned.
    - ``callee``: the function that takes the environment's settings, if the project has its code.
    - ``version``: the trainer's version that the run is planned for; None if the trainer has only one.
    - ``is_complete``: False if a file that the trainer would read is missing.
    - ``sections``: the places of an INI file's headers.
    - ``overrides``: those of the declared run, then those of the command line.
    - ``skipped``: overrides of the command line that the trainer has no key for, each with its message.
    """

    trainer: str
    entry: str
    settings: Mapping[str, Setting]
    environments: Mapping[str, Span | None] = {}
    machine: Machine = Machine()
    name: str | None = None
    notes: tuple[str, ...] = ()
    problems: tuple[InputError, ...] = ()
    callee: Callee | None = None
    version: str | None = None
    is_complete: bool = True
    sections: Mapping[str, Span] = {}
    overrides: tuple[str, ...] = ()
    skipped: Mapping[str, str] = {}

    @property
    def dialect(self) -> str:
        """The trainer with its version, as ``--trainer`` takes it: ``pufferlib@3``, ``metta``."""
        return self.trainer if self.version is None else f"{self.trainer}@{self.version}"

    @property
    def label(self) -> str:
        """The run as findings and reports name it: its declared name, else its entry."""
        return self.name or self.entry

    @property
    def file(self) -> str:
        """The entry's file, without the name of one of its runs."""
        return split_entry(self.entry)[0]

    def value(self, key: str) -> object:
        """The value of a setting; Unknown if it is missing."""
        setting = self.settings.get(key)
        return Unknown(f"{key} is not set") if setting is None else setting.value


_NAMED = re.compile(r"(.+?\.[A-Za-z0-9]+):(.+)")


def split_entry(entry: str) -> tuple[str, str]:
    """The file and the name of an entry: ``trainer_config.py:TrainerConfig``. The name of a file alone is empty."""
    named = _NAMED.fullmatch(entry)
    return (named[1], named[2]) if named else (entry, "")


def located(entry: str) -> tuple[str, str]:
    """An entry's file without links, and its name: equal for two spellings of the same entry."""
    file, name = split_entry(entry)
    return real_path(file), name

"""Settings, machines and runs: what one launch would train, and who said so."""

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

    ``span`` is the place that won (None: the command line, or a default that is not in a file);
    ``overrides`` are the places that it overrode, the latest first.
    """

    key: str
    value: object
    span: Span | None = None
    overrides: tuple[Span, ...] = ()
    note: str = ""

    @property
    def spans(self) -> tuple[Span, ...]:
        """Where it is written: the place that won, and those that it overrode, the latest first."""
        return self.overrides if self.span is None else (self.span, *self.overrides)


def leaf_settings(node: Node, prefix: str) -> Iterator[Setting]:
    """Every scalar, list and empty mapping of a document as a setting whose key begins with a prefix."""
    for keys, leaf in leaves(node):
        yield Setting(".".join([prefix, *map(str, keys)]), plain(leaf), leaf.span)


class Machine(NamedTuple):
    """What a config does not say but the trainer asks of the host."""

    cpus: int | None = None
    gpus: int | None = None
    world_size: int = 1
    steps_per_second: float | None = None


class Callee(NamedTuple):
    """What a trainer hands an environment's settings to, as far as the code of the tree says.

    ``names`` are the keywords that it takes, ``anything`` says that it takes others too (or that nobody can tell);
    ``defaults`` are those of their defaults that are plain values, each with its place. ``places`` name the functions
    that were read and where they are declared. ``unregistered`` are the environments that ``registry`` does not list.
    """

    names: frozenset[str]
    anything: bool
    places: tuple[tuple[str, Span], ...] = ()
    unregistered: tuple[str, ...] = ()
    registry: Span | None = None
    defaults: Mapping[str, tuple[object, Span]] = {}


class Run(NamedTuple):
    """What one launch would train.

    ``settings`` are keyed in the trainer's own syntax (``vec.num_envs``, ``trainer.batch_size``); what the
    environment's own files say stands under ``env.``. ``environments`` are the names of what is trained, each with the
    place that says so: two runs that share a name claim to train the same environment. ``callee`` is what the
    environment's settings go to, where the tree holds its code. ``problems`` would stop the launch, though the rest can
    be planned: files that are not there, interpolations that lead to nothing. ``version`` says for which version of the
    trainer the run is planned; None where the trainer has but one. ``is_complete`` is
    False where a file that the trainer would read was not found; ``sections`` are the places of an INI's headers;
    ``overrides`` what the command line and the declared run lay over the files; ``skipped`` overrides of the command
    line for which the trainer has no key, each with what it says of them.
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
        """The run as findings and reports name it: by its declared name, else by its entry."""
        return self.name or self.entry

    @property
    def file(self) -> str:
        """The entry's file: an entry may name one of several runs in it."""
        return split_entry(self.entry)[0]

    def value(self, key: str) -> object:
        """The value of a setting; Unknown where no file gives it."""
        setting = self.settings.get(key)
        return Unknown(f"{key} is not set") if setting is None else setting.value


_NAMED = re.compile(r"(.+?\.[A-Za-z0-9]+):(.+)")


def split_entry(entry: str) -> tuple[str, str]:
    """The file and the name that an entry gives: ``trainer_config.py:TrainerConfig``; no name for a file alone."""
    named = _NAMED.fullmatch(entry)
    return (named[1], named[2]) if named else (entry, "")


def located(entry: str) -> tuple[str, str]:
    """What tells an entry from others, however its path is spelt: where its file really lies, and the name."""
    file, name = split_entry(entry)
    return real_path(file), name

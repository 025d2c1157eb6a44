"""The records that every dialect provides: its trainer, the settings that may be changed, drift from its defaults."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metta_lint.base.records import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from metta_lint.base.documents import Span
    from metta_lint.plans.epochs import Backend
    from metta_lint.plans.plan import Plan
    from metta_lint.plans.run import Machine, Run


class Solvable(NamedTuple):
    """The settings of a trainer's runs that ``solve`` may change, and the file to which it writes a change.

    ``sizes`` are the keys of whole-number settings, the first to be changed at the front. ``own`` maps the prefix of a
    key to its prefix in the entry's own file, where that file is laid over others: ``{"": ""}`` if it has the same
    keys. A setting without such a prefix is changed in the file that sets it. ``wastes`` are quantities, in addition to
    those of all trainers, that are 0 in a clean run.
    """

    sizes: tuple[str, ...] = ()
    own: Mapping[str, str] = {}
    wastes: tuple[str, ...] = ()


class Trainer(NamedTuple):
    """A dialect: reads a run from its entry file, and derives the plan of what its trainer will do with it.

    ``versions`` are the versions that it tells apart, oldest first. ``with_version`` sets a run's version: the one that
    the user named, else the one that its files were written for. For a plugin's trainer, ``suffixes`` are those of
    files that can hold runs, and ``entries`` gives the runs of a file, from its path and bytes: none, the path itself,
    or ``path:name`` for each of several. ``solvable`` says which settings may be changed to make a run clean.
    """

    name: str
    read_run: Callable[[str, Sequence[str], Machine], Run]
    derive: Callable[[Run, Backend | None], Plan]
    versions: tuple[str, ...] = ()
    with_version: Callable[[Run, str | None], Run] = lambda run, _: run
    suffixes: tuple[str, ...] = ()
    entries: Callable[[str, bytes], Sequence[str]] = lambda _path, _data: ()
    solvable: Solvable = Solvable()


class TrainerVersion(NamedTuple):
    """A trainer that the user named, with the version if there is one: ``pufferlib@3``."""

    trainer: str
    version: str | None = None


class DefaultDrift(NamedTuple):
    """One key of a document whose value differs from the Python default behind it.

    ``default_span`` is the place of the default, None where the tree does not hold the code; ``source`` names the code.
    ``consequence`` says what the difference does to runs, where that is known. ``changes_runs``: runs that leave the
    key out get the default. ``is_needed``: the trainer refuses the document if the key's block is removed.
    """

    key: str
    value: object
    span: Span
    default: object
    default_span: Span | None
    source: str
    consequence: str = ""
    changes_runs: bool = False
    is_needed: bool = False

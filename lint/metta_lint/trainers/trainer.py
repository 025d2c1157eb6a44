"""What every dialect tells of itself: its trainer, what may be changed of its runs, drift from its defaults."""

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
    """What of a trainer's runs can be changed to make them clean, and where a change is written.

    ``sizes`` are whole-number settings; those that come first are changed more readily. ``own`` says what an entry's
    own file is laid over: the beginning of a setting's key, and what that file has in its place. What no beginning fits
    is changed where it is written. ``wastes`` are quantities of its plans, beside those of all trainers, that are 0
    in a clean run.
    """

    sizes: tuple[str, ...] = ()
    own: Mapping[str, str] = {}
    wastes: tuple[str, ...] = ()


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


class TrainerVersion(NamedTuple):
    """A trainer that the user named, and the version, if one was named: ``pufferlib@3``."""

    trainer: str
    version: str | None = None


class DefaultDrift(NamedTuple):
    """One key of a document whose value is not the Python default behind it.

    ``default_span`` is the default's place where the tree holds the code, else None; ``source`` says which code it is.
    ``consequence`` is what comes of it, where more can be said than that the two differ; ``changes_runs`` says that
    runs which leave the key out get the default today; ``is_needed`` that the trainer refuses the document without its
    block.
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

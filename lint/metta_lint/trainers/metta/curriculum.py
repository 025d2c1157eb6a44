"""Reads the environments that a curriculum trains on (Hydra era, 2025-07)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metta_lint.base.documents import Span
from metta_lint.base.errors import InputError
from metta_lint.base.records import NamedTuple
from metta_lint.base.unknown import Choice, Unknown
from metta_lint.plans.run import Setting
from metta_lint.trainers.hydra import Composed, DictNode, ListNode, ValueNode
from metta_lint.trainers.hydra.interpolation import COMMAND_LINE_SPAN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from metta_lint.trainers.hydra import ConfigNode, ConfigTreeReader

DEEPEST = 20
"""Curricula within curricula: Metta's own go three deep."""
LARGEST = 500
"""Tasks of one curriculum that are read; Metta's largest has 40."""
AGENTS = "game.num_agents"


class Task(NamedTuple):
    """One environment that a curriculum can hand out: its path, its config, and the settings that are drawn for it."""

    path: str
    config: Composed
    drawn: Mapping[str, Setting] = {}


class Environments(NamedTuple):
    """What is known of a curriculum's environments.

    ``settings`` are those that all tasks share; a setting that differs between them is Unknown. ``problems`` would
    stop one of them; where a file is missing, the others are still read.
    """

    settings: dict[str, Setting]
    notes: tuple[str, ...] = ()
    problems: tuple[InputError, ...] = ()


def read_environments(
    reader: ConfigTreeReader, owner: Composed, curriculum: Setting, *, is_default: bool
) -> Environments:
    """The environments that ``trainer.curriculum`` names, or has by default, under ``trainer.env_overrides``."""
    path = str(curriculum.value)
    reading = _Reading(reader)
    where = Span(owner.files[-1], 1, 1, 1, 1) if is_default else curriculum.span
    try:
        config = _with_overrides(reading.config_at(path, where), owner, "trainer")
        tasks = list(reading.tasks(Task(path, config), where))
    except InputError as error:
        said = f" ({curriculum.key} is {path} where no file says it)" if is_default else ""
        return Environments({}, (), (*reading.problems, InputError(error.message + said, error.span)))
    settings, notes = _shared(tasks, curriculum)
    for task in tasks:
        reading.problems += task.config.problems
    return Environments(settings, notes, tuple(reading.problems))


class _Reading:
    """Reads the tree of a curriculum; what is missing in it is collected."""

    def __init__(self, reader: ConfigTreeReader) -> None:
        self.reader = reader
        self.problems: list[InputError] = []
        self._read = 0

    def config_at(self, path: str, span: Span | None) -> Composed:
        """A config by its path, without the groups that Hydra wraps it in (Metta 2025-07 config_from_path())."""
        name = path.strip("/")
        where = span or COMMAND_LINE_SPAN
        if self.reader.repository.load(name) is None:
            raise InputError(f"no config {path} in {self.reader.repository.config_dir}", where)
        composed = self.reader.compose(name, with_holes=True)
        self.problems += [hole.problem for hole in composed.holes]
        groups = name.split("/")[:-1]
        try:
            return composed.at(*groups) if groups else composed
        except KeyError as error:
            raise InputError(f"{path} has no package {'.'.join(groups)}", where) from error

    def tasks(self, task: Task, span: Span | None, depth: int = 0) -> Iterator[Task]:
        """The environments below a curriculum: itself, its template, or those of its tasks.

        A curriculum's ``env_overrides`` go over the environments of all its tasks. Raises InputError for a path
        without a config and for curricula that contain curricula without end.
        """
        self._read += 1
        if depth > DEEPEST or self._read > LARGEST:
            much = f"{depth} deep" if depth > DEEPEST else f"more than {LARGEST}"
            raise InputError(f"curricula within curricula, {much}, at {task.path}", span or Span(task.path, 1, 1, 1, 1))
        paths = _paths_below(task.config)
        if not paths:
            yield task
        for path, place in paths:
            below = _with_overrides(self.config_at(path, place), task.config)
            yield from self.tasks(Task(path, below, {**task.drawn, **_buckets(task.config)}), place, depth + 1)


def _paths_below(config: Composed) -> list[tuple[str, Span | None]]:
    template = config.written("env_cfg_template_path")
    if isinstance(template, ValueNode) and isinstance(template.value, str):
        return [(template.value, template.span)]
    return [(str(path), node.span) for path, node in _entries(config, "tasks")]


def _entries(config: Composed, key: str) -> Iterable[tuple[object, ConfigNode]]:
    node = config.written(key)
    return node.children() if isinstance(node, DictNode) else ()


def _buckets(config: Composed) -> dict[str, Setting]:
    """Settings that a bucketed curriculum draws for each task: from a list, or from the bins of a range."""
    return {str(key): Setting(str(key), _drawn(node), node.span) for key, node in _entries(config, "buckets")}


def _drawn(node: ConfigNode) -> Unknown:
    items = node.value if isinstance(node, ListNode) else []
    values = tuple(item.value for item in items if isinstance(item, ValueNode) and not isinstance(item.value, str))
    could_be = Choice(values) if values and len(values) == len(items) else None
    return Unknown("the curriculum's buckets draw it", could_be)


def _with_overrides(config: Composed, owner: Composed, *keys: str) -> Composed:
    """A config with the ``env_overrides`` of another merged over it."""
    try:
        tree = owner.at(*keys, "env_overrides").resolved_tree()
    except KeyError:
        return config
    return config.merged(tree) if isinstance(tree, DictNode) and tree.value else config


def _shared(tasks: list[Task], curriculum: Setting) -> tuple[dict[str, Setting], tuple[str, ...]]:
    """The settings of all tasks, Unknown where they differ, and notes that say so."""
    every = [{**task.config.settings, **task.drawn} for task in tasks]
    settings: dict[str, Setting] = {}
    differing = []
    for key in dict.fromkeys(key for found in every for key in found):
        first = next(found[key] for found in every if key in found)
        values = [found[key].value if key in found else None for found in every]
        if all(repr(value) == repr(values[0]) for value in values):
            settings[key] = first
        else:
            differing.append(key)
            settings[key] = Setting(key, Unknown(f"{key} differs between the tasks of {curriculum.value}"), first.span)
    notes = []
    if AGENTS in differing:
        counts = [(task.path, found.get(AGENTS)) for task, found in zip(tasks, every, strict=True)]
        said = ", ".join(f"{setting.value if setting else 'nothing'} in {path}" for path, setting in counts)
        why = f"num_agents differs between the curriculum's tasks: {said}"
        notes.append(why)
        numbers = [setting.value if setting is not None else None for _, setting in counts]
        is_known = all(isinstance(number, int) for number in numbers)
        could_be = Choice(tuple(dict.fromkeys(numbers))) if is_known else None
        settings[AGENTS] = Setting(AGENTS, Unknown(why, could_be), curriculum.span)
    if len(differing) > (AGENTS in differing):
        notes.append(f"{len(tasks)} tasks in {curriculum.value}: {len(differing)} settings differ between them")
    return settings, tuple(notes)

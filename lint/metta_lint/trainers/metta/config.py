"""Reads a Metta run of the Hydra era: the entry composed with its overrides, and the environment that it trains."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from metta_lint.discovery import holds_configs
from metta_lint.documents import Span
from metta_lint.errors import InputError, LintError
from metta_lint.hydra import Branch, Composed, ConfigTreeReader, Leaf
from metta_lint.settings import Machine, Run, Setting, Unknown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

DEEPEST_CURRICULUM = 20
"""Curricula within curricula: Metta's own go three deep."""


class Task(NamedTuple):
    """One environment that a curriculum can hand out, and the path of its config."""

    path: str
    config: Composed


def read_run(entry: str, overrides: Sequence[str] = (), machine: Machine | None = None) -> Run:
    """Compose what Metta's ``tools/train.py`` would be given, with the place of every value.

    ``overrides`` are Hydra's (``trainer.batch_size=1024``, ``+hardware=macbook``). The environment of
    ``trainer.curriculum``, with ``trainer.env_overrides`` over it, stands under ``env.``. Raises InputError for what
    stops Hydra, with the line that does.
    """
    machine = machine or Machine()
    config_dir = config_folder(entry)
    reader = ConfigTreeReader(config_dir.as_posix())
    name = Path(entry).relative_to(config_dir).with_suffix("").as_posix()
    composed = _composed(reader, name, overrides)
    settings = dict(composed.settings)
    notes: list[str] = []
    curriculum = settings.get("trainer.curriculum")
    if curriculum is not None and isinstance(curriculum.value, str):
        settings |= _environment(reader, composed, curriculum, notes)
    settings |= _machine_settings(machine)
    environments = _environments(settings)
    if any(key.startswith("sweep.") for key in settings):
        environments = {}
        notes.append("a sweep chooses its settings as it goes: it is planned, not paired")
    return Run("metta", entry, settings, environments, machine, notes=tuple(notes))


def config_folder(entry: str) -> Path:
    """The root of an entry's tree: its own folder, or the topmost of its parents that hold configs themselves."""
    folder = Path(entry).parent
    while folder.parent != folder and holds_configs(folder.parent.as_posix()):
        folder = folder.parent
    return folder


def _composed(reader: ConfigTreeReader, name: str, overrides: Sequence[str]) -> Composed:
    try:
        return reader.compose(name, overrides)
    except InputError as error:
        if error.span.path.startswith("<"):  # the command line is no file: its mistakes are usage errors
            raise LintError(f"--set: {error.message}") from error
        raise


def _machine_settings(machine: Machine) -> dict[str, Setting]:
    neither = " and --gpus (1 where there is none)" if machine.gpus is None else ""
    cpus: object = machine.cpus or Unknown(f"the machine's CPU cores are not known: say --cpus{neither}")
    gpus: object = machine.gpus or Unknown("the machine's GPUs are not known: say --gpus (1 where there is none)")
    values = {"machine.cpus": cpus, "machine.gpus": gpus, "machine.world_size": machine.world_size}
    return {key: Setting(key, value) for key, value in values.items()}


def _environments(settings: Mapping[str, Setting]) -> Mapping[str, Span | None]:
    """The package that the trainer comes from (``metta``), and the family that the environment's path names."""
    found: dict[str, Span | None] = {}
    target = settings.get("trainer._target_")
    if target is not None and isinstance(target.value, str):
        found[target.value.partition(".")[0]] = target.span
    curriculum = settings.get("trainer.curriculum")
    if curriculum is not None and isinstance(curriculum.value, str):
        parts = curriculum.value.strip("/").split("/")
        if len(parts) > 2 and parts[0] == "env":
            found[parts[1]] = curriculum.span
    return found


def _environment(
    reader: ConfigTreeReader, composed: Composed, curriculum: Setting, notes: list[str]
) -> dict[str, Setting]:
    """The settings of the environment that the curriculum hands out.

    Where its tasks differ in ``num_agents`` that is unknown, and a note says which tasks say what.
    """
    config = _with_overrides(_config_at(reader, str(curriculum.value), curriculum.span), composed, "trainer")
    tasks = list(_tasks(reader, Task(str(curriculum.value), config), curriculum.span))
    counts = {task.path: task.config.settings.get("game.num_agents") for task in tasks}
    settings = {f"env.{key}": setting._replace(key=f"env.{key}") for key, setting in tasks[0].config.settings.items()}
    values = [setting.value if setting is not None else None for setting in counts.values()]
    if any(value != values[0] for value in values[1:]):
        said = ", ".join(f"{s.value if s else 'nothing'} in {path}" for path, s in counts.items())
        why = f"num_agents differs between the curriculum's tasks: {said}"
        notes.append(why)
        settings["env.game.num_agents"] = Setting("env.game.num_agents", Unknown(why), curriculum.span)
    elif len(tasks) > 1:
        notes.append(f"{len(tasks)} tasks in {curriculum.value}; what is not num_agents is taken from {tasks[0].path}")
    return settings


def _config_at(reader: ConfigTreeReader, path: str, span: Span | None) -> Composed:
    """A config by its path, without the groups that Hydra wraps it in (Metta 2025-07 config_from_path())."""
    name = path.strip("/")
    where = span or Span("<command line>", 1, 1, 1, 1)
    if reader.load(name) is None:
        raise InputError(f"no config {path} in {reader.config_dir}", where)
    composed = reader.compose(name)
    groups = name.split("/")[:-1]
    try:
        return composed.at(*groups) if groups else composed
    except KeyError as error:
        raise InputError(f"{path} has no package {'.'.join(groups)}", where) from error


def _with_overrides(config: Composed, owner: Composed, *keys: str) -> Composed:
    """A config with the ``env_overrides`` of another merged over it."""
    try:
        overrides = owner.at(*keys, "env_overrides")
    except KeyError:
        return config
    tree = overrides.resolved_tree()
    return config.merged(tree) if isinstance(tree, Branch) and tree.entries else config


def _tasks(reader: ConfigTreeReader, task: Task, span: Span | None, depth: int = 0) -> Iterator[Task]:
    """The environments below a curriculum: itself, its template, or those of its tasks.

    A curriculum's ``env_overrides`` go over the environments of all its tasks. Raises InputError for a path that is no
    config and for curricula that never end.
    """
    if depth > DEEPEST_CURRICULUM:
        raise InputError(f"curricula within curricula, {depth} deep, at {task.path}", span or _start(task.path))
    tree = task.config.tree
    entries = tree.entries if isinstance(tree, Branch) else {}
    template, tasks = entries.get("env_cfg_template_path"), entries.get("tasks")
    paths: list[tuple[str, Span | None]] = []
    if isinstance(template, Leaf) and isinstance(template.value, str):
        paths = [(template.value, template.span)]
    elif isinstance(tasks, Branch) and tasks.entries:
        paths = [(str(path), _span_of(node)) for path, node in tasks.entries.items()]
    if not paths:
        yield task
    for path, place in paths:
        below = _with_overrides(_config_at(reader, path, place), task.config)
        yield from _tasks(reader, Task(path, below), place, depth + 1)


def _span_of(node: object) -> Span | None:
    span = getattr(node, "span", None)
    return span if isinstance(span, Span) else None


def _start(path: str) -> Span:
    return Span(path, 1, 1, 1, 1)

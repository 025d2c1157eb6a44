"""Reads a Metta run of the Hydra era: the entry composed with its overrides, and the environment that it trains."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metta_lint.base.documents import COMMAND_LINE
from metta_lint.base.errors import InputError, OverrideError, UnknownKeyError
from metta_lint.base.paths import parent_of, tidy, without_suffix
from metta_lint.base.unknown import Unknown
from metta_lint.plans.run import Machine, Run, Setting
from metta_lint.trainers.hydra import Composed, ConfigTreeReader
from metta_lint.trainers.metta.curriculum import read_environments
from metta_lint.trainers.metta.defaults import DEFAULTS, REQUIRED, SOURCE
from metta_lint.trainers.metta.model import TARGET_KEY, coerced, is_of_this_era, sections_of
from metta_lint.trainers.trees.roots import topmost_with_configs

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from metta_lint.base.documents import Span


def read_run(entry: str, overrides: Sequence[str] = (), machine: Machine | None = None) -> Run:
    """Compose what Metta's ``tools/train.py`` would be given, with the place of every value.

    ``overrides`` are Hydra's (``trainer.batch_size=1024``, ``+hardware=macbook``). The environment of
    ``trainer.curriculum``, with ``trainer.env_overrides`` over it, stands under ``env.``; missing
    trainer keys get the code's defaults. Missing files and interpolations that lead to nothing are
    ``problems`` of the run. Raises InputError for what else stops Hydra, with the line that does.
    """
    machine = machine or Machine()
    folder = topmost_with_configs(parent_of(entry))
    reader = ConfigTreeReader(folder)
    name = without_suffix(tidy(entry) if folder == "." else tidy(entry).removeprefix(folder).lstrip("/"))
    composed = _composed(reader, name, overrides)
    settings = {key: _coerced(setting) for key, setting in composed.settings.items()}
    problems = [*(hole.problem for hole in composed.holes), *composed.problems]
    notes = [f"what {hole.path} would say is unknown: it is not there" for hole in composed.holes]
    defaults = _python_defaults(composed)
    settings |= defaults
    curriculum = settings.get("trainer.curriculum")
    if curriculum is not None and isinstance(curriculum.value, str):
        found = read_environments(reader, composed, curriculum, is_default=curriculum.key in defaults)
        settings |= {f"env.{key}": setting._replace(key=f"env.{key}") for key, setting in found.settings.items()}
        notes += found.notes
        problems += found.problems
    settings |= machine_settings(machine)
    environments = _environments(settings)
    if any(key.startswith("sweep.") for key in settings) or any(hole.package == "sweep" for hole in composed.holes):
        environments = {}
        notes.append("a sweep chooses its settings as it goes: it is planned, not paired")
    once = tuple({(problem.span, problem.message): problem for problem in problems}.values())
    return Run("metta", entry, settings, environments, machine, notes=tuple(notes), problems=once)


def _coerced(setting: Setting) -> Setting:
    """A setting with the number or flag that the trainer's config makes of a text."""
    value = coerced(setting.key, setting.value)
    return setting if value is setting.value else setting._replace(value=value, note=f"written as {setting.value!r}")


def _python_defaults(composed: Composed) -> dict[str, Setting]:
    """The code's defaults for keys that no file sets; none for keys that a missing file may set."""
    said = composed.settings
    if (
        not any(key.startswith("trainer.") for key in said)
        or not is_of_this_era(said)
        or any(hole.package in ("", "trainer") or hole.package.startswith("trainer.") for hole in composed.holes)
    ):
        return {}
    not_missing = {*said, *(section for key in said for section in sections_of(key)), TARGET_KEY}
    return {
        key: Setting(key, default.certain, note=f"{SOURCE}: its default")
        for key, default in DEFAULTS.items()
        if key not in not_missing and default.value is not REQUIRED and _is_within(key, said)
    }


def _is_within(key: str, said: Mapping[str, Setting]) -> bool:
    """Whether the key can be set: no part of its path is given as a single value."""
    return not any(section in said and said[section].value != {} for section in sections_of(key))


def _composed(reader: ConfigTreeReader, name: str, overrides: Sequence[str]) -> Composed:
    try:
        return reader.compose(name, overrides, with_holes=True)
    except InputError as error:
        if error.span.path == COMMAND_LINE:  # the command line is no file: its mistakes are usage errors
            known = reader.compose(name).settings  # a missing file is said first: it may have what is overridden
            text = overrides[error.span.line - 1]
            key = text.partition("=")[0].lstrip("+~")
            if any(f"{setting}.".startswith(f"{key}.") for setting in known):
                raise OverrideError(f"--set: {error.message}", text) from error
            raise UnknownKeyError(f"--set: {error.message}", text) from error
        raise


def machine_settings(machine: Machine) -> dict[str, Setting]:
    """The host as settings: CPU cores, GPUs and processes of the launch."""
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

"""Reads a PufferLib run: default.ini, the environment's INI over it, the command line over both."""

from __future__ import annotations

import ast
from functools import lru_cache
from typing import TYPE_CHECKING

from metta_lint.base.documents import Document, Scalar, Span
from metta_lint.base.documents import Mapping as MappingNode
from metta_lint.base.errors import OverrideError, UnknownKeyError
from metta_lint.base.paths import is_below, parent_of, parents_of, tidy
from metta_lint.base.unknown import Unknown
from metta_lint.files.file_system import is_file, real_path
from metta_lint.plans.run import Callee, Machine, Run, Setting, leaf_settings
from metta_lint.sources import read
from metta_lint.sources.ini import IniValue, values
from metta_lint.trainers.pufferlib.claims import check_claims
from metta_lint.trainers.pufferlib.keys import DEFAULT_FILE, OCEAN, code_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


LONGEST_KEPT = 40
"""Characters of the longest text whose value is cached."""

UNLISTED = frozenset(
    {"bandit", "continuous", "oldgrid", "password", "performance", "performance_empiric", "stochastic"}
)
"""Environments of ocean that INIs name but MAKE_FUNCTIONS does not list, for trees without PufferLib's code.

From PufferLib 3.0.0 pufferlib/ocean/environment.py, which still has code to make all of these but ``oldgrid``.
"""

TORCHRUN = (
    "batch_size and total_timesteps are those of one rank, all ranks together have world_size times as many; "
    "pufferlib-core 3.0.23 stops under torchrun with AttributeError: 'int' object has no attribute 'type'"
)
"""PuffeRL.__init__() reads ``device.type``, and under torchrun train() replaces the device by its number."""


def read_run(entry: str, overrides: Sequence[str] = (), machine: Machine | None = None) -> Run:
    """Read the settings that ``puffer train`` would get, with the place of every value.

    ``overrides`` are ``section.key=value``, dashes or underscores, as PufferLib's command line has them. Raises
    InputError for a file that cannot be read or is claimed twice, LintError for an override that cannot be applied.
    """
    machine = machine or Machine()
    default = find_default(entry)
    documents = layers(entry, default)
    if default is not None and default != entry:
        check_claims(entry, default, documents[-1])
    settings = {
        setting.key: setting
        for section, entries in values(documents).items()
        if section.partition(".")[0] != "sweep"
        for setting in section_settings(section, entries)
    }
    library = _library(default or entry)
    settings |= _environment_yaml(library, settings)
    for override in overrides:
        setting = _override(override, settings)
        settings[setting.key] = setting
    settings["machine.world_size"] = Setting("machine.world_size", machine.world_size)
    notes = () if default else ("no default.ini above this file: only what it says itself is known",)
    if machine.world_size > 1:
        notes = (*notes, TORCHRUN)
    callee = _callee(library, settings)
    if callee is not None:
        settings = {**_defaults_of(callee), **settings}
    return Run(
        "pufferlib",
        entry,
        settings,
        _environments(settings),
        machine,
        notes=notes,
        callee=callee,
        is_complete=default is not None,
        sections=headers(documents),
    )


def layers(entry: str, default: str | None) -> list[Document]:
    """The files that PufferLib reads for an INI: default.ini, if there is one, and the INI over it."""
    return [read(entry)] if default in (None, entry) else [read(str(default)), read(entry)]


def headers(documents: Sequence[Document]) -> dict[str, Span]:
    """The header of each section, in the last file that has the section."""
    roots = [document.root for document in documents if isinstance(document.root, MappingNode)]
    return {str(name): entry.key_span for root in roots for name, entry in root.entries.items()}


def find_default(entry: str) -> str | None:
    """The ``default.ini`` that PufferLib lays under an INI: the nearest in its own or a parent folder."""
    candidates = (tidy(f"{folder}/{DEFAULT_FILE}") for folder in parents_of(entry))
    return next(filter(is_file, candidates), None)


def parse_value(text: str) -> object:
    """A value as PufferLib reads it: a Python literal, else the text (``1e6`` is a float, ``true`` a string)."""
    # Cached, since default.ini is read again for every INI. A list or dictionary is not: a caller could change it.
    is_kept = len(text) <= LONGEST_KEPT and "[" not in text and "{" not in text
    return _literal(text) if is_kept else _literal.__wrapped__(text)


@lru_cache(maxsize=4096)
def _literal(text: str) -> object:
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return text


def section_settings(section: str, entries: Mapping[str, IniValue]) -> Iterator[Setting]:
    """The keys of a section as settings, their values as PufferLib reads them."""
    for key, value in entries.items():
        yield Setting(f"{section}.{key}", parse_value(value.text), value.span, value.overrides)


def _override(text: str, settings: Mapping[str, Setting]) -> Setting:
    name, separator, value = text.partition("=")
    key = name.strip().lstrip("-").replace("-", "_")
    if not separator or not key:
        raise UnknownKeyError(f"--set {text}: expected section.key=value", text)
    if "." not in key:
        key = f"base.{key}"
    before = settings.get(key)
    if before is None and not key.startswith("env."):
        message = f"--set {text}: no INI has {key}, and PufferLib's command line has only what an INI has"
        raise UnknownKeyError(message, text)
    if before is None:
        return Setting(key, parse_value(value), note="command line; no INI has this key")
    try:
        parsed = _as_argparse(value, before.value)
    except (ValueError, TypeError) as error:
        message = f"--set {text}: PufferLib takes this key as {type(before.value).__name__}: {error}"
        raise OverrideError(message, text) from error
    return Setting(key, parsed, None, before.spans, "command line")


def _as_argparse(text: str, default: object) -> object:
    """A command-line value, converted to the type of the INI's value (argparse in PufferLib 3.0 load_config())."""
    if default == "auto":
        return text if text == "auto" else int(text) if text.isnumeric() else float(text)
    if default is None:
        raise TypeError("the INI says None, and NoneType takes no argument")
    converted: object = type(default)(text)  # type: ignore[call-arg]
    return converted


def _environments(settings: Mapping[str, Setting]) -> Mapping[str, Span | None]:
    found: dict[str, Span | None] = {}
    for key in ("base.package", "base.env_name"):
        setting = settings.get(key)
        if setting is not None and isinstance(setting.value, str):
            found |= dict.fromkeys(setting.value.split(), setting.span)
    return found


def _callee(library: str, settings: Mapping[str, Setting]) -> Callee | None:
    """What the environments take, read from their code; without the code, only which of them are not registered."""
    package, names = (settings.get(f"base.{key}") for key in ("package", "env_name"))
    if package is None or names is None or not isinstance(package.value, str) or not isinstance(names.value, str):
        return None
    environments = tuple(names.value.split())
    if not _has_code(library, package.value):
        unlisted = tuple(name for name in environments if name.removeprefix("puffer_") in UNLISTED)
        is_known = package.value == OCEAN and unlisted
        return Callee(frozenset(), anything=True, unregistered=unlisted) if is_known else None
    from metta_lint.trainers.pufferlib.signatures import callee_below

    return callee_below(library, package.value, environments)


def _defaults_of(callee: Callee) -> dict[str, Setting]:
    """The environment's own defaults, as settings of ``[env]``."""
    return {
        f"env.{name}": Setting(f"env.{name}", value, span, note="the environment's default")
        for name, (value, span) in callee.defaults.items()
    }


def has_code(document: Document) -> bool:
    """Whether the tree holds the code of an INI's environments."""
    package = document.root.get("base", "package") if isinstance(document.root, MappingNode) else None
    library = _library(find_default(document.path) or document.path)
    return isinstance(package, Scalar) and _has_code(library, str(package.value))


def _has_code(library: str, package: str) -> bool:
    return package.isidentifier() and is_file(tidy(f"{library}/{code_of(package)}"))


def _library(default: str) -> str:
    """PufferLib's folder: the one that holds ``config/default.ini`` and ``environments/``."""
    return parent_of(parent_of(default))


def _environment_yaml(library: str, settings: Mapping[str, Setting]) -> dict[str, Setting]:
    """The settings of the YAML beside the environment's code (``environments/<package>/<package>.yaml``)."""
    package = settings.get("base.package")
    if package is None or not isinstance(package.value, str) or not package.value.isidentifier():
        return {}
    path = tidy(f"{library}/environments/{package.value}/{package.value}.yaml")
    config = settings.get("env.config")
    if config is not None and isinstance(config.value, str):
        tree = tidy(real_path(parent_of(library)))
        path = tidy(real_path(f"{tree}/{config.value}"))
        if not is_below(path, tree):  # a config must not make the linter read files outside of its tree
            return {}
    if not is_file(path):
        return {}
    found = leaf_settings(read(path).root, "env")
    return {setting.key: setting._replace(value=_yaml_value(setting.value)) for setting in found}


def _yaml_value(value: object) -> object:
    if value == "???":
        return Unknown("it is ??? in the environment's YAML")
    if isinstance(value, str) and "${" in value:
        return Unknown("it is an interpolation in the environment's YAML")
    return value

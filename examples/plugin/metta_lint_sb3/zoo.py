"""Reads runs of the zoo: one entry of ``hyperparams/ppo.yml``, or the ``config.yml`` of a trained agent.

The zoo reads the file with ``yaml.safe_load`` and takes the entry of the environment (rl_zoo3 2.9 exp_manager.py
read_hyperparameters()); what the entry leaves out has the defaults of ``PPO.__init__`` (stable_baselines3 2.9 ppo.py).
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from metta_lint.api.dialects import (
    Document,
    InputError,
    LintError,
    Machine,
    Mapping,
    Run,
    Scalar,
    Setting,
    Span,
    Trainer,
    bytes_of,
    close_names,
    parse_yaml,
    plain,
    split_entry,
)
from metta_lint_sb3 import trained
from metta_lint_sb3.plan import derive

if TYPE_CHECKING:
    from collections.abc import Sequence

NAME = "sb3"
STEMS = ("ppo", "config")
"""What the zoo calls the file: after the algorithm, or ``config.yml`` beside a trained agent."""
DEFAULTS = {
    "n_envs": 1,
    "n_steps": 2048,
    "batch_size": 64,
    "n_epochs": 10,
    "learning_rate": 3e-4,
    "gamma": 0.99,
    "gae_lambda": 0.95,
    "clip_range": 0.2,
    "clip_range_vf": None,
    "normalize_advantage": True,
    "ent_coef": 0.0,
    "vf_coef": 0.5,
    "max_grad_norm": 0.5,
    "target_kl": None,
}
"""PPO.__init__'s, and the zoo's own of n_envs."""


def entries(path: str, data: bytes) -> Sequence[str]:
    """The runs that a file holds: one for each environment; the path itself for a trained agent's config."""
    if PurePosixPath(path).stem not in STEMS:
        return ()
    if trained.claims(path, data):
        return (path,) if b"n_steps" in data else ()
    if b"n_timesteps" not in data:
        return ()
    try:
        return tuple(f"{path}:{name}" for name in _environments(parse_yaml(data, path)))
    except InputError:
        return (path,)  # reading it as a run says what is wrong with it


def read_run(entry: str, overrides: Sequence[str] = (), machine: Machine | None = None) -> Run:
    """Read one run. Overrides are ``n_steps=512``, as ``train.py --hyperparams n_steps:512``.

    Raises InputError for what cannot be read, LintError for an entry that does not name one of several runs.
    """
    path, name = split_entry(entry)
    document = _document(path)
    hyperparameters, place = _chosen(document, name, path)
    settings = {
        str(key): Setting(f"params.{key}", plain(found.value), found.value.span)
        for key, found in hyperparameters.entries.items()
    }
    for override in overrides:
        key, value = _override(override)
        before = settings.get(key)
        overridden = () if before is None or before.span is None else (before.span,)
        settings[key] = Setting(f"params.{key}", value, None, overridden, "the command line")
    for key, value in DEFAULTS.items():
        settings.setdefault(key, Setting(f"params.{key}", value, note="Stable-Baselines3's default"))
    keyed = {setting.key: setting for setting in settings.values()}
    return Run(NAME, entry, keyed, {name: place} if name else {}, machine or Machine())


def _document(path: str) -> Document:
    """The file as ``yaml.safe_load`` has it: a number like 1e-4 is a text there."""
    data = bytes_of(path)
    return trained.parse(data, path) if trained.claims(path, data) else parse_yaml(data, path)


def _environments(document: Document) -> dict[str, tuple[Mapping, Span]]:
    """The entries of a file of hyperparameters, each with the place of its name."""
    root = document.root
    found = root.entries.items() if isinstance(root, Mapping) else ()
    return {
        str(name): (entry.value, entry.key_span)
        for name, entry in found
        if isinstance(entry.value, Mapping) and "n_timesteps" in entry.value.entries
    }


def _chosen(document: Document, name: str, path: str) -> tuple[Mapping, Span | None]:
    if isinstance(document.root, Mapping) and isinstance(document.root.get("n_timesteps"), Scalar):
        return document.root, None
    environments = _environments(document)
    if name in environments:
        return environments[name]
    close = close_names(name, environments) or list(environments)[:1]
    if not close:
        raise InputError("no entry has n_timesteps: no file of hyperparameters", document.root.span)
    said = f"has no entry {name!r}" if name else f"holds {len(environments)} runs"
    raise LintError(f"{path} {said}: name one, as {path}:{close[0]}")


def _override(text: str) -> tuple[str, object]:
    key, separator, value = text.partition("=")
    if not separator:
        raise LintError(f"--set {text}: it must be KEY=VALUE")
    return key.strip().removeprefix("params."), plain(parse_yaml(value.encode(), "--set").root) if value else None


SB3 = Trainer(NAME, read_run, derive, suffixes=(".yml", ".yaml"), entries=entries)

"""Reads a run of Metta's pydantic era: a TrainerConfig in Python and its defaults, or a dump of a resolved config."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from metta_lint.base.documents import Mapping, Node, Scalar, Span, leaves, mappings, plain
from metta_lint.base.errors import InputError, UnknownKeyError
from metta_lint.base.paths import from_folder, parent_of, parents_of
from metta_lint.base.unknown import Unknown
from metta_lint.base.wording import did_you_mean
from metta_lint.files.file_system import is_folder
from metta_lint.plans.run import Machine, Run, Setting, leaf_settings, split_entry
from metta_lint.sources import read
from metta_lint.sources.syntax import PYTHON
from metta_lint.trainers.metta.config import machine_settings
from metta_lint.trainers.metta.pydantic_era.defaults import NODES, TRAINER, TRAINING_ENV
from metta_lint.trainers.metta.pydantic_era.entries import CONFIG_CLASS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from metta_lint.sources.python_tree import Tree

ENVIRONMENT = ("metta.rl.training.training_environment", "TrainingEnvironmentConfig")
NODE_CONFIGS = {
    "ppo_actor": ("metta.rl.nodes.ppo_actor", "PPOActorConfig"),
    "ppo_critic": ("metta.rl.nodes.ppo_critic", "PPOCriticConfig"),
}
NODE_GROUPS = ("trainer.nodes", "trainer.losses")
GROUPS = ("trainer", "training_env")
NUM_AGENTS = "env.game.num_agents"
SIZES = (
    "trainer.batch_size",
    "trainer.minibatch_size",
    "training_env.num_workers",
    "training_env.async_factor",
    "training_env.forward_pass_minibatch_target_size",
    NUM_AGENTS,
)
CLOCKS = ("trainer.update_epochs", "trainer.total_timesteps")
WHOLE = frozenset({*SIZES, *CLOCKS, "trainer.bptt_horizon"})
"""Settings that are whole numbers."""
TABLE = "Metta 2026-01's default"


def read_run(entry: str, overrides: Sequence[str] = (), machine: Machine | None = None) -> Run:
    """Read what Metta's ``tools/train.py`` of 2026 would be given, with the place of every value that a file says.

    ``entry`` is a Python file (``trainer_config.py``, ``trainer_config.py:TrainerConfig``), whose imports are followed
    in its tree, or a JSON or YAML dump. ``overrides`` are ``trainer.batch_size=1024``. Raises InputError for what
    cannot be read, LintError for overrides of missing keys.
    """
    machine = machine or Machine()
    path, name = split_entry(entry)
    found = _declared(path, name or CONFIG_CLASS) if PYTHON.fits(path) else map(_as_taken, _dumped(path))
    settings = {setting.key: setting for setting in found}
    settings |= {key: setting for key, setting in _assumed(settings).items() if key not in settings}
    for override in overrides:
        setting = _override(override, settings)
        settings[setting.key] = setting
    settings |= machine_settings(machine)
    agents = settings.get(NUM_AGENTS)
    return Run("metta", entry, settings, {"metta": agents.span if agents else None}, machine)


# -- dumps -------------------------------------------------------------------------------------------------------------


def _as_taken(setting: Setting) -> Setting:
    """A dump's setting as pydantic converts it: 1e6 becomes an integer where one is required."""
    value = setting.value
    if setting.key in WHOLE and isinstance(value, float) and value.is_integer():
        return setting._replace(value=int(value))
    return setting


def _dumped(path: str) -> Iterator[Setting]:
    root = read(path).root
    if not isinstance(root, Mapping) or not isinstance(root.get("trainer"), Mapping):
        raise InputError("no resolved config: it has no mapping 'trainer'", root.span)
    for group in GROUPS:
        node = root.get(group)
        if isinstance(node, Mapping):
            own = Mapping({key: entry for key, entry in node.entries.items() if key != "curriculum"}, node.span)
            yield from leaf_settings(own, group)
    scheduler = root.get("scheduler")
    if scheduler is not None:
        yield Setting("scheduler", plain(scheduler), scheduler.span)
    curriculum = root.get("training_env", "curriculum")
    if curriculum is not None:
        yield from _environment(curriculum)


def _environment(curriculum: Node) -> Iterator[Setting]:
    """The environment that a dumped curriculum hands out; where its tasks differ in agents, their number is unknown."""
    games = [node for key, node in mappings(curriculum) if key == "game"]
    counts = [node for game in games if (node := game.get("num_agents")) is not None]
    if len(games) == 1:
        yield from leaf_settings(games[0], "env.game")
    varied = [keys for keys, _ in leaves(curriculum) if any(str(key).endswith("game.num_agents") for key in keys)]
    values = {plain(node) for node in counts if isinstance(node, Scalar)}
    if varied or len(values) > 1:
        yield Setting(NUM_AGENTS, Unknown("the curriculum's tasks differ in num_agents"), curriculum.span)
    elif counts and len(games) > 1:
        yield Setting(NUM_AGENTS, plain(counts[0]), counts[0].span)


# -- Python ------------------------------------------------------------------------------------------------------------


def _declared(path: str, name: str) -> Iterator[Setting]:
    tree, inside = _tree_of(path)
    module = tree.module(inside)
    if module is None:
        read(path)  # which says why it cannot be read
    found = tree.declared(module, name) if module is not None else None
    if found is None:
        raise InputError(f"no class {name} in this file", Span(path, 1, 1, 1, 1))
    defaults = tree.defaults(found)
    whole = isinstance(defaults.get("trainer"), Mapping)
    trainer = defaults.get("trainer") if whole else defaults
    assert trainer is not None  # noqa: S101 - for the type checker: just found
    yield from _plain_leaves(trainer, "trainer")
    training_env = defaults.get("training_env") if whole else None
    yield from _training_env(tree, training_env)
    for node, config in NODE_CONFIGS.items():
        own = _defaults_of(tree, *config)
        if own is not None:
            yield from _plain_leaves(own, f"{NODE_GROUPS[0]}.{node}")


def _tree_of(path: str) -> tuple[Tree, str]:
    """The tree that a file's absolute imports start at: the nearest folder above it that holds its first package."""
    from metta_lint.sources.python_tree import Tree

    above = (folder for folder in parents_of(path) if is_folder(f"{folder}/metta/rl"))
    folder = next(above, parent_of(path))
    return Tree(folder), from_folder(path, folder)


def _training_env(tree: Tree, given: Node | None) -> Iterator[Setting]:
    node = given if isinstance(given, Mapping) else _defaults_of(tree, *ENVIRONMENT)
    if node is None:
        return
    yield from _plain_leaves(node, "training_env")
    curriculum = node.get("curriculum")
    agents = _keyword(curriculum, "num_agents") if curriculum is not None else None
    if agents is not None:
        yield Setting(NUM_AGENTS, agents.value, agents.span)


def _defaults_of(tree: Tree, module: str, name: str) -> Mapping | None:
    """The defaults of a class; None if the tree lacks it."""
    found = tree.named(module)
    declared = tree.declared(found, name) if found is not None else None
    return tree.defaults(declared) if declared is not None else None


def _keyword(node: Node, name: str, depth: int = 0) -> Scalar | None:
    """A whole number that a call is given by a keyword, or a call among its arguments."""
    from metta_lint.sources.python_literals import DEPTH_LIMIT, Expression

    call = node.value if isinstance(node, Scalar) else None
    if not isinstance(call, Expression) or depth > DEPTH_LIMIT:
        return None
    given = (call.arguments or {}).get(name)
    if isinstance(given, Scalar) and isinstance(given.value, int):
        return given
    below = (_keyword(item, name, depth + 1) for item in (*call.positional, *(call.arguments or {}).values()))
    return next((found for found in below if found is not None), None)


def _plain_leaves(node: Node, prefix: str) -> Iterator[Setting]:
    """Defaults by key; computed ones are left to the table."""
    from metta_lint.sources.python import plain_node

    for setting in leaf_settings(plain_node(node), prefix):
        if not (isinstance(setting.value, Unknown) and setting.key in (*TRAINING_ENV, *NODE_GROUPS)):
            yield setting


# -- what no file says -------------------------------------------------------------------------------------------------


def _assumed(settings: dict[str, Setting]) -> dict[str, Setting]:
    group = next((g for g in NODE_GROUPS if any(key.startswith(f"{g}.") for key in settings)), NODE_GROUPS[0])
    nodes = {f"{group}.{key}": value for key, value in NODES.items()}
    return {key: Setting(key, value, note=TABLE) for key, value in {**TRAINER, **TRAINING_ENV, **nodes}.items()}


def _override(text: str, settings: dict[str, Setting]) -> Setting:
    key, separator, value = text.partition("=")
    key = key.strip()
    if not separator or not key:
        raise UnknownKeyError(f"--set {text}: expected key=value", text)
    curriculum, game, rest = key.partition(".game.")
    if game and curriculum.startswith("training_env.curriculum"):
        key = f"env.game.{rest}"
    before = settings.get(key)
    known = before is not None or key.startswith(("env.", *(f"{group}." for group in NODE_GROUPS)))
    if not known and key.split(".")[0] in GROUPS:
        hint = did_you_mean(key, settings)
        message = f"--set {text}: the config has no {key}, and forbids keys that it does not know{hint}"
        raise UnknownKeyError(message, text)
    return Setting(key, _value(value), None, before.spans if before is not None else (), "command line")


def _value(text: str) -> object:
    """A value of the command line: JSON, with Python's spelling of numbers and constants, else the text."""
    constants: dict[str, object] = {"True": True, "False": False, "None": None}
    if text in constants:
        return constants[text]
    try:
        return json.loads(text.replace("_", "") if text.replace("_", "").isdecimal() else text)
    except (ValueError, RecursionError):
        return text

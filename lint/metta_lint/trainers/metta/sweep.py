"""Reads Metta's sweeps of the Hydra era: ``configs/sweep/*.yaml`` over the run of their tree (Metta 2025-07)."""

from __future__ import annotations

import os
from contextlib import suppress
from functools import partial
from itertools import product
from typing import TYPE_CHECKING, TypeAlias

from metta_lint.base.documents import Mapping as MappingNode
from metta_lint.base.documents import leaves
from metta_lint.base.errors import InputError
from metta_lint.base.paths import from_folder
from metta_lint.base.unknown import Unknown
from metta_lint.base.wording import close_names
from metta_lint.files.memory import Same, recalled
from metta_lint.plans.plan import IgnoredKey
from metta_lint.plans.run import Run, Setting
from metta_lint.plans.sweeps.sweep import Parameter, Search, Stop, Sweep
from metta_lint.trainers.metta.plan import derive

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence

    from metta_lint.base.documents import Document
    from metta_lint.plans.plan import Plan
    from metta_lint.trainers.trees.tree import ConfigTree

SEARCH = Search(
    sizes=tuple(
        """
        trainer.batch_size trainer.minibatch_size trainer.bptt_horizon trainer.update_epochs trainer.total_timesteps
        trainer.forward_pass_minibatch_target_size trainer.async_factor trainer.num_workers
        """.split()
    ),
    otherwise="the sweep does not check that, and the run dies when it starts",
    ends_the_sweep=False,
    redrawn=frozenset({"minibatch-fits-batch", "minibatch-divides-batch", "horizon-divides-minibatch"}),
)
"""Metta 2025-07 metta/sweep/protein_utils.py validate_protein_suggestion() and generate_protein_suggestion()."""
AGENTS = (1, 2, 4, 8, 16, 20, 24, 32, 36, 48, 60, 64)
WORKERS = (1, 4, 16, 64)
TRAINER = "trainer/trainer"


def sweeps_of_tree(tree: ConfigTree, plans: Sequence[Plan]) -> Iterator[tuple[Hashable, Callable[[], list[Sweep]]]]:
    """A cache key for each sweep of a tree, and a function that reads it."""
    names = [name for name, document in tree.documents.items() if _is_sweep(document)]
    if names:
        base = recalled(("sweep", tree.folder, *map(Same, plans)), lambda: _base(tree, plans))
        yield from (((tree.folder, name, Same(base)), partial(_sweep, tree, name, base)) for name in names)


def _sweep(tree: ConfigTree, name: str, base: _Base) -> list[Sweep]:
    """A config's sweep; an empty list if it cannot be composed, which another finding reports."""
    try:
        composed = tree.reader.compose(name).settings
    except InputError:
        return []
    run, based_on = base
    path = tree.documents[name].path
    settings, fields = _split(composed.values(), name)
    parameters = {parameter.key: parameter for parameter in _parameters(fields)}
    sweep = Sweep(
        path=path,
        trainer="metta",
        settings=settings,
        parameters=parameters,
        run=run,
        derive=derive,
        search=SEARCH,
        planned={},
        based_on=based_on,
        chosen=any(
            key.startswith("sweep.") and setting.span is not None and setting.span.path == path
            for key, setting in run.settings.items()
        ),
        stops=tuple(_stops(fields)),
        ignored=tuple(_misspelled(parameters, run)),
        unsaid=tuple(_unsaid(run)) if based_on else (),
    )
    return [sweep]


def _is_sweep(document: Document) -> bool:
    parameters = document.root.get("parameters") if isinstance(document.root, MappingNode) else None
    return parameters is not None and any(keys[-1:] == ("distribution",) for keys, _ in leaves(parameters))


_Base: TypeAlias = tuple[Run, str | None]


def _base(tree: ConfigTree, plans: Iterable[Plan]) -> _Base:
    """The run that asks for a sweep, else what the tree's trainer config says, else nothing."""
    root = os.path.abspath(tree.folder)
    beside = os.path.dirname(root)  # paths are named from the tree's own folder on
    for plan in plans:
        inside = os.path.abspath(plan.run.entry).startswith(f"{root}{os.sep}")
        if inside and any(key.startswith("sweep.") for key in plan.run.settings):
            return plan.run, from_folder(plan.run.entry, beside)
    with suppress(InputError):
        if tree.reader.repository.load(TRAINER) is not None:
            entry = f"{tree.folder}/{TRAINER}.yaml"
            return Run("metta", entry, tree.reader.compose(TRAINER).settings), from_folder(entry, beside)
    return Run("metta", tree.folder, {}), None


def _split(found: Iterable[Setting], name: str) -> tuple[dict[str, Setting], dict[tuple[str, ...], Setting]]:
    """A sweep's own settings by name, and the fields of its parameters by their paths."""
    package = ".".join([*name.split("/")[:-1], ""])
    settings, fields = {}, {}
    for setting in found:
        key = setting.key.removeprefix(package)
        if key.startswith("parameters."):
            fields[tuple(key.split(".")[1:])] = setting
        else:
            settings[f"sweep.{key}"] = setting
    return settings, fields


def _parameters(fields: Mapping[tuple[str, ...], Setting]) -> Iterator[Parameter]:
    """The parameters: a mapping with scalars is a parameter, a mapping of mappings is a group of them."""
    groups: dict[tuple[str, ...], dict[str, Setting]] = {}
    for path, setting in fields.items():
        if len(path) > 1 and setting.span is not None:
            groups.setdefault(path[:-1], {})[path[-1]] = setting
    for path, own in groups.items():
        if not any(other[: len(path)] == path and other != path for other in groups):
            span = min(setting.span for setting in own.values() if setting.span is not None)
            yield Parameter(".".join(path), own, span)


def _stops(fields: Mapping[tuple[str, ...], Setting]) -> Iterator[Stop]:
    for path, setting in fields.items():
        beside = any(other[:-1][: len(path) - 1] == path[:-1] and len(other) > len(path) for other in fields)
        known = len(path) == 1 and path[0] in ("metric", "goal", "method")
        if beside and not known and setting.span is not None and not isinstance(setting.value, Unknown):
            message = f"parameters.{'.'.join(path)} = {setting.value}: AssertionError: a group holds parameters alone"
            yield Stop(message, setting.span, "give it distribution, min, max, mean and scale, or remove it")


def _misspelled(parameters: Mapping[str, Parameter], run: Run) -> Iterator[IgnoredKey]:
    """Unknown keys that resemble a key of the run: the trainer forbids unknown keys."""
    for key in parameters:
        group, _, name = key.rpartition(".")
        siblings = [other.rpartition(".")[2] for other in run.settings if other.rpartition(".")[0] == group]
        if name not in siblings and not any(other.startswith(f"{key}.") for other in run.settings):
            close = close_names(name, siblings, 0.85, compared=None)
            if close and f"{group}.{close[0]}" not in parameters:
                yield IgnoredKey(
                    key, "Metta's trainer config forbids keys that it does not have", f"{group}.{close[0]}"
                )


def _unsaid(run: Run) -> Iterator[Mapping[str, object]]:
    """Agents and workers, if no file sets them."""
    unsaid: dict[str, Sequence[int]] = {}
    if isinstance(run.value("env.game.num_agents"), Unknown):
        unsaid["env.game.num_agents"] = AGENTS
    if run.value("trainer.num_workers") is None and isinstance(run.value("machine.cpus"), Unknown):
        unsaid["trainer.num_workers"] = WORKERS
    for numbers in product(*unsaid.values()) if unsaid else ():
        yield dict(zip(unsaid, numbers, strict=True))

"""Plans of declared runs and of entry files, and the pairs that they make."""

from __future__ import annotations

import os
import re
from itertools import takewhile
from typing import TYPE_CHECKING

from metta_lint.base.errors import InputError, LintError, OverrideError, UnknownKeyError
from metta_lint.base.paths import tidy
from metta_lint.files.file_system import is_file
from metta_lint.plans.pair import Pair
from metta_lint.plans.run import split_entry
from metta_lint.trainers.dialects import trainer_for, trainer_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from metta_lint.plans.epochs import Backend
    from metta_lint.plans.plan import Plan
    from metta_lint.plans.run import Machine, Run
    from metta_lint.project.config import Config, PairSpec, RunSpec


def plan_run(
    run: str,
    config: Config,
    overrides: Sequence[str] = (),
    machine: Machine | None = None,
    backend: Backend | None = None,
    *,
    shared: Sequence[str] = (),
    with_problems: bool = False,
) -> Plan:
    """The plan of a run: a declared one by its name, any other by its entry file.

    ``overrides`` of the command line come after the declared ones. ``shared`` are overrides for all runs that have such
    a key, or for the run that they name (``NAME:KEY=VALUE``). Raises LintError for an unknown run, InputError for files
    that cannot be read and, unless ``with_problems``, for the first of the run's problems.
    """
    declared = config.runs.get(run)
    if declared is None and not is_file(split_entry(run)[0]):
        known = f"; declared runs: {', '.join(config.runs)}" if config.runs else "; no runs are declared"
        raise LintError(f"{run}: no such run: neither a file nor the name of a declared run{known}")
    entry = tidy(run) if declared is None else declared.entry
    given = (text for name, text in map(addressed, shared) if name in (None, run))
    every = (*(declared.overrides if declared else ()), *given, *overrides)
    try:
        trainer = trainer_for(entry)
        read = trainer.read_run(entry, every, machine or config.machine)
    except InputError:
        raise
    except LintError as error:
        if isinstance(error, UnknownKeyError) and error.override in shared:
            others = [text for text in shared if text != error.override]
            plan = plan_run(run, config, overrides, machine, backend, shared=others, with_problems=with_problems)
            note = f"--set {error.override} is skipped: {plan.run.trainer} has no such key"
            skipped = {error.override: str(error), **plan.run.skipped}
            return plan._replace(run=plan.run._replace(skipped=skipped, notes=(*plan.run.notes, note)))
        raise _placed(error, run, declared) from error
    if read.problems and not with_problems:
        raise read.problems[0]
    read = trainer.with_version(read, _version(trainer.name, declared, config))
    read = read._replace(name=run if declared is not None else None, overrides=every)
    return trainer.derive(read, backend)


_ADDRESSED = re.compile(r"([^=@:]+):(?![/\\])(.+)", re.DOTALL)


def addressed(override: str) -> tuple[str | None, str]:
    """``NAME`` (None without one: for all runs) and ``KEY=VALUE`` of an override ``NAME:KEY=VALUE``."""
    found = _ADDRESSED.fullmatch(override)
    return (found[1], found[2]) if found else (None, override)


def _placed(error: LintError, run: str, declared: RunSpec | None) -> LintError:
    """An error about an entry or an override, with its place if it stands in the configuration.

    It stays a usage error: an earlier commit may lack the key that is overridden today.
    """
    if declared is None or declared.span is None:
        return error
    if not isinstance(error, OverrideError):
        return LintError(f"{declared.span}: runs.{run}: {error}")
    place = dict(zip(declared.overrides, declared.override_spans, strict=True)).get(error.override)
    return error if place is None else LintError(f"{place}: runs.{run}: {str(error).removeprefix('--')}")


def plan_again(run: Run) -> Plan:
    """The plan of a run, read from its files again. Raises InputError if they have no such run any more."""
    trainer = trainer_for(run.entry)
    read = trainer.with_version(trainer.read_run(run.entry, run.overrides, run.machine), run.version)
    return trainer.derive(read._replace(name=run.name, overrides=run.overrides), None)


def _version(trainer: str, declared: RunSpec | None, config: Config) -> str | None:
    """The trainer's version for a run, if one is named: on the command line, else where the run is declared."""
    named = (*((declared.trainer,) if declared and declared.trainer else ()), *config.trainers)
    return next((choice.version for choice in reversed(named) if choice.trainer == trainer), None)


def same_environment(plans: Iterable[Plan]) -> list[Pair]:
    """Pairs of runs of different trainers that name the same environment. The reason says where each names it.

    Where several trees have runs of one environment, a run is paired with the nearest ones by folder.
    """
    candidates = _sharing(list(plans))
    files = {plan.run.file for candidate in candidates for plan in candidate[:2]}
    folders = {file: os.path.abspath(file).split(os.sep)[:-1] for file in files}
    nearness = [_nearness(folders[left.run.file], folders[right.run.file]) for left, right, _ in candidates]
    nearest: dict[str, int] = {}
    for (left, right, _), near in zip(candidates, nearness, strict=True):
        for plan in (left, right):
            nearest[plan.run.entry] = max(nearest.get(plan.run.entry, 0), near)
    return [
        Pair(left, right, _reason(name, left, right))
        for (left, right, name), near in zip(candidates, nearness, strict=True)
        if near == nearest[left.run.entry] == nearest[right.run.entry]
    ]


def _sharing(plans: Sequence[Plan]) -> list[tuple[Plan, Plan, str]]:
    """Every two runs of different trainers that share an environment, with the first one that they share.

    PufferLib's run is left of Metta's, a plugin's is right of both. Runs are looked up by their environments: of
    thousands, hardly any two have one in common.
    """
    ranks = {name: rank for rank, name in enumerate(trainer_names())}
    training: dict[str, list[int]] = {}
    for place, plan in enumerate(plans):
        for name in plan.run.environments:
            training.setdefault(name, []).append(place)
    found = []
    for left in plans:
        shared: dict[int, str] = {}
        for name in left.run.environments:
            for place in training[name]:
                shared.setdefault(place, name)
        rank = ranks[left.run.trainer]
        found += [(left, plans[at], shared[at]) for at in sorted(shared) if rank < ranks[plans[at].run.trainer]]
    return found


def _nearness(left: Sequence[str], right: Sequence[str]) -> int:
    """How many folders two entries have in common, from the root."""
    return sum(1 for _ in takewhile(lambda names: names[0] == names[1], zip(left, right, strict=False)))


def _reason(name: str, left: Plan, right: Plan) -> str:
    places = [f"{plan.run.environments[name] or plan.run.entry}" for plan in (left, right)]
    return f"both train {name!r} ({places[0]}, {places[1]})"


def declared_pairs(config: Config, plans: Mapping[str, Plan]) -> list[tuple[PairSpec, Pair]]:
    """The declared pairs whose runs both have a plan."""
    return [
        (spec, Pair(plans[spec.left], plans[spec.right], f"declared in {config.path}", spec.truth))
        for spec in config.pairs
        if spec.left in plans and spec.right in plans
    ]


def files_of(plan: Plan) -> set[str]:
    """The files that a run's settings are written in."""
    spans = [span for setting in plan.run.settings.values() for span in setting.spans]
    places = [*spans, *plan.run.sections.values(), *plan.run.environments.values()]
    return {plan.run.file, *(span.path for span in places if span is not None)}

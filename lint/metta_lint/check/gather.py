"""Gathering: the files of a tree, the plans of its runs, and their pairs; what cannot be read becomes a finding."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from metta_lint.base.errors import InputError, LintError
from metta_lint.base.records import NamedTuple
from metta_lint.base.wording import printable
from metta_lint.check.coverage import LookedAt
from metta_lint.plans.run import located
from metta_lint.project.discovery import discover
from metta_lint.project.runs import declared_pairs, files_of_runs, plan_run, same_environment
from metta_lint.rules.built_in import UNREADABLE
from metta_lint.rules.engine import Subjects
from metta_lint.sources import known_suffixes, read, readable
from metta_lint.trainers.dialects import one_look

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from metta_lint.check.report import Report
    from metta_lint.plans.pair import Pair
    from metta_lint.plans.plan import Plan
    from metta_lint.plans.run import Machine
    from metta_lint.project.config import Config


class Request(NamedTuple):
    """What is to be looked at: files and folders, whether they were named, and what the command line adds."""

    config: Config
    asked: Sequence[str]
    is_named: bool
    overrides: Sequence[str]
    machine: Machine

    @property
    def changes_runs(self) -> bool:
        """Whether the command line makes other runs of them than those that are declared."""
        return bool(self.overrides or self.config.trainers)


def gather(request: Request, report: Report) -> tuple[LookedAt, dict[str, Plan]]:
    """Read what is asked for into a report: what rules will look at, and the declared runs' plans by their names.

    Where runs are declared and no paths were named, those are the runs that are planned and paired.
    """
    config = request.config
    declared: dict[str, Plan] = {}
    with one_look():
        for name in config.runs:
            _plan(name, request, report, declared)
        found = discover(request.asked, respects_gitignore=config.respects_gitignore)
        for problem in found.unreadable:
            _add_unreadable(problem, report)
        report.files = len(found.files)
        _check_syntax(found.files, report)
        planned = {located(spec.entry) for spec in config.runs.values()}
        for entry in found.entries if request.is_named or not config.runs else ():
            if not planned or located(entry) not in planned:
                _plan(entry, request, report)
    report.plans.sort(key=lambda plan: not plan.run.environments)  # what is never paired comes last
    report.notes += _notes(report.plans)
    _pair(config, declared, report)
    folders = [path for path in request.asked if os.path.isdir(path)]
    _read_comments(report, files_of_runs(report.plans, folders).difference(found.files))
    looked_at = LookedAt(
        Subjects(report.plans, report.pairs, found.files, found.trees),
        named=frozenset(request.asked).difference(folders),
        entries=found.entries,
        as_declared=not request.changes_runs and request.machine == config.machine,
        complete=not report.unreadable,
    )
    return looked_at, declared


def _plan(run: str, request: Request, report: Report, into: dict[str, Plan] | None = None) -> None:
    try:
        plan = plan_run(run, request.config, request.overrides, request.machine, with_problems=True)
    except InputError as error:
        _add_unreadable(error, report)
        return
    except (ArithmeticError, ValueError, TypeError) as error:
        raise LintError(f"{run}: planning it crashed: {type(error).__name__}: {str(error)[:200]}") from error
    for problem in plan.run.problems:
        _add_unreadable(problem, report)
    report.plans.append(plan)
    if into is not None:
        into[run] = plan


def _notes(plans: Iterable[Plan]) -> list[str]:
    """The runs' notes, each once: a tree's runs share most of them."""
    runs: dict[str, list[str]] = {}
    for plan in plans:
        for note in plan.run.notes:
            runs.setdefault(note, []).append(plan.run.label)
    return [f"{_first_of(names)}: {note}" for note, names in runs.items()]


def _first_of(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"


def _check_syntax(files: Iterable[str], report: Report) -> None:
    for file in files:
        if not file.lower().endswith(known_suffixes()):
            continue
        try:
            document = read(file)
        except InputError as error:
            _add_unreadable(error, report)
        else:
            report.commented += [document] if document.comments else []


def _read_comments(report: Report, files: Iterable[str]) -> None:
    """Of files that runs read and no folder shows as configs: an environment's own YAML."""
    for file in sorted(files):
        document = readable(file)
        report.commented += [document] if document is not None and document.comments else []


def _add_unreadable(error: InputError, report: Report) -> None:
    finding = UNREADABLE.finding(printable(error.message), error.span)
    if error.repeats is not None:
        from metta_lint.sources.edits import without_repetition

        finding = finding._replace(fix=without_repetition(error.span, error.repeats))
    report.unreadable[finding] = None


def _pair(config: Config, declared: dict[str, Plan], report: Report) -> None:
    report.pairs = [pair for _, pair in declared_pairs(config, declared)]
    if not config.pairs:
        report.pairs = same_environment(report.plans)
    report.notes += [
        f"pair: {pair.left.run.label} against {pair.right.run.label}: {pair.reason}" for pair in report.pairs
    ]


def unknowns(pairs: Iterable[Pair]) -> list[str]:
    """Why a pair's quantities cannot be compared: the reasons, each once."""
    reasons: dict[str, None] = {}
    for pair in pairs:
        for plan in (pair.left, pair.right):
            for name in ("agents_per_env", "num_envs"):
                quantity = plan.quantities.get(name)
                if quantity is not None and quantity.unknown_because is not None:
                    subject = plan.run.label
                    reasons[f"not compared: {name} of {subject} is unknown: {quantity.unknown_because}"] = None
    return list(reasons)

"""Finds what there is to lint: the files, the plans of their runs, and pairs. Unreadable files become findings."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from metta_lint.base.errors import InputError, LintError
from metta_lint.base.paths import is_below
from metta_lint.base.records import NamedTuple
from metta_lint.base.wording import printable
from metta_lint.files.file_system import is_folder
from metta_lint.files.memory import recalled, remembers
from metta_lint.plans.run import Machine, located
from metta_lint.project.config import Config
from metta_lint.project.discovery import discover
from metta_lint.project.runs import declared_pairs, files_of, plan_run, same_environment
from metta_lint.rules.built_in import UNREADABLE
from metta_lint.rules.engine import Subjects
from metta_lint.sources import known_suffixes, read, readable
from metta_lint.trainers.dialects import added_trainers
from metta_lint.trainers.pufferlib.claims import one_look

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from metta_lint.base.documents import Document
    from metta_lint.plans.pair import Pair
    from metta_lint.plans.plan import Plan
    from metta_lint.rules.finding import Finding


class Request(NamedTuple):
    """What to lint: files and folders (``is_named``: on the command line), and the command line's other options."""

    config: Config = Config()
    asked: Sequence[str] = ()
    is_named: bool = False
    overrides: Sequence[str] = ()
    machine: Machine = Machine()

    @property
    def changes_runs(self) -> bool:
        """Whether options of the command line change the declared runs."""
        return bool(self.overrides or self.config.trainers)


class Gathered(NamedTuple):
    """What there is to lint.

    ``subjects`` are what rules look at, ``declared`` the plans of declared runs by name, ``entries`` the files that
    runs start from, ``commented`` the documents with comments for metta-lint, ``unreadable`` the input errors.
    """

    subjects: Subjects = Subjects()
    declared: Mapping[str, Plan] = {}
    entries: Sequence[str] = ()
    commented: Sequence[Document] = ()
    unreadable: Sequence[Finding] = ()
    notes: tuple[str, ...] = ()


def gather(request: Request) -> Gathered:
    """Read the files that are asked for, plan their runs, and pair these.

    Where runs are declared and no paths were named, only the declared runs are planned.
    """
    config = request.config
    problems: list[InputError] = []
    with one_look():
        named = [(name, _plan(name, request, problems)) for name in config.runs]
        found = discover(request.asked, respects_gitignore=config.respects_gitignore)
        problems += found.unreadable
        commented = [document for document in _documents(found.files, problems) if document.comments]
        declared_entries = {located(spec.entry) for spec in config.runs.values()}
        entries = found.entries if request.is_named or not config.runs else ()
        others = [_plan(entry, request, problems) for entry in entries if located(entry) not in declared_entries]
    declared = {name: plan for name, plan in named if plan is not None}
    plans = [*declared.values(), *(plan for plan in others if plan is not None)]
    plans.sort(key=lambda plan: not plan.run.environments)  # what is never paired comes last
    pairs = [pair for _, pair in declared_pairs(config, declared)] if config.pairs else same_environment(plans)
    folders = [path for path in request.asked if is_folder(path)]
    others_read = {file for plan in plans for file in files_of(plan)}.difference(found.files)  # an environment's YAML
    inside = (file for file in sorted(others_read) if any(is_below(file, folder) for folder in folders))
    commented += [document for file in inside if (document := readable(file)) is not None and document.comments]
    return Gathered(
        Subjects(plans, pairs, found.files, found.trees),
        declared,
        found.entries,
        commented,
        list(dict.fromkeys(map(_unreadable, problems))),
        (*_notes_of(plans), *(f"pair: {pair.label}: {pair.reason}" for pair in pairs), *unknowns(pairs)),
    )


def _plan(run: str, request: Request, problems: list[InputError]) -> Plan | None:
    try:
        plan = _planned(run, request)
    except InputError as error:
        problems.append(error)
        return None
    except LintError:
        raise
    except Exception as error:
        raise LintError(f"{run}: planning it crashed: {type(error).__name__}: {str(error)[:200]}") from error
    problems += plan.run.problems
    return plan


def _planned(run: str, request: Request) -> Plan:
    plan = partial(plan_run, run, request.config, machine=request.machine, shared=request.overrides, with_problems=True)
    if not remembers() or added_trainers():  # what a plugin's trainer reads, nobody knows
        return plan()
    return recalled(("plan", run, repr(request)), plan)


def _documents(files: Iterable[str], problems: list[InputError]) -> Iterator[Document]:
    for file in files:
        if file.lower().endswith(known_suffixes()):
            try:
                yield read(file)
            except InputError as error:
                problems.append(error)


def _unreadable(error: InputError) -> Finding:
    finding = UNREADABLE.finding(printable(error.message), error.span)
    if error.repeats is None:
        return finding
    from metta_lint.sources.edits import without_repetition
    from metta_lint.sources.key_paths import keyed_at

    return finding._replace(fix=without_repetition(error.span, error.repeats), subject=keyed_at(error.span).path)


def _notes_of(plans: Iterable[Plan]) -> list[str]:
    """The runs' notes, each once: a tree's runs share most of them."""
    runs: dict[str, list[str]] = {}
    for plan in plans:
        for note in plan.run.notes:
            runs.setdefault(note, []).append(plan.run.label)
    more = {note: f" and {len(names) - 1} more" if len(names) > 1 else "" for note, names in runs.items()}
    return [f"{names[0]}{more[note]}: {note}" for note, names in runs.items()]


def unknowns(pairs: Iterable[Pair]) -> list[str]:
    """Why a pair's quantities cannot be compared: the reasons, each once."""
    sizes = (
        (plan.run.label, quantity)
        for pair in pairs
        for plan in pair.plans
        for name in ("agents_per_env", "num_envs")
        if (quantity := plan.quantities.get(name)) is not None and quantity.unknown_because is not None
    )
    reasons = (f"not compared: {size.name} of {run} is unknown: {size.unknown_because}" for run, size in sizes)
    return list(dict.fromkeys(reasons))

"""The main command: read what a tree holds, plan its runs, pair them, and say what is wrong."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from metta_lint import plugins
from metta_lint.built_in import UNREADABLE
from metta_lint.differences import Intended
from metta_lint.discovery import discover
from metta_lint.engine import Subjects, load_rules, merged, run_rules, subject_of
from metta_lint.errors import InputError, LintError
from metta_lint.findings import SEVERITIES, Finding
from metta_lint.looked_at import LookedAt
from metta_lint.numbers import count, printable
from metta_lint.paths import slashed
from metta_lint.runs import declared_pairs, files_of_runs, plan_run, same_environment
from metta_lint.scope import Scope, scope_of
from metta_lint.selection import chosen_rules, idle_ignores, only_selected, without_file_ignores
from metta_lint.sources import known_suffixes, read
from metta_lint.trainers import one_look
from metta_lint.trees import readable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from metta_lint.api import Rule
    from metta_lint.baseline import Baseline, Held
    from metta_lint.config import Config
    from metta_lint.documents import Document
    from metta_lint.pairs import Pair
    from metta_lint.plans import Plan
    from metta_lint.settings import Machine
    from metta_lint.suppressions import Directive


class Report:
    """What a check found, and what it looked at.

    ``notes`` say which pairs were made and why, and what could not be judged because a value is unknown; ``warnings``
    what the user asked for and does not get; ``details`` what only somebody who looks for it wants to know.
    ``suppressed`` are the findings that a comment holds back, each with it; ``commented`` the documents that have some.
    ``rules`` are those that ran, ``scope`` is what was looked at, ``held`` what the baseline knows of it.
    """

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.unreadable: dict[Finding, None] = {}
        self.plans: list[Plan] = []
        self.pairs: list[Pair] = []
        self.notes: list[str] = []
        self.warnings: list[str] = []
        self.details: list[str] = []
        self.files = 0
        self.commented: list[Document] = []
        self.suppressed: list[tuple[Finding, Directive]] = []
        self.rules: tuple[Rule, ...] = ()
        self.scope = Scope()
        self.held: Held | None = None

    @property
    def exit_code(self) -> int:
        """0 nothing found, 1 findings, 2 an input that could not be read."""
        if any(finding.is_input_error for finding in self.findings):
            return 2
        return 1 if self.findings else 0


def check(
    paths: Sequence[str], config: Config, overrides: Sequence[str] = (), machine: Machine | None = None
) -> Report:
    """Lint files and folders; without paths, those of the configuration's folder.

    Where runs are declared and no paths are given, those are the runs that are planned and paired.

    Files that cannot be read become findings; the rest is still linted. Raises LintError for what concerns no file: a
    path that does not exist, a rule that crashes.
    """
    plugins.use(config.plugins)
    report = Report()
    machine = machine or config.machine
    baseline = _baseline(config)
    asked = [slashed(path) for path in paths] or [config_root(config)]
    declared: dict[str, Plan] = {}
    with one_look():
        for name in config.runs:
            _plan(name, config, overrides, machine, report, declared)
        found = discover(asked, respects_gitignore=config.respects_gitignore)
        for problem in found.unreadable:
            _add_unreadable(problem, report)
        report.files = len(found.files)
        _check_syntax(found.files, report)
        for entry in found.entries if paths or not config.runs else ():
            if not any(spec.entry == entry for spec in config.runs.values()):
                _plan(entry, config, overrides, machine, report)
    report.plans.sort(key=lambda plan: not plan.run.environments)  # what is never paired comes last
    report.notes += _notes(report.plans)
    _pair(config, declared, report)
    chosen = chosen_rules(config)
    report.rules = chosen.rules
    report.warnings += chosen.warnings
    unreadable = list(report.unreadable)
    subjects = Subjects(report.plans, report.pairs, found.files, found.trees)
    said = {finding.span for finding in unreadable}  # a default that stops a run is not said twice
    found_by_rules = [finding for finding in run_rules(chosen.rules, subjects) if finding.span not in said]
    intended = Intended(config, declared)
    folders = [path for path in asked if os.path.isdir(path)]
    looked_at = LookedAt(
        subjects,
        named=frozenset(asked).difference(folders),
        entries=found.entries,
        as_declared=not overrides and not config.trainers and machine == config.machine,
        complete=not unreadable,
    )
    _read_comments(report, files_of_runs(report.plans, folders).difference(found.files))
    kept, problems = _unsuppressed(intended.unexplained(found_by_rules), report, config, looked_at)
    found_at_all = unreadable + merged(kept) + only_selected([*intended.findings, *problems], config)
    is_complete = not (overrides or config.trainers or unreadable)
    report.scope = scope_of(asked, config_root(config), chosen, is_complete=is_complete)
    report.findings = without_file_ignores(found_at_all, config)
    if baseline is not None:
        _hold(report, baseline, config)
    report.findings.sort(key=lambda f: (SEVERITIES.index(f.severity), f.span, f.code, f.message))
    report.notes += _unknowns(report.pairs) + intended.notes
    if not paths:
        report.details += _idle_ignores([*found.files, *(finding.span.path for finding in found_at_all)], config)
    return report


def _read_comments(report: Report, files: Iterable[str]) -> None:
    """Of files that runs read and no folder shows as configs: an environment's own YAML."""
    for file in sorted(files):
        document = readable(file)
        report.commented += [document] if document is not None and document.comments else []


def _unsuppressed(
    findings: list[Finding], report: Report, config: Config, looked_at: LookedAt
) -> tuple[list[Finding], list[Finding]]:
    """The findings that no comment holds back; and what is wrong with comments."""
    if not findings and not report.commented:
        return [], []
    from metta_lint.suppressions import Suppressions

    kinds = {rule.code: subject_of(rule) for rule in report.rules}
    suppressions = Suppressions(report.commented, looked_at.subjects.files, load_rules(config.plugins), kinds)
    kept = suppressions.unsuppressed(findings)
    report.suppressed = _once(suppressions.suppressed)
    return kept, [*suppressions.problems, *suppressions.unused(looked_at)]


def _idle_ignores(files: Iterable[str], config: Config) -> list[str]:
    return [
        f"{ignore.span}: per-file-ignores {ignore.pattern!r} matches no file that was looked at"
        for ignore in idle_ignores(files, config)
    ]


def _once(suppressed: Iterable[tuple[Finding, Directive]]) -> list[tuple[Finding, Directive]]:
    """What was suppressed, each finding once, as those that are reported are."""
    by = {(finding.code, finding.span, finding.message): directive for finding, directive in suppressed}
    return [
        (finding, by[finding.code, finding.span, finding.message])
        for finding in merged(finding for finding, _ in suppressed)
    ]


def _baseline(config: Config) -> Baseline | None:
    if config.baseline is None:
        return None
    from metta_lint.baseline import load  # only now: most projects have none

    return load(config.baseline)


def _hold(report: Report, baseline: Baseline, config: Config) -> None:
    """Leave out what the baseline knows, and say what it knows in vain."""
    from metta_lint.baseline import held

    report.held = held(report.findings, baseline, report.scope)
    stale = without_file_ignores(only_selected(report.held.stale(), config), config)
    report.findings = [*report.held.new, *stale]
    if report.held.known:
        report.notes.append(f"{count(report.held.known, 'finding')} of before in {baseline.path}, not shown")


def config_root(config: Config) -> str:
    """The folder that a configuration speaks of."""
    return os.path.dirname(config.path or "") or "."


def _plan(
    run: str,
    config: Config,
    overrides: Sequence[str],
    machine: Machine,
    report: Report,
    into: dict[str, Plan] | None = None,
) -> None:
    try:
        plan = plan_run(run, config, overrides, machine, with_problems=True)
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
            runs.setdefault(note, []).append(plan.run.name or plan.run.entry)
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


def _add_unreadable(error: InputError, report: Report) -> None:
    finding = UNREADABLE.finding(printable(error.message), error.span)
    if error.repeats is not None:
        from metta_lint.edits import without_repetition

        finding = finding._replace(fix=without_repetition(error.span, error.repeats))
    report.unreadable[finding] = None


def _pair(config: Config, declared: dict[str, Plan], report: Report) -> None:
    report.pairs = [pair for _, pair in declared_pairs(config, declared)]
    if not config.pairs:
        report.pairs = same_environment(report.plans)
    report.notes += [
        f"pair: {pair.left.run.name or pair.left.run.entry} against {pair.right.run.name or pair.right.run.entry}: "
        f"{pair.reason}"
        for pair in report.pairs
    ]


def _unknowns(pairs: Iterable[Pair]) -> list[str]:
    """Why a pair's quantities cannot be compared: the reasons, each once."""
    reasons: dict[str, None] = {}
    for pair in pairs:
        for plan in (pair.left, pair.right):
            for name in ("agents_per_env", "num_envs"):
                quantity = plan.quantities.get(name)
                if quantity is not None and quantity.unknown_because is not None:
                    subject = plan.run.name or plan.run.entry
                    reasons[f"not compared: {name} of {subject} is unknown: {quantity.unknown_because}"] = None
    return list(reasons)

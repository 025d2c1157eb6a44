"""The main command: find what there is to lint, run the rules, filter their findings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metta_lint.base import plugins
from metta_lint.base.paths import from_folder, slashed
from metta_lint.base.wording import count
from metta_lint.check.coverage import Coverage
from metta_lint.check.declared import unexplained
from metta_lint.check.gather import Request, gather
from metta_lint.check.report import Report
from metta_lint.files.confined import confined
from metta_lint.rules.engine import merged, run_listed
from metta_lint.rules.finding import SEVERITIES
from metta_lint.rules.registry import chosen_rules, is_selected

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from metta_lint.check.report import Filter
    from metta_lint.plans.run import Machine
    from metta_lint.project.config import Config
    from metta_lint.rules.finding import Finding


def check(
    paths: Sequence[str],
    config: Config,
    overrides: Sequence[str] = (),
    machine: Machine | None = None,
    further: Sequence[Filter] = (),
) -> Report:
    """Lint files and folders; without paths, the configuration's folder.

    Findings go through the filters below, then through ``further`` ones. Files that cannot be read become findings; the
    rest is still linted. Raises LintError for other failures: a path that does not exist, a rule that crashes.
    """
    plugins.use(config.plugins)
    asked = [slashed(path) for path in paths] or [config.folder]
    given = [config.baseline.path] if config.baseline is not None and config.baseline.span is None else []
    with confined((*asked, *given)) as tree:  # a baseline of the command line may be a link to anywhere
        filters = (*_filters(config), *further)
        gathered = gather(request := Request(config, asked, bool(paths), overrides, machine or config.machine))
        coverage = Coverage(request, gathered, chosen := chosen_rules(config))
        found = [*gathered.unreadable, *run_listed(chosen.rules, gathered.subjects)]
        report = Report(found, coverage, (*gathered.notes, *tree.notes))
        for next_filter in filters:
            report = next_filter(report)
    return report


def _filters(config: Config) -> list[Filter]:
    """The filters of every check, in their order."""
    return [
        _only_input_errors_where_they_are,
        unexplained,  # by a declared difference
        _unsuppressed,
        _each_once,
        _wanted,
        *_new_to_baseline(config),
        _sorted,
    ]


def _only_input_errors_where_they_are(report: Report) -> Report:
    """Leave out rules' findings at the places of input errors: a missing default is reported once."""
    places = {finding.span for finding in report.findings if finding.is_input_error}
    return report._replace(findings=[f for f in report.findings if f.is_input_error or f.span not in places])


def _unsuppressed(report: Report) -> Report:
    """Leave out what a comment suppresses, and add what is wrong with comments."""
    if not report.findings and not report.coverage.gathered.commented:
        return report
    from metta_lint.check.suppressions import Suppressions

    suppressions = Suppressions(report.coverage)
    kept, suppressed = suppressions.split(report.findings)
    return report._replace(findings=[*kept, *suppressions.problems, *suppressions.unused()], suppressed=suppressed)


def _each_once(report: Report) -> Report:
    return report._replace(findings=merged(report.findings))


def _wanted(report: Report) -> Report:
    """Leave out built-in findings that are not selected (rules that are not did not run) and per-file ignores."""
    request = report.coverage.request
    details = report.details
    if request.config.file_ignores and not request.is_named:
        files = [*report.coverage.subjects.files, *(finding.span.path for finding in report.findings)]
        paths = [from_folder(file, request.config.folder) for file in files]
        details += tuple(
            f"{ignore.span}: per-file-ignores {ignore.pattern!r} matches no file that was looked at"
            for ignore in request.config.file_ignores
            if not any(map(ignore.matcher(), paths))
        )
    return report._replace(findings=_selected(report.findings, request.config), details=details)


def _selected(findings: Iterable[Finding], config: Config) -> list[Finding]:
    """The findings whose code is selected and not ignored in their file, and all input errors."""
    ignores = [(ignore.codes, ignore.matcher()) for ignore in config.file_ignores]

    def is_wanted(found: Finding) -> bool:
        path = from_folder(found.span.path, config.folder) if ignores else ""
        ignored = (code.prefix for codes, matches in ignores if matches(path) for code in codes)
        return is_selected(found.code, config.selectors) and not found.code.startswith(tuple(ignored))

    return [found for found in findings if found.is_input_error or is_wanted(found)]


def _new_to_baseline(config: Config) -> list[Filter]:
    """Leave out what is in the baseline, if there is one, and add a finding for each entry that no longer occurs.

    Raises LintError for a baseline that cannot be read.
    """
    if config.baseline is None:
        return []
    from metta_lint.check.baseline import held, load

    baseline = load(config.baseline)

    def new(report: Report) -> Report:
        found = held(report.findings, baseline, report.coverage)
        note = f"{count(found.known, 'finding')} of before in {baseline.path}, not shown"
        notes = (*report.notes, note) if found.known else report.notes
        return report._replace(findings=[*found.new, *_selected(found.stale(), config)], notes=notes, held=found)

    return [new]


def _sorted(report: Report) -> Report:
    def rank(finding: Finding) -> tuple[object, ...]:
        return SEVERITIES.index(finding.severity), finding.span, finding.code, finding.message

    return report._replace(findings=sorted(report.findings, key=rank))

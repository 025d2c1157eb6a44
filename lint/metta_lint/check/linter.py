"""The main command: read what a tree holds, plan its runs, pair them, and say what is wrong."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from metta_lint.base import plugins
from metta_lint.base.paths import slashed
from metta_lint.base.wording import count
from metta_lint.check.coverage import scope_of
from metta_lint.check.declared import Intended
from metta_lint.check.gather import Request, gather, unknowns
from metta_lint.check.report import Report
from metta_lint.rules.engine import load_rules, merged, run_rules, subject_of
from metta_lint.rules.finding import SEVERITIES, Finding
from metta_lint.rules.selection import chosen_rules, idle_ignores, only_selected, without_file_ignores

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from metta_lint.check.baseline import Baseline
    from metta_lint.check.coverage import LookedAt
    from metta_lint.check.suppressions import Directive
    from metta_lint.plans.run import Machine
    from metta_lint.project.config import Config


def check(
    paths: Sequence[str], config: Config, overrides: Sequence[str] = (), machine: Machine | None = None
) -> Report:
    """Lint files and folders; without paths, those of the configuration's folder.

    What rules find goes through declared differences, suppressions, the selection, ignores by file and the baseline, in
    this order. Files that cannot be read become findings; the rest is still linted. Raises LintError for what concerns
    no file: a path that does not exist, a rule that crashes.
    """
    plugins.use(config.plugins)
    baseline = _baseline(config)
    asked = [slashed(path) for path in paths] or [config_root(config)]
    request = Request(config, asked, bool(paths), overrides, machine or config.machine)
    report = Report()
    looked_at, declared = gather(request, report)
    chosen = chosen_rules(config)
    report.rules = chosen.rules
    report.warnings += chosen.warnings
    unreadable = list(report.unreadable)
    is_complete = not request.changes_runs and not unreadable
    report.scope = scope_of(asked, config_root(config), chosen, looked_at.subjects, is_complete=is_complete)
    said = {finding.span for finding in unreadable}  # a default that stops a run is not said twice
    found = [finding for finding in run_rules(chosen.rules, looked_at.subjects) if finding.span not in said]
    intended = Intended(config, declared)
    kept, problems = _unsuppressed(intended.unexplained(found), report, config, looked_at)
    every = unreadable + merged(kept) + only_selected([*intended.findings, *problems], config)
    report.findings = without_file_ignores(every, config)
    if baseline is not None:
        _hold(report, baseline, config)
    report.findings.sort(key=lambda f: (SEVERITIES.index(f.severity), f.span, f.code, f.message))
    report.notes += unknowns(report.pairs) + intended.notes
    if not paths:
        report.details += _idle_ignores([*looked_at.subjects.files, *(finding.span.path for finding in every)], config)
    return report


def config_root(config: Config) -> str:
    """The folder that a configuration speaks of."""
    return os.path.dirname(config.path or "") or "."


def _unsuppressed(
    findings: list[Finding], report: Report, config: Config, looked_at: LookedAt
) -> tuple[list[Finding], list[Finding]]:
    """The findings that no comment holds back; and what is wrong with comments."""
    if not findings and not report.commented:
        return [], []
    from metta_lint.check.suppressions import Suppressions

    kinds = {rule.code: subject_of(rule) for rule in report.rules}
    suppressions = Suppressions(report.commented, looked_at.subjects.files, load_rules(config.plugins), kinds)
    kept = suppressions.unsuppressed(findings)
    report.suppressed = _once(suppressions.suppressed)
    return kept, [*suppressions.problems, *suppressions.unused(looked_at)]


def _once(suppressed: Iterable[tuple[Finding, Directive]]) -> list[tuple[Finding, Directive]]:
    """What was suppressed, each finding once, as those that are reported are."""
    by = {(finding.code, finding.span, finding.message): directive for finding, directive in suppressed}
    return [
        (finding, by[finding.code, finding.span, finding.message])
        for finding in merged(finding for finding, _ in suppressed)
    ]


def _idle_ignores(files: Iterable[str], config: Config) -> list[str]:
    return [
        f"{ignore.span}: per-file-ignores {ignore.pattern!r} matches no file that was looked at"
        for ignore in idle_ignores(files, config)
    ]


def _baseline(config: Config) -> Baseline | None:
    if config.baseline is None:
        return None
    from metta_lint.check.baseline import load

    return load(config.baseline)


def _hold(report: Report, baseline: Baseline, config: Config) -> None:
    """Leave out what the baseline knows, and say what it knows in vain."""
    from metta_lint.check.baseline import held

    report.held = held(report.findings, baseline, report.scope)
    stale = without_file_ignores(only_selected(report.held.stale(), config), config)
    report.findings = [*report.held.new, *stale]
    if report.held.known:
        report.notes.append(f"{count(report.held.known, 'finding')} of before in {baseline.path}, not shown")

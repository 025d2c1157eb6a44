"""``metta-lint check``."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import click

from metta_lint.cli.baseline import BaselineOptions, baseline_options, keep_baseline, with_baseline
from metta_lint.cli.fix import (
    FixOptions,
    fix_options,
    with_fixes,
    with_pairs_taken,
    with_sizes_solved,
    without_effect,
)
from metta_lint.cli.options import (
    HistoryOptions,
    LaunchOptions,
    OutputOptions,
    ReportOptions,
    RuleOptions,
    config_option,
    gitignore_option,
    given,
    history_options,
    launch_options,
    output_options,
    report_options,
    rule_options,
    warn,
    with_rules,
)
from metta_lint.cli.output import emit, style

if TYPE_CHECKING:
    from collections.abc import Iterator

    from metta_lint.check.report import Filter, Report


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATH...]")
@config_option
@launch_options
@rule_options
@click.option("--since", metavar="REV", help="Only findings that the commit where HEAD left REV had not.")
@history_options
@baseline_options
@fix_options
@report_options
@gitignore_option
@output_options
def check(
    paths: tuple[str, ...],
    config_path: str | None,
    since: str | None,
    respect_gitignore: bool | None,
    *,
    launch: LaunchOptions,
    rules: RuleOptions,
    history: HistoryOptions,
    baselines: BaselineOptions,
    fixes: FixOptions,
    reporting: ReportOptions,
    output: OutputOptions,
) -> int:
    """Lint configs: PATH are files or folders; by default the declared runs, else this folder."""
    from metta_lint.check.linter import check as run_check
    from metta_lint.cli.pair import check_taken
    from metta_lint.reports.formats import report_text, statistics_text
    from metta_lint.rules.finding import at_least

    config, machine = given(config_path, paths, launch)
    if respect_gitignore is not None:
        config = config._replace(respects_gitignore=respect_gitignore)
    config = with_rules(config, rules)
    for option, asked in (("--since", since), ("--diff", fixes.diff)):
        if asked and baselines.changes_file:
            raise click.UsageError(f"{option} shows a part of what is found, and a baseline holds all of it")
    applied = with_baseline(config, baselines)
    further = list(_further(since, fixes))

    def look() -> Report:
        report = run_check(paths, applied, launch.overrides, machine, further)
        check_taken(launch, report.plans)
        return report

    if fixes.fix or fixes.diff:
        report, code = with_fixes(look, paths or (config.folder,), fixes, reporting.severity, output)
    else:
        report, code = look(), 0
    warn((*without_effect(fixes), *report.warnings, *(report.details if output.verbose else ())))
    if not fixes.diff:
        report = keep_baseline(report, config, baselines)
        report = report._replace(findings=at_least(reporting.severity, report.findings))
        if history.history:
            from metta_lint.history import with_histories

            report = with_histories(report, history.history_limit)
        write = statistics_text if reporting.statistics else report_text
        emit(write(report, reporting.output_format, style(output)), output.output_file)
        code = max(code, report.exit_code)
    return 0 if reporting.exit_zero and code == 1 else code


def _further(since: str | None, fixes: FixOptions) -> Iterator[Filter]:
    """What else findings go through: what an earlier commit had goes, and others get the fixes that are asked for."""
    if since is not None:
        from metta_lint.history.since import only_new

        yield partial(only_new, since)
    yield partial(with_pairs_taken, fixes.take)
    if fixes.fix or fixes.diff or fixes.unsafe_fixes:
        yield with_sizes_solved

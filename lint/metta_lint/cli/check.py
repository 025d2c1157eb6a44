"""``metta-lint check``."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import click

from metta_lint.base.records import NamedTuple
from metta_lint.cli.baseline import BaselineOptions, baseline_options, keep_baseline, with_baseline
from metta_lint.cli.fix import FixOptions, fix_filters, fix_options, with_fixes, without_effect
from metta_lint.cli.options import (
    HistoryOptions,
    LaunchOptions,
    OutputOptions,
    RuleOptions,
    given,
    history_options,
    launch_options,
    option_group,
    output_options,
    rule_options,
    warn,
    with_rules,
)
from metta_lint.cli.output import emit
from metta_lint.reports.formats import FORMATS
from metta_lint.rules.finding import SEVERITIES

if TYPE_CHECKING:
    from metta_lint.check.report import Report
    from metta_lint.rules.finding import Severity


class CheckOptions(NamedTuple):
    """Which findings are reported, and which of them count for the exit code."""

    since: str | None
    respect_gitignore: bool | None
    severity: Severity
    statistics: bool
    exit_zero: bool


check_options = option_group(
    "options",
    CheckOptions,
    click.option("--since", metavar="REV", help="Only findings that are new since HEAD and REV parted."),
    click.option(
        "--severity",
        type=click.Choice(SEVERITIES[::-1]),
        default=SEVERITIES[-1],
        show_default=True,
        help="The lowest severity that is reported and counts for the exit code.",
    ),
    click.option("--statistics", is_flag=True, help="Count the findings by code instead of listing them."),
    click.option(
        "--exit-zero",
        is_flag=True,
        help="Exit with 0 whatever is found; with 2 still for an input that cannot be read.",
    ),
    click.option(
        "--respect-gitignore/--no-respect-gitignore",
        default=None,
        help="Whether files that git ignores are left out (default: yes; respect-gitignore in the configuration).",
    ),
)


@click.command("check")
@click.argument("paths", nargs=-1, metavar="[PATH...]")
@launch_options
@rule_options
@history_options
@baseline_options
@fix_options
@check_options
@output_options(*FORMATS)
def command(
    paths: tuple[str, ...],
    *,
    launch: LaunchOptions,
    rules: RuleOptions,
    history: HistoryOptions,
    baselines: BaselineOptions,
    fixes: FixOptions,
    options: CheckOptions,
    output: OutputOptions,
) -> int:
    """Lint configs: PATH are files or folders; by default the declared runs, else this folder."""
    from metta_lint.check.linter import check
    from metta_lint.cli.pair import check_overrides
    from metta_lint.rules.finding import at_least

    config, machine = given(paths, launch)
    if options.respect_gitignore is not None:
        config = config._replace(respects_gitignore=options.respect_gitignore)
    config = with_rules(config, rules)
    for option, asked in (("--since", options.since), ("--diff", fixes.diff)):
        if asked and baselines.changes_file:
            raise click.UsageError(f"{option} shows a part of what is found, and a baseline holds all of it")
    applied = with_baseline(config, baselines)
    further = list(fix_filters(fixes))
    if options.since is not None:
        from metta_lint.history.since import only_new

        further.insert(0, partial(only_new, options.since))

    def look() -> Report:
        report = check(paths, applied, launch.overrides, machine, further)
        check_overrides(launch, report.plans)
        return report

    if fixes.fix or fixes.diff:
        report, code = with_fixes(look, paths or (config.folder,), fixes, options.severity, output)
    else:
        report, code = look(), 0
    warn((*without_effect(fixes), *report.warnings, *(report.details if output.verbose else ())))
    if not fixes.diff:
        report = keep_baseline(report, config, baselines)
        report = report._replace(findings=at_least(options.severity, report.findings))
        if history.history:
            from metta_lint.history import with_histories

            report = with_histories(report, history.history_limit)
        if options.statistics:
            from metta_lint.reports.statistics import statistics_text as write
        else:
            from metta_lint.reports.formats import report_text as write
        emit(write(report, output.output_format, output.style), output)
        code = max(code, report.exit_code)
    return 0 if options.exit_zero and code == 1 else code

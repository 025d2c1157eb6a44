"""``metta-lint check``."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import click

from metta_lint.cli.baseline import baseline_options, keep_baseline, with_baseline
from metta_lint.cli.fix import fix_options, with_fixes, with_pairs_taken, with_sizes_solved, without_effect
from metta_lint.cli.options import (
    config_option,
    gitignore_option,
    given,
    history_options,
    machine_options,
    option_group,
    output_options,
    report_options,
    rule_options,
    set_option,
    trainer_option,
    warn,
    with_rules,
)
from metta_lint.cli.output import emit, style

if TYPE_CHECKING:
    from collections.abc import Iterator

    from metta_lint.check.report import Filter, Report


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATH...]")
@option_group(
    config_option,
    machine_options,
    trainer_option,
    set_option,
    rule_options,
    click.option("--since", metavar="REV", help="Only findings that the commit where HEAD left REV had not."),
    history_options,
    baseline_options,
    fix_options,
    report_options,
    gitignore_option,
    output_options,
)
def check(paths: tuple[str, ...], config_path: str | None, overrides: tuple[str, ...], **options: Any) -> int:
    """Lint configs: PATH are files or folders; by default the declared runs, else this folder."""
    from metta_lint.check.linter import check as run_check
    from metta_lint.reports.formats import report_text, statistics_text
    from metta_lint.rules.finding import at_least

    config, machine = given(config_path, paths[0] if paths else ".", options)
    config = with_rules(config, options)
    applied = with_baseline(config, options)

    further = list(_further(options))

    def look() -> Report:
        return run_check(paths, applied, overrides, machine, further)

    if options["fix"] or options["diff"]:
        report, code = with_fixes(look, paths or (config.folder,), options)
    else:
        report, code = look(), 0
    warn((*without_effect(options), *report.warnings, *(report.details if options["verbose"] else ())))
    if options["diff"]:
        return _exit_code(code, options)
    report = keep_baseline(report, config, options)
    report = report._replace(findings=at_least(options["severity"], report.findings))
    if options["history"]:
        from metta_lint.history import with_histories

        report = with_histories(report, options["history_limit"])
    write = statistics_text if options["statistics"] else report_text
    emit(write(report, options["output_format"], style(options)), options["output_file"])
    return _exit_code(max(code, report.exit_code), options)


def _further(options: dict[str, Any]) -> Iterator[Filter]:
    """What else findings go through: what an earlier commit had goes, and others get the fixes that are asked for."""
    if options["since"] is not None:
        from metta_lint.history.since import only_new

        yield partial(only_new, options["since"])
    yield partial(with_pairs_taken, options["take"])
    if options["fix"] or options["diff"] or options["unsafe_fixes"]:
        yield with_sizes_solved


def _exit_code(code: int, options: dict[str, Any]) -> int:
    return 0 if options["exit_zero"] and code == 1 else code

"""``metta-lint check``."""

from __future__ import annotations

from typing import Any

import click

from metta_lint.cli.options import (
    cache_options,
    config_option,
    format_option,
    given,
    machine_options,
    option_group,
    output_options,
    rule_options,
    set_option,
    trainer_option,
    with_rules,
)
from metta_lint.cli.output import as_json, emit, style


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATH...]")
@option_group(
    config_option,
    machine_options,
    trainer_option,
    set_option,
    rule_options,
    click.option("--since", metavar="REV", help="Only findings that the commit where HEAD left REV had not."),
    format_option("full", "concise", "json"),
    cache_options,
    output_options,
)
def check(paths: tuple[str, ...], config_path: str | None, overrides: tuple[str, ...], **options: Any) -> int:
    """Lint configs: PATH are files or folders; by default the declared runs, else this folder."""
    from metta_lint.check import check as run_check
    from metta_lint.sources.cache import kept_documents

    config, machine = given(config_path, paths[0] if paths else ".", options)
    config = with_rules(config, options["select"], options["ignore"])
    with kept_documents(options["cache_dir"], wanted=not options["no_cache"]):
        report = run_check(paths, config, overrides, machine)
        if options["since"] is not None:
            from metta_lint.since import only_new

            only_new(report, options["since"], paths, config, overrides, machine)
    if options["output_format"] == "json":
        from metta_lint.reports.data import check_data

        text = as_json(check_data(report))
    else:
        from metta_lint.reports.text import concise, findings_page

        is_concise = options["output_format"] == "concise"
        text = concise(report) if is_concise else findings_page(report, style(options), quiet=options["quiet"])
    emit(text, options["output_file"])
    return report.exit_code

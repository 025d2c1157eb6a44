"""``metta-lint plan``."""

from __future__ import annotations

import click

from metta_lint.cli.options import (
    LaunchOptions,
    OutputOptions,
    config_option,
    format_option,
    launch_options,
    output_options,
)
from metta_lint.cli.output import emit, style
from metta_lint.cli.pair import plan_of
from metta_lint.reports.data import as_json


@click.command()
@click.argument("run", metavar="RUN")
@config_option
@launch_options
@format_option("text", "json")
@output_options
def plan(run: str, config_path: str | None, launch: LaunchOptions, output_format: str, output: OutputOptions) -> int:
    """What one run will do: every derived number, its formula, and the lines that it came from."""
    planned = plan_of(run, config_path, launch)
    if output_format == "json":
        from metta_lint.reports.data import plan_data

        text = as_json(plan_data(planned))
    else:
        from metta_lint.reports.text import plan_page

        text = plan_page(planned, style(output))
    emit(text, output.output_file)
    return 1 if planned.refusals else 0

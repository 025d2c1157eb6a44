"""``metta-lint plan``."""

from __future__ import annotations

import click

from metta_lint.cli.options import LaunchOptions, OutputOptions, launch_options, output_options
from metta_lint.cli.output import emit
from metta_lint.cli.pair import plan_of
from metta_lint.reports.json import as_json


@click.command()
@click.argument("run", metavar="RUN")
@launch_options
@output_options("text", "json")
def plan(run: str, launch: LaunchOptions, output: OutputOptions) -> int:
    """What one run will do: every derived number, its formula, and the lines that it came from."""
    planned = plan_of(run, launch)
    if output.output_format == "json":
        from metta_lint.reports.json import plan_data

        text = as_json(plan_data(planned))
    else:
        from metta_lint.reports.text import plan_page

        text = plan_page(planned, output.style)
    emit(text, output)
    return 1 if planned.refusals else 0

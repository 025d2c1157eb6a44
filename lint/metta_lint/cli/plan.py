"""``metta-lint plan``."""

from __future__ import annotations

import click

from metta_lint.cli.options import LaunchOptions, OutputOptions, given, launch_options, output_options
from metta_lint.cli.output import emit
from metta_lint.cli.pair import named_plans
from metta_lint.reports.json import as_json, plan_data
from metta_lint.reports.text import plan_page


@click.command("plan")
@click.argument("run", metavar="RUN")
@launch_options
@output_options("text", "json")
def command(run: str, launch: LaunchOptions, output: OutputOptions) -> int:
    """What one run will do: every derived number, its formula, and the lines that it came from."""
    (plan,) = named_plans((run,), launch, *given((run,), launch))
    emit(as_json(plan_data(plan)) if output.is_json else plan_page(plan, output.style), output)
    return 1 if plan.refusals else 0

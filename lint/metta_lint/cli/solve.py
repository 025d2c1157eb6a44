"""``metta-lint solve``."""

from __future__ import annotations

import click

from metta_lint.cli.options import LaunchOptions, OutputOptions, launch_options, output_options
from metta_lint.cli.output import emit
from metta_lint.cli.pair import plan_of
from metta_lint.reports.json import as_json


@click.command()
@click.argument("run", metavar="RUN")
@click.option(
    "--want", "wants", multiple=True, metavar="QUANTITY=VALUE", help="A value that a quantity must have (repeatable)."
)
@launch_options
@output_options("text", "json")
def solve(run: str, wants: tuple[str, ...], launch: LaunchOptions, output: OutputOptions) -> int:
    """The nearest settings with which a run is clean: none refused, nothing wasted, and every --want fulfilled."""
    from metta_lint.fixes.solver.answers import answer
    from metta_lint.fixes.solver.wants import parse_want

    planned = plan_of(run, launch)
    answered = answer(planned, dict(map(parse_want, wants)))
    if output.output_format == "json":
        from metta_lint.reports.solving import solve_data

        text = as_json(solve_data(answered))
    else:
        from metta_lint.reports.solving import solve_page

        text = solve_page(answered, output.style)
    emit(text, output)
    return 0 if answered.is_clean or answered.proposals else 1

"""``metta-lint solve``."""

from __future__ import annotations

import click

from metta_lint.cli.options import LaunchOptions, OutputOptions, given, launch_options, output_options
from metta_lint.cli.output import emit
from metta_lint.cli.pair import named_plans
from metta_lint.reports.json import as_json
from metta_lint.reports.solving import solve_data, solve_page


@click.command("solve")
@click.argument("run", metavar="RUN")
@click.option(
    "--want", "wants", multiple=True, metavar="QUANTITY=VALUE", help="A value that a quantity must have (repeatable)."
)
@launch_options
@output_options("text", "json")
def command(run: str, wants: tuple[str, ...], launch: LaunchOptions, output: OutputOptions) -> int:
    """The nearest settings with which a run is clean: none refused, nothing wasted, and every --want fulfilled."""
    from metta_lint.fixes.solver.answers import answer, parse_want

    (plan,) = named_plans((run,), launch, *given((run,), launch))
    answered = answer(plan, dict(map(parse_want, wants)))
    emit(as_json(solve_data(answered)) if output.is_json else solve_page(answered, output.style), output)
    return 0 if answered.is_clean or answered.proposals else 1

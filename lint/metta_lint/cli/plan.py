"""``metta-lint plan``."""

from __future__ import annotations

from typing import Any

import click

from metta_lint.cli.options import (
    config_option,
    format_option,
    machine_options,
    option_group,
    output_options,
    set_option,
    trainer_option,
)
from metta_lint.cli.output import emit, style
from metta_lint.cli.pair import plan_of
from metta_lint.reports.strict_json import as_json


@click.command()
@click.argument("run", metavar="RUN")
@option_group(config_option, machine_options, trainer_option, set_option, format_option("text", "json"), output_options)
def plan(run: str, config_path: str | None, overrides: tuple[str, ...], **options: Any) -> int:
    """What one run will do: every derived number, its formula, and the lines that it came from."""
    planned = plan_of(run, config_path, overrides, options)
    if options["output_format"] == "json":
        from metta_lint.reports.data import plan_data

        text = as_json(plan_data(planned))
    else:
        from metta_lint.reports.text import plan_page

        text = plan_page(planned, style(options))
    emit(text, options["output_file"])
    return 1 if planned.refusals else 0

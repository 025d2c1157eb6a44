"""``metta-lint rules``."""

from __future__ import annotations

import click

from metta_lint.cli.options import LaunchOptions, OutputOptions, config_option, given, output_options
from metta_lint.cli.output import emit
from metta_lint.reports.json import as_json


@click.command("rules")
@config_option
@output_options("text", "json")
def command(config_path: str | None, output: OutputOptions) -> int:
    """List every installed rule."""
    from metta_lint.rules.page import rules_data, rules_text
    from metta_lint.rules.registry import load_rules

    config, _ = given((), LaunchOptions(config_path))
    found = load_rules(config.plugins)
    emit(as_json(rules_data(found)) if output.is_json else rules_text(found), output)
    return 0

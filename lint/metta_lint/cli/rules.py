"""``metta-lint rules``."""

from __future__ import annotations

from typing import Any

import click

from metta_lint.cli.options import config_option, format_option, given, option_group, output_options
from metta_lint.cli.output import emit
from metta_lint.reports.strict_json import as_json


@click.command()
@option_group(config_option, format_option("text", "json"), output_options)
def rules(config_path: str | None, **options: Any) -> int:
    """List every installed rule."""
    from metta_lint.rules.page import rules_data, rules_text
    from metta_lint.rules.registry import load_rules

    config, _ = given(config_path, ".", options)
    found = load_rules(config.plugins)
    emit(
        as_json(rules_data(found)) if options["output_format"] == "json" else rules_text(found), options["output_file"]
    )
    return 0

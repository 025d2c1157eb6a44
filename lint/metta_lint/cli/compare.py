"""``metta-lint compare``."""

from __future__ import annotations

from typing import Any

import click

from metta_lint.cli.options import (
    config_option,
    format_option,
    given,
    history_options,
    machine_options,
    option_group,
    output_options,
    rule_options,
    set_option,
    side_options,
    trainer_option,
    with_rules,
)
from metta_lint.cli.output import emit, style
from metta_lint.cli.pair import findings_of, pair_of
from metta_lint.files.file_system import exists
from metta_lint.reports.strict_json import as_json


@click.command()
@click.argument("left", metavar="LEFT")
@click.argument("right", metavar="RIGHT")
@option_group(
    config_option,
    machine_options,
    trainer_option,
    set_option,
    side_options,
    rule_options,
    history_options,
    format_option("text", "markdown", "json"),
    output_options,
)
def compare(left: str, right: str, config_path: str | None, overrides: tuple[str, ...], **options: Any) -> int:
    """The comparison table of two runs, derived values included. Exit code 1 where a rule finds something."""
    from metta_lint.plans.comparison import compare as compare_pair
    from metta_lint.reports import comparison

    config, machine = given(config_path, left if exists(left) else ".", options)
    config = with_rules(config, options)
    pair = pair_of(left, right, config, machine, overrides, options)
    rows, findings = compare_pair(pair), findings_of(pair, config)
    stories = _stories(pair, rows, config, machine, overrides, options) if options["history"] else {}
    match options["output_format"]:
        case "json":
            text = as_json(comparison.comparison_data(pair, rows, findings, stories))
        case "markdown":
            text = comparison.comparison_markdown(pair, rows, stories)
        case _:
            text = comparison.comparison_text(pair, rows, findings, style(options), stories)
    emit(text, options["output_file"])
    return 1 if findings else 0


def _stories(
    pair: Any, rows: Any, config: Any, machine: Any, overrides: tuple[str, ...], options: Any
) -> dict[str, Any]:
    """How the rows that differ came to."""
    from metta_lint.history import Launch, row_histories

    left, right = (
        Launch(plan.run.label, config, (*overrides, *options[f"set_{side}"]), machine)
        for side, plan in (("left", pair.left), ("right", pair.right))
    )
    return row_histories(pair, rows, left, right, options["history_limit"])

"""``metta-lint compare``."""

from __future__ import annotations

import click

from metta_lint.cli.options import (
    HistoryOptions,
    LaunchOptions,
    OutputOptions,
    RuleOptions,
    given,
    history_options,
    output_options,
    pair_options,
    rule_options,
    with_rules,
)
from metta_lint.cli.output import emit
from metta_lint.cli.pair import Pairing
from metta_lint.reports.json import as_json


@click.command()
@click.argument("left", metavar="LEFT")
@click.argument("right", metavar="RIGHT")
@pair_options
@rule_options
@history_options
@output_options("text", "markdown", "json")
def compare(
    left: str, right: str, *, launch: LaunchOptions, rules: RuleOptions, history: HistoryOptions, output: OutputOptions
) -> int:
    """The comparison table of two runs, derived values included. Exit code 1 where a rule finds something."""
    from metta_lint.plans.comparison import compare as compare_pair
    from metta_lint.reports import comparison

    config, machine = given((left, right), launch)
    pairing = Pairing(with_rules(config, rules), machine, launch)
    pair = pairing.pair(left, right)
    rows, findings = compare_pair(pair), pairing.findings(pair)
    stories = comparison.NO_STORIES
    if history.history:
        from metta_lint.history import Launch, row_histories

        first, second = Launch.of(pair.left, config), Launch.of(pair.right, config)
        stories = row_histories(pair, rows, first, second, history.history_limit)
    match output.output_format:
        case "json":
            text = as_json(comparison.comparison_data(pair, rows, findings, stories))
        case "markdown":
            text = comparison.comparison_markdown(pair, rows, stories)
        case _:
            text = comparison.comparison_text(pair, rows, findings, output.style, stories)
    emit(text, output)
    return 1 if findings else 0

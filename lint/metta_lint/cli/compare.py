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
from metta_lint.cli.pair import named_pair, pair_findings
from metta_lint.reports.comparison import Comparison, comparison_data, comparison_markdown, comparison_text
from metta_lint.reports.json import as_json


@click.command("compare")
@click.argument("left", metavar="LEFT")
@click.argument("right", metavar="RIGHT")
@pair_options
@rule_options
@history_options
@output_options("text", "markdown", "json")
def command(
    left: str, right: str, *, launch: LaunchOptions, rules: RuleOptions, history: HistoryOptions, output: OutputOptions
) -> int:
    """The comparison table of two runs, derived values included. Exit code 1 where a rule finds something."""
    from metta_lint.plans.comparison import compare

    config, machine = given((left, right), launch)
    config = with_rules(config, rules)
    pair = named_pair((left, right), launch, config, machine)
    comparison = Comparison(pair, compare(pair), pair_findings(pair, config))
    if history.history:
        from metta_lint.history import row_histories

        stories = row_histories(pair, comparison.rows, config, history.history_limit)
        comparison = comparison._replace(stories=stories)
    if output.is_json:
        text = as_json(comparison_data(comparison))
    elif output.output_format == "markdown":
        text = comparison_markdown(comparison)
    else:
        text = comparison_text(comparison, output.style)
    emit(text, output)
    return 1 if comparison.findings else 0

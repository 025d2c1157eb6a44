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
from metta_lint.reports.comparison import NO_STORIES, comparison_data, comparison_markdown, comparison_text
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
    rows, findings, stories = compare(pair), pair_findings(pair, config), NO_STORIES
    if history.history:
        from metta_lint.history import Launch, row_histories

        launches = Launch.of(pair.left, config), Launch.of(pair.right, config)
        stories = row_histories(pair, rows, *launches, history.history_limit)
    if output.is_json:
        text = as_json(comparison_data(pair, rows, findings, stories))
    elif output.output_format == "markdown":
        text = comparison_markdown(pair, rows, stories)
    else:
        text = comparison_text(pair, rows, findings, output.style, stories)
    emit(text, output)
    return 1 if findings else 0

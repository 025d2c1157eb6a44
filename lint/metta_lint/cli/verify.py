"""``metta-lint verify``."""

from __future__ import annotations

import os
from typing import Any

import click

from metta_lint.cli.options import (
    PositiveNumber,
    config_option,
    format_option,
    given,
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
from metta_lint.errors import LintError


@click.command()
@click.argument("left", metavar="[LEFT", required=False)
@click.argument("right", metavar="RIGHT]", required=False)
@click.option("--run", "run_it", is_flag=True, help="Run both; without it, say what would be run.")
@click.option("--epochs", type=click.IntRange(1), default=1, show_default=True, help="Epochs to run.")
@click.option("--to-the-end", is_flag=True, help="Run until total_timesteps, whatever --epochs says.")
@click.option("--seconds", type=PositiveNumber(), help="Stop after the epoch in which this many seconds have passed.")
@click.option("--policy-size", type=click.IntRange(1), help="Hidden size of the policy.  [default: 128]")
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda, mps.")
@click.option("--backend", type=click.Choice(["embedded", "mettagrid"]), default="embedded", show_default=True)
@click.option("--scale", default="1/1", metavar="1/N", help="Run at a fraction of the size, with the same ratios.")
@click.option("--max-memory", metavar="SIZE", help="Refuse to start above this: 4G, 512M.")
@option_group(
    config_option,
    machine_options,
    trainer_option,
    set_option,
    side_options,
    rule_options,
    format_option("text", "json"),
    output_options,
)
def verify(
    left: str | None, right: str | None, config_path: str | None, overrides: tuple[str, ...], **options: Any
) -> int:
    """What would be measured of LEFT and RIGHT; with --run, measure it (all declared pairs if none are named)."""
    from metta_lint.verify_command import Request, verify_pairs

    if (left is None) != (right is None):
        raise LintError("verify takes two runs, or none for all declared pairs")
    config, machine = given(config_path, left if left and os.path.exists(left) else ".", options)
    config = with_rules(config, options)
    names = [(left, right)] if left and right else [(pair.left, pair.right) for pair in config.pairs]
    if not names:
        raise LintError("no pairs are declared: name two runs, or declare a pair in [tool.metta-lint]")
    request = Request(
        run=options["run_it"],
        epochs=None if options["to_the_end"] else options["epochs"],
        seconds=options["seconds"],
        policy_size=options["policy_size"],
        device=options["device"],
        backend=options["backend"],
        scale=options["scale"],
        max_memory=options["max_memory"],
        quiet=options["quiet"],
        as_json=options["output_format"] == "json",
    )

    def planned(first: str, second: str, **backend: Any) -> Any:
        return pair_of(first, second, config, machine, overrides, options, **backend)

    text, code = verify_pairs(names, planned, lambda pair: findings_of(pair, config), request, style(options))
    emit(text, options["output_file"])
    return code

"""``metta-lint verify``."""

from __future__ import annotations

import re
import sys
from functools import partial
from typing import TYPE_CHECKING

import click

from metta_lint.base.errors import LintError
from metta_lint.cli.options import (
    LaunchOptions,
    OutputOptions,
    PositiveNumber,
    RuleOptions,
    given,
    option_group,
    output_options,
    pair_options,
    rule_options,
    with_rules,
)
from metta_lint.cli.output import emit
from metta_lint.cli.pair import named_pair, pair_findings
from metta_lint.loops import embedded
from metta_lint.loops.engine import RunOptions
from metta_lint.reports.json import as_json
from metta_lint.reports.style import Style
from metta_lint.reports.verification import estimate_text, verification_data, verification_text
from metta_lint.verification.scale import parse_scale
from metta_lint.verification.verify import SIDES, Verification, backend, estimate_pair, load_trainer, verify

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from metta_lint.loops.engine import OnProgress, Progress

BACKENDS = ("embedded", "mettagrid")
BAR_WIDTH = 30
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGT]?)i?B?", re.IGNORECASE)
_UNITS = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}


def _bytes(_context: click.Context, _parameter: click.Parameter, text: str | None) -> int | None:
    """Bytes of ``4G``, ``512M``, ``1000000``. Raises LintError for anything else."""
    if text is None:
        return None
    found = _SIZE.fullmatch(text.strip())
    if found is None:
        raise LintError(f"--max-memory {text}: expected a size like 4G or 512M")
    return int(float(found[1]) * _UNITS[found[2].upper()])


@click.command("verify")
@click.argument("left", metavar="[LEFT", required=False)
@click.argument("right", metavar="RIGHT]", required=False)
@click.option("--run", "run_it", is_flag=True, help="Run both; without it, say what would be run.")
@click.option("--to-the-end", is_flag=True, help="Run until total_timesteps, whatever --epochs says.")
@click.option("--scale", default="1/1", metavar="1/N", help="Run at a fraction of the size, with the same ratios.")
@option_group(
    "options",
    RunOptions,
    click.option("--epochs", type=click.IntRange(1), default=1, show_default=True, help="Epochs to run."),
    click.option(
        "--seconds", type=PositiveNumber(), help="Stop after the epoch in which this many seconds have passed."
    ),
    click.option(
        "--policy-size",
        type=click.IntRange(1),
        default=embedded.POLICY_SIZE,
        show_default=True,
        help="Hidden size of the policy.",
    ),
    click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda, mps."),
    click.option("--backend", type=click.Choice(BACKENDS), default=BACKENDS[0], show_default=True),
    click.option("--max-memory", callback=_bytes, metavar="SIZE", help="Refuse to start above this: 4G, 512M."),
)
@pair_options
@rule_options
@output_options("text", "json")
def command(
    left: str | None,
    right: str | None,
    *,
    run_it: bool,
    to_the_end: bool,
    scale: str,
    options: RunOptions,
    launch: LaunchOptions,
    rules: RuleOptions,
    output: OutputOptions,
) -> int:
    """What would be measured of LEFT and RIGHT; with --run, measure it (all declared pairs if none are named)."""
    if options.backend != BACKENDS[0]:
        raise LintError(f"--backend {options.backend} is not available yet: {BACKENDS[0]} is")
    if (left is None) != (right is None):
        raise LintError("verify takes two runs, or none for all declared pairs")
    config, machine = given((left, right), launch)
    names = [(left, right)] if left and right else [(pair.left, pair.right) for pair in config.pairs]
    if not names:
        raise LintError("no pairs are declared: name two runs, or declare a pair in [tool.metta-lint]")
    config = with_rules(config, rules)
    trainer, fraction = load_trainer(), parse_scale(scale)
    options = options._replace(epochs=None) if to_the_end else options
    results = []
    for names_of_pair in names:
        pair = named_pair(names_of_pair, launch, config, machine, backend(options.policy_size))
        result = estimate_pair(pair, trainer, options, fraction)
        if run_it:
            if not output.quiet:
                sys.stderr.write(estimate_text(result, Style()) + "\n")
            labels: dict[str, str] = dict(zip(SIDES, names_of_pair, strict=True))
            result = verify(
                pair, pair_findings(pair, config), trainer, options, partial(_progress, labels, output), fraction
            )
        results.append(result)
    emit(_report(results, output), output)
    return max(result.exit_code for result in results)


def _report(results: Sequence[Verification], output: OutputOptions) -> str:
    if output.is_json:
        data = [verification_data(result) for result in results]
        return as_json(data[0] if len(data) == 1 else data)
    if not results[0].ran:
        hint = "\n\nnothing was run; add --run to measure it"
        return "\n\n".join(estimate_text(result, output.style) for result in results) + hint
    return "\n\n\n".join(verification_text(result, output.style) for result in results)


def _progress(labels: Mapping[str, str], output: OutputOptions, side: str) -> OnProgress | None:
    """Shows a side's steps: a bar on a terminal; in a log a line at the start, middle and end of each phase."""
    if output.quiet:
        return None
    label, stream, last = f"{side} {labels[side]}", sys.stderr, ("", -1)

    def show(step: Progress) -> None:
        nonlocal last
        total = max(step.total, 1)
        if stream.isatty():
            bar = "#" * (BAR_WIDTH * step.done // total)
            stream.write(f"\r\x1b[2K{label}: {step.phase:<8} [{bar:<{BAR_WIDTH}}] {step.done:,}/{step.total:,}")
            stream.write("\n" if step.done >= step.total else "")
        else:
            now = (step.phase, 10 * step.done // total)
            if now == last or (now[1] not in (0, 5, 10) and now[0] == last[0]):
                return
            last = now
            stream.write(f"{label}: {step.phase} {step.done:,}/{step.total:,}\n")
        stream.flush()

    return show

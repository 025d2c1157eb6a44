"""``metta-lint verify``."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

import click

from metta_lint.base.errors import LintError
from metta_lint.base.records import NamedTuple
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
from metta_lint.cli.pair import Pairing
from metta_lint.loops import embedded
from metta_lint.loops.engine import RunOptions
from metta_lint.reports.style import Style
from metta_lint.verification.scale import parse_scale
from metta_lint.verification.verify import Verification, backend, estimate, load_trainer
from metta_lint.verification.verify import verify as run_verification

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from metta_lint.loops.engine import OnProgress

BACKENDS = ("embedded", "mettagrid")
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGT]?)i?B?", re.IGNORECASE)
_UNITS = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}


class EngineOptions(NamedTuple):
    """How both sides are run, if they are (``run_it``)."""

    run_it: bool
    epochs: int
    to_the_end: bool
    seconds: float | None
    policy_size: int | None
    device: str
    backend: str
    scale: str
    max_memory: str | None


engine_options = option_group(
    "engine",
    EngineOptions,
    click.option("--run", "run_it", is_flag=True, help="Run both; without it, say what would be run."),
    click.option("--epochs", type=click.IntRange(1), default=1, show_default=True, help="Epochs to run."),
    click.option("--to-the-end", is_flag=True, help="Run until total_timesteps, whatever --epochs says."),
    click.option(
        "--seconds", type=PositiveNumber(), help="Stop after the epoch in which this many seconds have passed."
    ),
    click.option("--policy-size", type=click.IntRange(1), help="Hidden size of the policy.  [default: 128]"),
    click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda, mps."),
    click.option("--backend", type=click.Choice(BACKENDS), default=BACKENDS[0], show_default=True),
    click.option("--scale", default="1/1", metavar="1/N", help="Run at a fraction of the size, with the same ratios."),
    click.option("--max-memory", metavar="SIZE", help="Refuse to start above this: 4G, 512M."),
)


@click.command()
@click.argument("left", metavar="[LEFT", required=False)
@click.argument("right", metavar="RIGHT]", required=False)
@engine_options
@pair_options
@rule_options
@output_options("text", "json")
def verify(
    left: str | None,
    right: str | None,
    *,
    engine: EngineOptions,
    launch: LaunchOptions,
    rules: RuleOptions,
    output: OutputOptions,
) -> int:
    """What would be measured of LEFT and RIGHT; with --run, measure it (all declared pairs if none are named)."""
    if engine.backend != BACKENDS[0]:
        raise LintError(f"--backend {engine.backend} is not available yet: {BACKENDS[0]} is")
    if (left is None) != (right is None):
        raise LintError("verify takes two runs, or none for all declared pairs")
    config, machine = given((left, right), launch)
    names = [(left, right)] if left and right else [(pair.left, pair.right) for pair in config.pairs]
    if not names:
        raise LintError("no pairs are declared: name two runs, or declare a pair in [tool.metta-lint]")
    pairing = Pairing(with_rules(config, rules), machine, launch)
    results = [_verified(left, right, pairing, engine, quiet=output.quiet) for left, right in names]
    emit(_report(results, output.style, as_json=output.output_format == "json"), output)
    return max(result.exit_code for result in results)


def _verified(left: str, right: str, pairing: Pairing, engine: EngineOptions, *, quiet: bool) -> Verification:
    """What running a pair would take or, where that is asked for, what was measured."""
    trainer = load_trainer()
    size = engine.policy_size or embedded.POLICY_SIZE
    options = RunOptions(
        epochs=None if engine.to_the_end else engine.epochs,
        seconds=engine.seconds,
        device=engine.device,
        policy_size=size,
        max_memory=_bytes(engine.max_memory),
        backend=engine.backend,
    )
    scale = parse_scale(engine.scale)
    pair = pairing.pair(left, right, backend(size))
    if not engine.run_it:
        return estimate(pair, trainer, options, scale)
    if not quiet:
        _say_before(estimate(pair, trainer, options, scale))
    progress = _no_progress if quiet else _progress(left, right)
    return run_verification(pair, pairing.findings(pair), trainer, options, progress, scale)


def _bytes(text: str | None) -> int | None:
    """Bytes of ``4G``, ``512M``, ``1000000``. Raises LintError for anything else."""
    if text is None:
        return None
    found = _SIZE.fullmatch(text.strip())
    if found is None:
        raise LintError(f"--max-memory {text}: expected a size like 4G or 512M")
    return int(float(found[1]) * _UNITS[found[2].upper()])


def _report(results: Sequence[Verification], style: Style, *, as_json: bool) -> str:
    from metta_lint.reports import verification

    if as_json:
        from metta_lint.reports.data import as_json as json_of

        data = [verification.verification_data(result) for result in results]
        return json_of(data[0] if len(data) == 1 else data)
    if not results[0].ran:
        hint = "\n\nnothing was run; add --run to measure it"
        return "\n\n".join(verification.estimate_text(result, style) for result in results) + hint
    return "\n\n\n".join(verification.verification_text(result, style) for result in results)


def _say_before(result: Verification) -> None:
    from metta_lint.reports.verification import estimate_text

    sys.stderr.write(estimate_text(result, Style()) + "\n")


def _no_progress(_: str) -> None:
    return None


def _progress(left: str, right: str) -> Callable[[str], OnProgress]:
    from metta_lint.cli.progress import progress_line

    names = {"left": left, "right": right}
    return lambda side: progress_line(sys.stderr, f"{side} {names[side]}")

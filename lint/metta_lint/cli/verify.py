"""``metta-lint verify``."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Any

import click

from metta_lint.base.errors import LintError
from metta_lint.base.records import NamedTuple
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
from metta_lint.files.file_system import exists
from metta_lint.loops import embedded
from metta_lint.reports.style import Style
from metta_lint.verification.scale import parse_scale
from metta_lint.verification.verify import Verification, backend, estimate, load_trainer
from metta_lint.verification.verify import verify as run_verification

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from metta_lint.plans.pair import Pair
    from metta_lint.rules.finding import Finding


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
    if (left is None) != (right is None):
        raise LintError("verify takes two runs, or none for all declared pairs")
    config, machine = given(config_path, left if left and exists(left) else ".", options)
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


_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGT]?)i?B?", re.IGNORECASE)
_UNITS = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}


class Request(NamedTuple):
    """What was asked for on the command line. ``epochs`` is None for a run to total_timesteps."""

    run: bool
    epochs: int | None
    seconds: float | None
    policy_size: int | None
    device: str
    backend: str
    scale: str
    max_memory: str | None
    quiet: bool
    as_json: bool


def verify_pairs(
    names: Sequence[tuple[str, str]],
    pair_of: Callable[..., Pair],
    findings_of: Callable[[Pair], Sequence[Finding]],
    request: Request,
    style: Style,
) -> tuple[str, int]:
    """The report on all pairs, and the exit code: the worst of theirs."""
    trainer = load_trainer()
    size = request.policy_size or embedded.POLICY_SIZE
    options = trainer.Options(
        epochs=request.epochs,
        seconds=request.seconds,
        device=request.device,
        policy_size=size,
        max_memory=parse_size(request.max_memory),
        backend=request.backend,
    )
    scale = parse_scale(request.scale)
    results = []
    for left, right in names:
        pair = pair_of(left, right, backend=backend(size))
        if not request.run:
            results.append(estimate(pair, trainer, options, scale))
            continue
        if not request.quiet:
            _say_before(estimate(pair, trainer, options, scale))
        progress = _no_progress if request.quiet else _progress(left, right)
        results.append(run_verification(pair, findings_of(pair), trainer, options, progress, scale))
    return _report(results, request, style), max(result.exit_code for result in results)


def parse_size(text: str | None) -> int | None:
    """Bytes of ``4G``, ``512M``, ``1000000``. Raises LintError for anything else."""
    if text is None:
        return None
    found = _SIZE.fullmatch(text.strip())
    if found is None:
        raise LintError(f"--max-memory {text}: expected a size like 4G or 512M")
    return int(float(found[1]) * _UNITS[found[2].upper()])


def _report(results: Sequence[Verification], request: Request, style: Style) -> str:
    from metta_lint.reports import verification

    if request.as_json:
        from metta_lint.reports.strict_json import as_json

        data = [verification.verification_data(result) for result in results]
        return as_json(data[0] if len(data) == 1 else data)
    if not request.run:
        hint = "\n\nnothing was run; add --run to measure it"
        return "\n\n".join(verification.estimate_text(result, style) for result in results) + hint
    return "\n\n\n".join(verification.verification_text(result, style) for result in results)


def _say_before(result: Verification) -> None:
    from metta_lint.reports.verification import estimate_text

    sys.stderr.write(estimate_text(result, Style()) + "\n")


def _no_progress(_: str) -> None:
    return None


def _progress(left: str, right: str) -> Callable[[str], Callable[[Any], None]]:
    from metta_lint.cli.progress import progress_line

    names = {"left": left, "right": right}
    return lambda side: progress_line(sys.stderr, f"{side} {names[side]}")

"""The ``verify`` command: plans, estimates and runs the pairs that were asked for, one after the other."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Any

from metta_lint import embedded
from metta_lint.errors import LintError
from metta_lint.records import NamedTuple
from metta_lint.reports.style import Style
from metta_lint.scale import parse_scale
from metta_lint.verify import Verification, backend, estimate, load_trainer, verify

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from metta_lint.findings import Finding
    from metta_lint.pairs import Pair

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
        results.append(verify(pair, findings_of(pair), trainer, options, progress, scale))
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
    from metta_lint.progress import progress_line

    names = {"left": left, "right": right}
    return lambda side: progress_line(sys.stderr, f"{side} {names[side]}")

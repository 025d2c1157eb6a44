"""A verification as text and JSON: predicted beside measured, claims, rates."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from metta_lint.base.values import is_number
from metta_lint.base.wording import percent, show
from metta_lint.plans.quantities import TRAITS
from metta_lint.plans.waste import waste_of
from metta_lint.reports.json import SCHEMA, run_data
from metta_lint.reports.text import cell, table
from metta_lint.verification.verify import NOT_RUN, SIDES, Verdict, loop_of, refuses_config

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from metta_lint.loops.engine import Observation
    from metta_lint.plans.pair import Side
    from metta_lint.reports.style import Style
    from metta_lint.verification.verify import JudgedClaim, Row, Verification

RATES = {
    "steps_per_second": "agent steps per second",
    "env_wait_seconds": "seconds spent waiting for environments",
    "forward_seconds": "seconds of inference",
    "learn_seconds": "seconds of learning",
    "overlap_fraction": "share of stepping that overlapped other work",
    "segment_coverage": "share of segments sampled at least once",
    "mean_return": "mean return of finished episodes",
    "peak_rss_bytes": "peak memory, bytes",
}


def estimate_text(result: Verification, style: Style) -> str:
    """The estimate of a run's cost: printed before a run, or instead of one."""
    lines = []
    for side in SIDES:
        plan, needed = result.pair.side(side), result.estimates[side]
        lines.append(style.bold(f"{side}: {plan.run.label} ({plan.run.dialect})"))
        if refuses_config(plan):
            lines.append(f"  is not run, its trainer stops before there is a loop: {plan.refusals[0].message}")
            continue
        loop = loop_of(plan)
        lines.append(
            f"  {show(loop.num_envs)} environments x {show(loop.environment.agents_per_env)} agents in "
            f"{show(loop.num_workers)} workers, a batch of {show(loop.batch_size)} steps"
        )
        if result.scale > 1:
            lines.append(f"  at 1/{result.scale} of that size")
        lines.append(f"  about {needed.bytes / 2**20:,.0f} MiB of memory and {needed.seconds:,.0f} s")
    return "\n".join(lines)


def verification_text(result: Verification, style: Style) -> str:
    """The whole report: rows, claims, rates, and a last line that counts the verdicts."""
    scale = result.scale
    size = f" (run at 1/{scale} of the size; counts are multiplied by {scale})" if scale > 1 else ""
    parts = {f"Predicted and measured{size}": _rows(result, style)}
    if result.claims:
        parts["Claims of the findings"] = _claims(result, style)
    parts["Rates, on this machine"] = _rates(result)
    parts["In short"] = _in_short(result)
    blocks = ["\n".join([style.bold(title), "", *lines]) for title, lines in parts.items()]
    return "\n\n".join([*blocks, _conclusion(result, style)])


def _rows(result: Verification, style: Style) -> list[str]:
    cells = [(row.quantity, *map(cell, (*row.left, *row.right)), _verdict(row)) for row in result.rows]
    heading = ("quantity", "left predicted", "measured", "right predicted", "measured", "verdict")
    return _colored(table([heading, *cells], right_aligned=(1, 2, 3, 4)), result.rows, style)


def _claims(result: Verification, style: Style) -> list[str]:
    cells = [
        (
            claim.finding.code,
            claim.claim.quantity,
            _sides(claim, (claim.claim.left, claim.claim.right)),
            _sides(claim, claim.measured),
            _verdict(claim),
        )
        for claim in result.claims
    ]
    lines = table([("finding", "claims that", "is", "measured", "verdict"), *cells])
    return _colored(lines, result.claims, style)


def _sides(claim: JudgedClaim, values: Iterable[object]) -> str:
    """``64 / 3``; a single number if only one side was measured."""
    measured = [value for value, seen in zip(values, claim.measured, strict=True) if seen is not None]
    return " / ".join(map(cell, measured or values))


def _colored(lines: list[str], judged: Sequence[Row | JudgedClaim], style: Style) -> list[str]:
    """The lines of a table, whose last column has the verdicts. One with a reason stays without color."""
    looks = {"confirmed": "good", "refuted": "error"}
    for at, each in enumerate(judged, start=2):  # below the heading and its rule
        if each.verdict in looks and not each.why:
            lines[at] = lines[at].removesuffix(each.verdict) + style.paint(looks[each.verdict], each.verdict)
    return lines


def _verdict(judged: Row | JudgedClaim) -> str:
    return f"{judged.verdict}: {judged.why}" if judged.why else judged.verdict


def _rates(result: Verification) -> list[str]:
    sides = [result.observations[side].rates for side in SIDES]
    cells = [
        (words, *(_rate(rates.get(name)) for rates in sides))
        for name, words in RATES.items()
        if any(name in rates for rates in sides)
    ]
    return table([("rate", *SIDES), *cells], right_aligned=(1, 2))


def _rate(rate: float | None) -> str:
    if rate is None:
        return cell(None)
    return show(round(rate)) if abs(rate) >= 100 else f"{rate:.3g}"


def _in_short(result: Verification) -> list[str]:
    """The measurements that matter most, as a summary."""
    sides = [result.observations[side] for side in SIDES]
    cells = [
        (traits.short, *(_measured(seen, name) for seen in sides))
        for name, traits in TRAITS.items()
        if traits.short and any(_is_worth_a_row(seen, name) for seen in sides)
    ]
    lost = ("hours lost per 1e9 steps, at the speed seen here", *map(_hours_lost, sides))
    return table([("measured", *result.pair.runs), *cells, lost], right_aligned=(1, 2))


def _is_worth_a_row(seen: Observation, name: str) -> bool:
    """Whether a quantity was measured; dropped steps get a row only if there are any."""
    return bool(seen.quantities.get(name)) if name == "steps_dropped_per_epoch" else name in seen.quantities


def _measured(seen: Observation, name: str) -> str:
    value, waste = seen.quantities.get(name), waste_of(seen.quantities.get)
    if name in ("steps_overwritten_per_epoch", "steps_dropped_per_epoch") and is_number(value) and waste is not None:
        return f"{show(value)} ({percent(value, waste.collected)})"
    if name == "stitched_segments" and value is not None:
        return f"{show(value)} of {show(seen.quantities.get('segments'))}"
    return cell(value)


def _hours_lost(seen: Observation) -> str:
    waste, speed = waste_of(seen.quantities.get), seen.rates.get("steps_per_second")
    return cell(None) if waste is None or not speed else show(round(waste.hours(speed), 1))


def _conclusion(result: Verification, style: Style) -> str:
    verdicts = [row.verdict for row in result.rows] + [claim.verdict for claim in result.claims]
    counts = ", ".join(f"{verdicts.count(verdict)} {verdict}" for verdict in get_args(Verdict))
    text = f"{counts} ({len(result.rows)} rows, {len(result.claims)} claims) in {result.seconds:.0f} s"
    return style.paint("error" if result.exit_code else "good", text)


def verification_data(result: Verification) -> dict[str, object]:
    """The data of ``verify --output-format json``."""
    observed = next((seen for seen in result.observations.values() if seen is not NOT_RUN), None)
    compared = ("predicted", "measured")
    return {
        "schema": SCHEMA,
        "ran": result.ran,
        "scale": result.scale,
        "device": observed.device if observed is not None else None,
        "backend": observed.environment if observed is not None else "embedded",
        "runs": {side: _run_data(result, side) for side in SIDES},
        "rows": [
            {
                "quantity": row.quantity,
                "left": dict(zip(compared, row.left, strict=True)),
                "right": dict(zip(compared, row.right, strict=True)),
                "verdict": row.verdict,
                "why": row.why,
            }
            for row in result.rows
        ],
        "claims": [
            {
                "finding": claim.finding.code,
                "subject": claim.finding.found_in,
                "quantity": claim.claim.quantity,
                "predicted": {"left": claim.claim.left, "right": claim.claim.right},
                "measured": dict(zip(SIDES, claim.measured, strict=True)),
                "verdict": claim.verdict,
                "why": claim.why,
            }
            for claim in result.claims
        ],
        "seconds": result.seconds,
    }


def _run_data(result: Verification, side: Side) -> dict[str, object]:
    needed, seen = result.estimates[side], result.observations.get(side)
    return {
        **run_data(result.pair.side(side)),
        "estimate": {"bytes": needed.bytes, "seconds": needed.seconds},
        **({} if seen is None else {"rates": seen.rates, "seconds": seen.seconds}),
        **({} if seen is None or seen.crash is None else {"crash": seen.crash}),
    }

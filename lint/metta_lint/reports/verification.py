"""A verification as text and JSON: predicted beside measured, claims, rates."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from metta_lint.base.values import is_number
from metta_lint.base.wording import percent, show
from metta_lint.plans.quantities import TRAITS
from metta_lint.plans.waste import waste_of
from metta_lint.reports.data import SCHEMA
from metta_lint.reports.text import table
from metta_lint.verification.verify import NOT_RUN, Verdict, loop_of, refuses_config

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metta_lint.loops.observation import Observation
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
    """What a run would take, for those who have not asked for it yet."""
    lines = []
    for side, plan in (("left", result.pair.left), ("right", result.pair.right)):
        needed = result.estimates[side]
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
    """The whole report: rows, claims, rates, and a line that says what came of it."""
    scale = result.scale
    size = f" (run at 1/{scale} of the size; counts are multiplied by {scale})" if scale > 1 else ""
    lines = [style.bold(f"Predicted and measured{size}"), ""]
    lines += _rows(result.rows, style)
    if result.claims:
        lines += ["", style.bold("Claims of the findings"), "", *_claims(result.claims, style)]
    lines += ["", style.bold("Rates, on this machine"), "", *_rates(result)]
    lines += ["", style.bold("In short"), "", *_in_short(result), "", _conclusion(result, style)]
    return "\n".join(lines)


def _rows(rows: Sequence[Row], style: Style) -> list[str]:
    cells = [
        (
            row.quantity,
            _shown(row.left[0]),
            _shown(row.left[1]),
            _shown(row.right[0]),
            _shown(row.right[1]),
            _verdict(row.verdict, row.why),
        )
        for row in rows
    ]
    heading = ("quantity", "left predicted", "measured", "right predicted", "measured", "verdict")
    return _colored(table([heading, *cells], right_aligned=(1, 2, 3, 4)), style)


def _claims(claims: Sequence[JudgedClaim], style: Style) -> list[str]:
    cells = [
        (
            claim.finding.code,
            claim.claim.quantity,
            _sides(claim, claim.claim.left, claim.claim.right),
            _sides(claim, *claim.measured),
            _verdict(claim.verdict, claim.why),
        )
        for claim in claims
    ]
    return _colored(table([("finding", "claims that", "is", "measured", "verdict"), *cells]), style)


def _sides(claim: JudgedClaim, left: object, right: object) -> str:
    if claim.measured[0] is None and claim.measured[1] is not None:
        return _shown(right)
    if claim.measured[1] is None and claim.measured[0] is not None:
        return _shown(left)
    return f"{_shown(left)} / {_shown(right)}"


def _colored(lines: list[str], style: Style) -> list[str]:
    words = {"confirmed": style.good("confirmed"), "refuted": style.severity("error", "refuted")}
    for word, painted in words.items():
        lines = [line.removesuffix(word) + painted if line.endswith(word) else line for line in lines]
    return lines


def _verdict(verdict: str, why: str) -> str:
    return f"{verdict}: {why}" if why else verdict


def _shown(value: object) -> str:
    return "-" if value is None else show(value)


def _rates(result: Verification) -> list[str]:
    left, right = result.observations["left"], result.observations["right"]
    cells = [
        (words, _rate(left, name), _rate(right, name))
        for name, words in RATES.items()
        if name in left.rates or name in right.rates
    ]
    return table([("rate", "left", "right"), *cells], right_aligned=(1, 2))


def _rate(observation: Observation, name: str) -> str:
    rate = observation.rates.get(name)
    if rate is None:
        return "-"
    return show(round(rate)) if abs(rate) >= 100 else f"{rate:.3g}"


def _in_short(result: Verification) -> list[str]:
    """What was measured of what matters most, for those who read nothing else."""
    plans = (result.pair.left, result.pair.right)
    sides = [result.observations["left"], result.observations["right"]]
    cells = [
        (traits.short, *(_measured(seen, name) for seen in sides))
        for name, traits in TRAITS.items()
        if traits.short and any(_is_worth_a_row(seen, name) for seen in sides)
    ]
    lost = ("hours lost per 1e9 steps, at the speed seen here", *(_hours_lost(seen) for seen in sides))
    return table([("measured", *(plan.run.label for plan in plans)), *cells, lost], right_aligned=(1, 2))


def _is_worth_a_row(seen: Observation, name: str) -> bool:
    """Whether a quantity was measured; dropped steps are worth a row where there are any."""
    return bool(seen.quantities.get(name)) if name == "steps_dropped_per_epoch" else name in seen.quantities


def _measured(seen: Observation, name: str) -> str:
    value, waste = seen.quantities.get(name), waste_of(seen.quantities.get)
    if name in ("steps_overwritten_per_epoch", "steps_dropped_per_epoch") and is_number(value) and waste is not None:
        return f"{show(value)} ({percent(value, waste.collected)})"
    if name == "stitched_segments" and value is not None:
        return f"{show(value)} of {show(seen.quantities.get('segments'))}"
    return _shown(value)


def _hours_lost(seen: Observation) -> str:
    waste, speed = waste_of(seen.quantities.get), seen.rates.get("steps_per_second")
    return "-" if waste is None or not speed else show(round(waste.hours(speed), 1))


def _conclusion(result: Verification, style: Style) -> str:
    verdicts = [row.verdict for row in result.rows] + [claim.verdict for claim in result.claims]
    counts = ", ".join(f"{verdicts.count(verdict)} {verdict}" for verdict in get_args(Verdict))
    text = f"{counts} ({len(result.rows)} rows, {len(result.claims)} claims) in {result.seconds:.0f} s"
    return style.severity("error", text) if result.exit_code else style.good(text)


def verification_data(result: Verification) -> dict[str, object]:
    """What ``verify --output-format json`` prints."""
    observed = next((seen for seen in result.observations.values() if seen is not NOT_RUN), None)
    return {
        "schema": SCHEMA,
        "ran": result.ran,
        "scale": result.scale,
        "device": observed.device if observed is not None else None,
        "backend": observed.environment if observed is not None else "embedded",
        "runs": {side: _run(result, side) for side in ("left", "right")},
        "rows": [
            {
                "quantity": row.quantity,
                "left": {"predicted": row.left[0], "measured": row.left[1]},
                "right": {"predicted": row.right[0], "measured": row.right[1]},
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
                "measured": {"left": claim.measured[0], "right": claim.measured[1]},
                "verdict": claim.verdict,
                "why": claim.why,
            }
            for claim in result.claims
        ],
        "seconds": result.seconds,
    }


def _run(result: Verification, side: str) -> dict[str, object]:
    plan = result.pair.left if side == "left" else result.pair.right
    needed = result.estimates[side]
    data: dict[str, object] = {
        "entry": plan.run.entry,
        "trainer": plan.run.trainer,
        "version": plan.run.version,
        "estimate": {"bytes": needed.bytes, "seconds": needed.seconds},
    }
    if side in result.observations:
        observation = result.observations[side]
        data |= {"rates": dict(observation.rates), "seconds": observation.seconds}
        if observation.crash is not None:
            data["crash"] = observation.crash._asdict()
    return data

"""Verification: runs both sides of a pair with the reference trainer and compares what was planned and measured."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal, TypeAlias, cast

from metta_lint.base.errors import LintError
from metta_lint.base.plugins import entry_points
from metta_lint.base.records import NamedTuple
from metta_lint.base.values import is_number
from metta_lint.loops import embedded
from metta_lint.loops.engine import Estimate, Observation
from metta_lint.loops.requirements import CONFIG_REQUIREMENTS, ILL_SIZED
from metta_lint.plans.epochs import Backend
from metta_lint.plans.pair import same
from metta_lint.plans.quantities import WHOLE_RUN
from metta_lint.verification.scale import scaled, unscaled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from metta_lint.loops.engine import Engine, OnProgress, RunOptions
    from metta_lint.loops.loop import Loop
    from metta_lint.plans.pair import Pair, Side
    from metta_lint.plans.plan import Plan
    from metta_lint.rules.finding import Claim, Finding

Verdict: TypeAlias = Literal["confirmed", "refuted", "not exercised", "not predicted"]
GROUP = "metta_lint.reference_trainer"
CRASH = "crash"
"""The row of how a run ended."""
NO_CRASH = "none"
SIDES: tuple[Side, Side] = ("left", "right")

NOT_RUN = Observation({}, environment="none")
"""The observation of a run that its trainer refuses before there is a loop."""


class Row(NamedTuple):
    """A quantity, predicted and measured on both sides; None where it is not known or not measured."""

    quantity: str
    left: tuple[object, object]
    right: tuple[object, object]
    verdict: Verdict
    why: str = ""


class JudgedClaim(NamedTuple):
    """A finding's claim, what was measured, and the verdict."""

    finding: Finding
    claim: Claim
    measured: tuple[object, object]
    verdict: Verdict
    why: str = ""


class Verification(NamedTuple):
    """The result of a verification. ``ran`` is False where only the estimate was asked for."""

    pair: Pair
    estimates: Mapping[Side, Estimate]
    scale: int = 1
    ran: bool = False
    observations: Mapping[Side, Observation] = {}
    rows: Sequence[Row] = ()
    claims: Sequence[JudgedClaim] = ()
    seconds: float = 0.0

    @property
    def exit_code(self) -> int:
        """0 all confirmed (or nothing run), 1 something was refuted."""
        verdicts = [row.verdict for row in self.rows] + [claim.verdict for claim in self.claims]
        return 1 if "refuted" in verdicts else 0


def backend(policy_size: int = embedded.POLICY_SIZE) -> Backend:
    """The sizes of the embedded environment and the reference policy, for a plan."""
    return Backend(
        "embedded", embedded.OBSERVATION_BYTES, embedded.STORED_BYTES, embedded.MODEL_PARAMETERS, policy_size
    )


def load_trainer() -> Engine:
    """The installed reference trainer, a module or another object.

    Raises LintError where none is installed, one of its requirements is missing, or it cannot be imported.
    """
    for point in entry_points(GROUP):
        try:
            return cast("Engine", point.load())
        except LintError as error:
            cause = error.__cause__
            if not isinstance(cause, ModuleNotFoundError) or cause.name == point.module:
                raise
            raise LintError(
                f"verify runs both configs and needs {cause.name}: pip install 'metta-lint[verify]'"
            ) from error
    raise LintError("no reference trainer is installed: pip install 'metta-lint[verify]'")


def estimate_pair(pair: Pair, trainer: Engine, options: RunOptions, scale: int = 1) -> Verification:
    """The time and memory that running the pair would take, at 1/scale of its size.

    Raises LintError where a side's plan does not say enough to run it, or cannot be scaled so.
    """
    estimates = {
        side: Estimate() if refuses_config(plan) else trainer.estimate(_loop_at(plan, scale), options)
        for side, plan in zip(SIDES, pair.plans, strict=True)
    }
    return Verification(pair, estimates, scale=scale)


def verify(
    pair: Pair,
    findings: Sequence[Finding],
    trainer: Engine,
    options: RunOptions,
    progress: Callable[[Side], OnProgress | None],
    scale: int = 1,
) -> Verification:
    """Run both sides, and judge every row and every claim.

    ``progress`` gives the callback for a side. Raises LintError for what stops the trainer and is no refusal.
    """
    planned = estimate_pair(pair, trainer, options, scale)
    seen = {
        side: NOT_RUN
        if refuses_config(plan)
        else unscaled(trainer.run(_loop_at(plan, scale), options, progress(side)), scale)
        for side, plan in zip(SIDES, pair.plans, strict=True)
    }
    return planned._replace(
        ran=True,
        observations=seen,
        rows=tuple(judge_rows(pair, **seen)),
        claims=tuple(judge_claim(finding, claim, pair, **seen) for finding in findings for claim in finding.claims),
        seconds=sum(observation.seconds for observation in seen.values()),
    )


def refuses_config(plan: Plan) -> bool:
    """Whether the trainer refuses the config itself, so that there is no loop for the reference trainer to run."""
    return bool(plan.refusals) and plan.refusals[0].requirement in CONFIG_REQUIREMENTS


def _loop_at(plan: Plan, scale: int) -> Loop:
    """A plan's loop at 1/scale of its size; in full where a size is refused, like 0 environments."""
    ill_sized = any(refusal.requirement in ILL_SIZED for refusal in plan.refusals)
    return scaled(loop_of(plan), 1 if ill_sized else scale)


def loop_of(plan: Plan) -> Loop:
    """A plan's loop. Raises LintError where its settings do not say enough to run it."""
    if plan.loop is None:
        raise LintError(f"{plan.run.label} cannot be run: {plan.loop_unknown_because}")
    return plan.loop


def judge_rows(pair: Pair, left: Observation, right: Observation) -> Iterator[Row]:
    """A row for how each side ended, and one for every quantity that either side predicts or measures."""
    for name in {CRASH: None, **pair.left.quantities, **pair.right.quantities}:
        if name == CRASH or name in left.quantities or name in right.quantities or name in WHOLE_RUN:
            sides = _side(pair.left, left, name), _side(pair.right, right, name)
            if sides != ((None, None), (None, None)):
                yield Row(name, *sides, *_verdict(sides, name))


def _side(plan: Plan, seen: Observation, name: str) -> tuple[object, object]:
    """What is predicted and what is measured of a quantity; neither where the run is refused before it is measured."""
    measured = _measured(seen, name)
    if name == CRASH:
        return plan.refusals[0].requirement if plan.refusals else NO_CRASH, measured
    return (None, None) if plan.refusals and measured is None else (plan.value(name), measured)


def _measured(seen: Observation, name: str) -> object:
    if name != CRASH:
        return seen.quantities.get(name)
    if seen is NOT_RUN:
        return None
    return NO_CRASH if seen.crash is None else seen.crash.requirement or f"{seen.crash.exception}: {seen.crash.message}"


def _verdict(sides: tuple[tuple[object, object], tuple[object, object]], name: str) -> tuple[Verdict, str]:
    if not all(agrees(*side) for side in sides if None not in side):
        return "refuted", ""
    named = tuple(zip(SIDES, sides, strict=True))
    unmeasured = [side for side, (predicted, measured) in named if predicted is not None and measured is None]
    if unmeasured:
        return "not exercised", f"{' and '.join(unmeasured)}: {_why_not(name)}"
    unpredicted = [side for side, (predicted, measured) in named if predicted is None and measured is not None]
    if unpredicted:
        return "not predicted", f"{' and '.join(unpredicted)}: the plan does not say it"
    return "confirmed", ""


def _why_not(name: str) -> str:
    if name == CRASH:
        return "the reference trainer is given a loop, not a config"
    return "the run ended before total_timesteps" if name in WHOLE_RUN else "nothing measured it"


def agrees(predicted: object, measured: object) -> bool:
    """Whether a measurement is what was predicted: counts exactly, floats within 1e-6 of their size."""
    is_real = isinstance(predicted, float) or isinstance(measured, float)
    if is_real and is_number(predicted) and is_number(measured):
        return math.isclose(predicted, measured, rel_tol=1e-6)
    return same(predicted, measured)


def judge_claim(finding: Finding, claim: Claim, pair: Pair, left: Observation, right: Observation) -> JudgedClaim:
    """The verdict on one claim. A claim about one run is judged on the side of that run."""
    own = [finding.runs == (run,) for run in pair.runs]
    is_left, is_right = own if any(own) else (True, True)
    predicted = claim.left if is_left else None, claim.right if is_right else None
    found = (
        _measured(left, claim.quantity) if is_left else None,
        _measured(right, claim.quantity) if is_right else None,
    )
    pairs = [sides for sides in zip(predicted, found, strict=True) if sides[0] is not None]
    if not pairs:
        return JudgedClaim(finding, claim, found, "not predicted", "the finding names no value")
    if any(value is None for _, value in pairs):
        return JudgedClaim(finding, claim, found, "not exercised", _why_not(claim.quantity))
    verdict: Verdict = "confirmed" if all(agrees(*pair) for pair in pairs) else "refuted"
    return JudgedClaim(finding, claim, found, verdict)

"""ML402: steps that are collected and never trained on."""

from collections.abc import Iterator

from metta_lint.api import Case, Claim, Draft, Place, Plan, Waste, percent, show, waste_of

ILLUSTRATIVE_STEPS_PER_SECOND = 10_000.0
"""PufferLib on MettaGrid with 64 x 64 agents, LSTM 128, on two CPU cores: about 10,000 agent steps a second."""
CLAIMED = (
    "steps_collected_per_epoch",
    "steps_overwritten_per_epoch",
    "steps_dropped_per_epoch",
    "stitched_segments",
)


class WastedRollout:
    """A rollout collects steps that are overwritten or dropped before training sees them.

    ## Why it matters
    Metta takes a full batch's next rows modulo the buffer: once the buffer is full, rows that were just collected are
    overwritten by the batches still in flight, and the rows that those leave unfinished are stitched together from two
    agents' lives, part new, part old. All of these steps are simulated, inferred and counted towards total_timesteps.
    A rollout is clean exactly when the segments are a multiple of the agents.

    ## Example
    24 agents, 320 environments and a batch of 524,288: 979,200 steps are collected, 454,912 of them (46.5%) are
    overwritten, and 3,840 of 8,192 segments are stitched.

    ## How to fix it
    Choose sizes so that `batch_size // bptt_horizon` is a multiple of `num_envs * num_agents`: change the target of the
    inference batch, or the batch size.
    """

    code, name, severity = "ML402", "wasted-rollout", "error"
    fixable = "unsafe"
    agrees = [Case(), Case(right={"trainer.batch_size": 64})]
    drifts = [
        Case(
            right={"trainer.batch_size": 48},
            claims={
                "steps_collected_per_epoch": (None, 60),
                "steps_overwritten_per_epoch": (None, 12),
                "stitched_segments": (None, 4),
            },
        ),
        Case(
            left={"env.game.num_agents": 1, "vec.batch_size": 1, "vec.num_workers": 4, "train.batch_size": 24},
            claims={"steps_dropped_per_epoch": (6, None), "steps_overwritten_per_epoch": (0, None)},
        ),
    ]

    def check(self, plan: Plan) -> Iterator[Draft]:
        """One draft where steps are overwritten or dropped."""
        waste, stitched = waste_of(plan.number), plan.number("stitched_segments") or 0
        if waste is None or not waste.steps:
            return
        segments, agents = show(plan.value("segments")), show(plan.value("total_agents"))
        lost = "overwritten" if waste.overwritten else "dropped"
        torn = f", and {show(stitched)} of {segments} segments are stitched from two" if stitched else ""
        yield Draft(
            f"{show(waste.steps)} of {show(waste.collected)} collected steps "
            f"({percent(waste.steps, waste.collected)}) are {lost} before "
            f"training sees them{torn}: {segments} segments are not a multiple of {agents} agents; "
            + _hours(plan, waste),
            at=Place(plan, "batch_size"),
            related=(("agents per environment", Place(plan, "agents_per_env")),),
            claims=tuple(Claim(name, plan.value(name), plan.value(name)) for name in CLAIMED),
            help=f"make batch_size a multiple of total_agents * bptt_horizon = {show(_multiple(plan))}",
        )


def _multiple(plan: Plan) -> float:
    return (plan.number("total_agents") or 0) * (plan.number("bptt_horizon") or 0)


def _hours(plan: Plan, waste: Waste) -> str:
    given = plan.run.machine.steps_per_second
    speed = given or ILLUSTRATIVE_STEPS_PER_SECOND
    at = f"at {'' if given else 'say '}{show(speed)} steps/s"
    return f"{at} that is {show(round(waste.hours(speed), 1))} h lost per 1e9 steps"

"""ML206: what a batch is made of."""

from collections.abc import Iterator

from metta_lint.api import Case, Draft, Pair, Place, claimed, show


class BatchCompositionDrift:
    """A batch is made of other parts: steps from each environment, and ticks that each one runs.

    ## Why it matters
    The same number of agent steps can come from a few environments that run long or from many that run briefly. Agent
    steps per environment mix up two things, so ticks are given as well: how far an episode gets in one epoch.

    ## Example
    4,096 agent steps from each of 64 environments against 1,638.4 from each of 320: with 64 and 24 agents that is 64
    ticks against 68.3, which is far closer than the first numbers look.

    ## How to fix it
    Agree on environments and agents first (ML101, ML102); what then remains is batch size.
    """

    code, name, severity = "ML206", "batch-composition-drift", "warning"
    agrees = [Case()]
    drifts = [
        Case(left={"train.batch_size": 64}, claims={"steps_per_env": (16.0, 8.0), "ticks_per_env": (8.0, 4.0)}),
        Case(left={"env.game.num_agents": 4}, claims={"steps_per_env": (16.0, 8.0), "ticks_per_env": (4.0, 4.0)}),
    ]

    def check(self, pair: Pair) -> Iterator[Draft]:
        """One draft that says steps and ticks, where the steps differ."""
        steps, ticks = pair.differs("steps_per_env"), pair.known("ticks_per_env")
        if steps is None or ticks is None:
            return
        yield Draft(
            f"an epoch trains on {show(steps[0])} agent steps of each environment against {show(steps[1])}; "
            f"in ticks {show(ticks[0])} against {show(ticks[1])}",
            at=Place(pair.left, "num_envs"),
            related=((f"{show(steps[1])} steps from each of these", Place(pair.right, "num_envs")),),
            claims=claimed(pair, "steps_per_env", "ticks_per_env"),
        )

"""ML101: agents per environment."""

from collections.abc import Iterator

from metta_lint.api import Case, Draft, Pair, Place, claimed, show


class AgentCountDrift:
    """Agents per environment differ between the two runs.

    ## Why it matters
    The number of agents in one environment is part of the task: how crowded the map is, how much each agent can mine,
    how often two meet. It also multiplies into everything that follows: total agents, batch size where it is `auto`,
    segments, optimizer steps per epoch. Two runs that differ here do not train the same environment, whatever their
    other settings say.

    ## Example
    PufferLib's metta environment reads `num_agents: 64` from `metta.yaml`; the arena that Metta's own job trains says
    `num_agents: 24`.

    ## How to fix it
    Decide which number is meant, and write it on both sides. Where the difference is meant, say so in
    `[[tool.metta-lint.pairs.differs]]` with the reason.
    """

    code, name, severity = "ML101", "agent-count-drift", "warning"
    agrees = [Case()]
    drifts = [
        Case(
            left={"env.game.num_agents": 4},
            claims={"agents_per_env": (4, 2), "total_agents": (16, 8)},
        ),
        Case(right={"env.game.num_agents": 1}, claims={"agents_per_env": (2, 1)}),
    ]

    def check(self, pair: Pair) -> Iterator[Draft]:
        """One draft where both counts are known and differ."""
        values = pair.differs("agents_per_env")
        if values is None:
            return
        left, right = (show(value) for value in values)
        message = f"{left} agents in each environment against {right}"
        if (totals := pair.known("total_agents")) is not None:
            message += f": {show(totals[0])} agents in all against {show(totals[1])}"
        if (steps := pair.known("steps_per_env")) is not None:
            mine, theirs = (show(number) for number in steps)
            message += f", and an epoch trains on {mine} agent steps of each environment against {theirs}"
        yield Draft(
            message,
            at=Place(pair.left, "agents_per_env"),
            related=((f"{right} agents here", Place(pair.right, "agents_per_env")),),
            claims=claimed(pair, "agents_per_env", "total_agents", "steps_per_env"),
            help="write the same number on both sides, or declare the difference with its reason",
        )

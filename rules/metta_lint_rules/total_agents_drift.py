"""ML103: agents that act at once."""

from collections.abc import Iterator

from metta_lint.api import Case, Draft, Pair, drift


class TotalAgentsDrift:
    """The agents that act at once differ, in all or in one inference batch.

    ## Why it matters
    Total agents decide how many experience segments fit a clean rollout, and the agents of one batch are the size of
    every forward pass while collecting: throughput, memory and, where the batch is `auto`, the batch size hang on them.

    ## Example
    64 environments of 64 agents are 4,096 agents; 320 of 24 are 7,680.

    ## How to fix it
    Make environments times agents agree. If only the size of a batch differs, set `vec.batch_size` or `async_factor`.
    """

    code, name, severity = "ML103", "total-agents-drift", "warning"
    agrees = [Case()]
    drifts = [
        Case(
            left={"vec.num_envs": 8},
            claims={"total_agents": (16, 8), "agents_per_batch": (8, 4)},
        ),
        Case(left={"vec.batch_size": 4}, claims={"agents_per_batch": (8, 4)}),
    ]

    def check(self, pair: Pair) -> Iterator[Draft]:
        """One draft where both sides are known and differ."""
        claims = ("total_agents", "agents_per_batch")
        total = list(drift(pair, "total_agents", "{left} agents in all against {right}", claims=claims))
        yield from total or drift(
            pair, "agents_per_batch", "{left} agents in each inference batch against {right}", claims=claims
        )

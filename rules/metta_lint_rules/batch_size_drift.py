"""ML201: steps in an epoch."""

from collections.abc import Iterator

from metta_lint.api import Case, Draft, Pair, drift


class BatchSizeDrift:
    """Agent steps in one epoch's experience differ.

    ## Why it matters
    The batch is what one policy collects before it changes: a larger one gives steadier gradients from older data and
    fewer updates for the same number of steps. Values tuned for one size (learning rate, entropy) rarely carry over.

    ## Example
    `batch_size = auto` with 4,096 agents and a horizon of 64 is 262,144 steps; the other side says 524,288.

    ## How to fix it
    Write the number on both sides; with `auto`, make the agents agree first (ML103).
    """

    code, name, severity = "ML201", "batch-size-drift", "warning"
    agrees = [Case()]
    drifts = [
        Case(left={"train.batch_size": 64}, claims={"buffer_steps": (64, 32)}),
        Case(right={"trainer.batch_size": 64}, claims={"buffer_steps": (32, 64)}),
    ]

    def check(self, pair: Pair) -> Iterator[Draft]:
        """One draft where both sides are known and differ."""
        yield from drift(
            pair, "batch_size", "a batch of {left} agent steps against {right}", claims=("buffer_steps", "segments")
        )

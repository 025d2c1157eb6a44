"""ML202: steps in a minibatch."""

from collections.abc import Iterator

from metta_lint.api import Case, Draft, Pair, drift


class MinibatchSizeDrift:
    """Agent steps in one minibatch differ.

    ## Why it matters
    A gradient is an average over the minibatch. Twice the size halves the optimizer steps of an epoch and lowers the
    gradient's noise; the learning rate that suits one seldom suits the other.

    ## Example
    32,768 steps (512 segments) against 16,384 (256 segments). PufferLib also cuts at `max_minibatch_size`: what counts
    is the smaller of the two.

    ## How to fix it
    Write the same size on both sides, or scale the learning rate on purpose and declare the difference.
    """

    code, name, severity = "ML202", "minibatch-size-drift", "warning"
    agrees = [Case()]
    drifts = [
        Case(left={"train.minibatch_size": 32}, claims={"minibatch_size": (32, 16), "minibatch_segments": (8, 4)}),
    ]

    def check(self, pair: Pair) -> Iterator[Draft]:
        """One draft where both sides are known and differ."""
        yield from drift(
            pair,
            "minibatch_size",
            "minibatches of {left} agent steps against {right}",
            claims=("minibatch_size", "minibatch_segments"),
        )

"""ML203: ticks in a segment."""

from collections.abc import Iterator

from metta_lint.api import Case, Draft, Pair, drift


class HorizonDrift:
    """The bptt horizon differs: the consecutive steps that one segment holds.

    ## Why it matters
    Gradients flow through at most this many steps of the recurrent policy, advantages stop at the segment's end, and
    every segment starts from a zero state. A shorter horizon is a different learner.

    ## Example
    `bptt_horizon = 64` against 8, which a laptop's overlay file sets and a command line leaves on.

    ## How to fix it
    Write the same number on both sides; in PufferLib, `auto` makes it batch_size // total_agents.
    """

    code, name, severity = "ML203", "horizon-drift", "warning"
    agrees = [Case()]
    drifts = [
        Case(left={"train.bptt_horizon": 8}, claims={"bptt_horizon": (8, 4)}),
    ]

    def check(self, pair: Pair) -> Iterator[Draft]:
        """One draft where both sides are known and differ."""
        yield from drift(
            pair, "bptt_horizon", "segments of {left} ticks against {right}", claims=("bptt_horizon", "segments")
        )

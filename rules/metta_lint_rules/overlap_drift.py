"""ML105: batches in flight."""

from collections.abc import Iterator

from metta_lint.api import Case, Draft, Pair, drift


class OverlapDrift:
    """Batches in flight differ: one run steps environments while it computes actions, the other waits more.

    ## Why it matters
    With two batches in flight, half of the environments step while actions for the other half are computed; with one,
    the processor and the accelerator take turns. It changes speed, and in Metta's rollout also how many steps a batch
    that does not fit overwrites.

    ## Example
    PufferLib double-buffers by default: `vec.batch_size = auto` is half of `vec.num_envs`. Setting it to `num_envs`
    turns that off, as `async_factor: 1` does in Metta.

    ## How to fix it
    Set `vec.batch_size` to `num_envs / async_factor`.
    """

    code, name, severity = "ML105", "overlap-drift", "info"
    agrees = [Case()]
    drifts = [
        Case(left={"vec.batch_size": 4}, claims={"async_factor": (1, 2)}),
    ]

    def check(self, pair: Pair) -> Iterator[Draft]:
        """One draft where both sides are known and differ."""
        yield from drift(
            pair,
            "async_factor",
            "batches in flight: {left} against {right}",
            claims=("async_factor",),
            help="vec.batch_size = num_envs // async_factor gives PufferLib the other side's overlap",
        )

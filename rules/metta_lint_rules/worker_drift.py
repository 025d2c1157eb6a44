"""ML104: worker processes."""

from collections.abc import Iterator

from metta_lint.api import Case, Draft, Pair, drift


class WorkerDrift:
    """Worker processes differ between the two runs.

    ## Why it matters
    Workers change how fast environments step, not what is learned, except through Metta's rounding: its number of
    environments is a multiple of its workers, so a different machine can train on a different batch.

    ## Example
    `num_workers = 16` against `num_workers: null`, which is half of the CPU cores, per GPU, rounded down to a power
    of two.

    ## How to fix it
    Nothing need be done if both machines are meant to differ; otherwise set both.
    """

    code, name, severity = "ML104", "worker-drift", "info"
    agrees = [Case()]
    drifts = [
        Case(left={"vec.num_workers": 4}, claims={"num_workers": (4, 2), "envs_per_worker": (1, 2)}),
    ]

    def check(self, pair: Pair) -> Iterator[Draft]:
        """One draft where both sides are known and differ."""
        yield from drift(
            pair, "num_workers", "{left} worker processes against {right}", claims=("num_workers", "envs_per_worker")
        )

"""ML204: passes over the batch."""

from collections.abc import Iterator

from metta_lint.api import Case, Draft, Pair, drift


class UpdateEpochsDrift:
    """Update epochs differ: how often the steps of a batch are used.

    ## Why it matters
    Each pass more makes the data older relative to the policy that learns from it; clipping then does more of the work.

    ## Example
    `update_epochs = 1` against `update_epochs: 4`.

    ## How to fix it
    Write the same number on both sides.
    """

    code, name, severity = "ML204", "update-epochs-drift", "warning"
    agrees = [Case()]
    drifts = [
        Case(left={"train.update_epochs": 2}, claims={"minibatches_per_epoch": (4, 2)}),
        Case(right={"trainer.update_epochs": 3}, claims={"minibatches_per_epoch": (2, 6)}),
    ]

    def check(self, pair: Pair) -> Iterator[Draft]:
        """One draft where both sides are known and differ."""
        yield from drift(
            pair, "update_epochs", "{left} update epochs against {right}", claims=("minibatches_per_epoch",)
        )

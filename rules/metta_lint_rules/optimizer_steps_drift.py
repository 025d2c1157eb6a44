"""ML205: optimizer steps."""

from collections.abc import Iterator

from metta_lint.api import Case, Draft, Pair, Place, claimed, same, show

PER_EPOCH, PER_MILLION = "optimizer_steps_per_epoch", "optimizer_steps_per_million_steps"


class OptimizerStepsDrift:
    """Optimizer steps differ, per epoch and per million collected steps.

    ## Why it matters
    How often the weights move is what learning speed per sample hangs on. The count per epoch alone misleads: an epoch
    with four times the steps may well collect four times the data. Per million collected steps is the fair number, and
    both are given.

    ## Example
    8 against 32 optimizer steps an epoch looks like four times the learning. Collected steps are 262,144 against
    979,200, so per million it is 30.5 against 32.7.

    ## How to fix it
    Set the minibatch size so that collected steps per optimizer step agree; the batch size does not change that number.
    """

    code, name, severity = "ML205", "optimizer-steps-drift", "warning"
    agrees = [
        Case(),
        Case(
            left={"train.batch_size": 64, "train.minibatch_size": 32},
            right={"trainer.batch_size": 64, "trainer.minibatch_size": 32},
        ),
    ]
    drifts = [
        Case(left={"train.minibatch_size": 32}, claims={PER_EPOCH: (1, 2), PER_MILLION: (31250.0, 62500.0)}),
    ]

    def check(self, pair: Pair) -> Iterator[Draft]:
        """One draft that says both, where either differs."""
        epoch, million = pair.known(PER_EPOCH), pair.known(PER_MILLION)
        if epoch is None or million is None or (same(*epoch) and same(*million)):
            return
        yield Draft(
            f"{show(epoch[0])} optimizer steps per epoch against {show(epoch[1])}; "
            f"per million collected steps {show(million[0])} against {show(million[1])}",
            at=Place(pair.left, "minibatch_size"),
            related=((f"{show(epoch[1])} optimizer steps from here", Place(pair.right, "minibatch_size")),),
            claims=claimed(pair, PER_EPOCH, PER_MILLION),
            help="compare the second pair of numbers: an epoch is not the same amount of data on both sides",
        )

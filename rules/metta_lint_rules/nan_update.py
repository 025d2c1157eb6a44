"""ML410: minibatches of one step, whose update makes every weight NaN."""

from collections.abc import Iterator

from metta_lint.api import Case, Claim, Draft, Place, Plan, show


class NanUpdate:
    """A minibatch of one step: the first update makes all weights NaN, and training goes on.

    ## Why it matters
    Advantages are divided by the standard deviation of their minibatch, and that of one value is NaN: so are the loss,
    the gradients and, after the first optimizer step, all weights. PufferLib 3 replaces the NaN probabilities by equal
    ones and trains on: the run ends well, its checkpoints hold nothing but NaN, and all that is said is one warning of
    torch's about degrees of freedom. Seen by running pufferlib-core 3.0.23.

    ## Example
    `minibatch_size = 1` with `bptt_horizon = 1`, or a `max_minibatch_size` of 1 that was meant to save memory.

    ## How to fix it
    Make the minibatch, and max_minibatch_size, many segments of many ticks.
    """

    code, name, severity = "ML410", "nan-update", "error"
    agrees = [
        Case(),
        Case(left={"train.bptt_horizon": 1, "train.minibatch_size": 2}),
        Case(left={"train.bptt_horizon": 2, "train.minibatch_size": 2}),
    ]
    drifts = [
        Case(left={"train.bptt_horizon": 1, "train.minibatch_size": 1}, claims={"weights_finite": (False, None)}),
        Case(
            left={"train.bptt_horizon": 1, "train.minibatch_size": 4, "train.max_minibatch_size": 1},
            claims={"weights_finite": (False, None)},
        ),
        Case(right={"trainer.bptt_horizon": 1, "trainer.minibatch_size": 1}, claims={"weights_finite": (None, False)}),
    ]

    def check(self, plan: Plan) -> Iterator[Draft]:
        """One draft for a run whose weights are known to become NaN."""
        if plan.value("weights_finite") is not False:
            return
        steps = plan.value("optimizer_steps_per_epoch")
        yield Draft(
            f"a minibatch is 1 step: the standard deviation of its advantages is NaN, and so is every weight after the "
            f"first of {show(steps)} optimizer steps per epoch",
            at=Place(plan, "minibatch_size"),
            related=(("the horizon", Place(plan, "bptt_horizon")),),
            claims=(Claim("weights_finite", False, False),),
            help="make minibatch_size, and max_minibatch_size, many segments of many ticks",
        )

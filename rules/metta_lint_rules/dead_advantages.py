"""ML405: a horizon of one tick, whose advantages are all 0."""

from collections.abc import Iterator

from metta_lint.api import Case, Claim, Draft, Place, Plan


class DeadAdvantages:
    """A horizon of 1: every advantage is 0, and the policy learns nothing from its rewards.

    ## Why it matters
    Both trainers credit a step with the reward that arrives with the next one, inside its segment. The last tick of a
    segment has no next one, and an advantage of 0. With `bptt_horizon = 1` every tick is the last: the policy loss is
    0 for all of them, and what is left of training is the entropy bonus and a value function that fits itself.

    ## Example
    `bptt_horizon = 1` for a policy without memory, where 1 looks like "no recurrence".

    ## How to fix it
    A policy without memory needs a horizon too: 16 to 128 ticks are common.
    """

    code, name, severity = "ML405", "dead-advantages", "error"
    agrees = [Case(), Case(left={"train.bptt_horizon": 2})]
    drifts = [
        Case(left={"train.bptt_horizon": 1, "train.minibatch_size": 8}, claims={"credited_ticks": (0, None)}),
        Case(right={"trainer.bptt_horizon": 1}, claims={"credited_ticks": (None, 0)}),
    ]

    def check(self, plan: Plan) -> Iterator[Draft]:
        """One draft where no tick of a segment is credited."""
        if plan.number("credited_ticks") != 0:
            return
        yield Draft(
            "bptt_horizon = 1: every tick is the last of its segment, and the last one's advantage is 0: "
            "no reward ever reaches the policy",
            at=Place(plan, "bptt_horizon"),
            claims=(Claim("credited_ticks", 0, 0),),
            help="write a horizon of at least 2 ticks; 16 to 128 are common",
        )

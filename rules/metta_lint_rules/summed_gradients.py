"""ML411: gradients that are accumulated as a sum."""

from collections.abc import Iterator

from metta_lint.api import Case, Claim, Draft, Place, Plan, show


class SummedGradients:
    """Accumulated minibatches are added up, not averaged: max_grad_norm holds for their sum.

    ## Why it matters
    Where minibatch_size is more than max_minibatch_size, PufferLib 3 goes backward through minibatch_size //
    max_minibatch_size losses, each a mean over its own steps, and steps once on the sum of their gradients. One
    minibatch of minibatch_size would give their mean. So a smaller max_minibatch_size, which looks like a matter of
    memory, makes the gradient that many times as large before `max_grad_norm` cuts it. Seen by replaying the updates
    of pufferlib-core 3.0.23.

    ## Example
    `minibatch_size = 131072` with `max_minibatch_size = 32768`: the gradients of 4 minibatches are added, so that
    `max_grad_norm = 1.5` cuts their mean where its norm is more than 0.375.

    ## How to fix it
    Where memory allows, make max_minibatch_size at least minibatch_size; else multiply max_grad_norm by the number of
    minibatches that are added.
    """

    code, name, severity = "ML411", "summed-gradients", "info"
    agrees = [Case(), Case(left={"train.max_minibatch_size": 16})]
    drifts = [
        Case(left={"train.max_minibatch_size": 8}, claims={"accumulate_minibatches": (2, None)}),
    ]

    def check(self, plan: Plan) -> Iterator[Draft]:
        """One draft where an optimizer step adds several minibatches up."""
        added = plan.number("accumulate_minibatches")
        if added is None or added <= 1 or not plan.number("optimizer_steps_per_epoch"):
            return
        norm = plan.number("max_grad_norm")
        acts = f": max_grad_norm = {show(norm)} cuts their mean at {show(norm / added)}" if norm else ""
        yield Draft(
            f"an optimizer step adds the gradients of {show(added)} minibatches of "
            f"{show(plan.value('minibatch_size'))} steps and does not average them{acts}",
            at=Place(plan, "minibatch_size"),
            claims=(Claim("accumulate_minibatches", added, added),),
            help="make max_minibatch_size at least minibatch_size, or max_grad_norm as many times as large",
        )

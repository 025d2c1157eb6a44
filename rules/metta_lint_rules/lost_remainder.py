"""ML403: what truncation leaves out."""

from collections.abc import Iterator

from metta_lint.api import Case, Claim, Draft, Place, Plan, percent, show


class LostRemainder:
    """Truncation leaves part of a batch untrained, or gradients that never step in their epoch.

    ## Why it matters
    PufferLib counts minibatches as int(update_epochs * batch_size / minibatch_size): what does not fill a minibatch
    is collected and never presented. With gradient accumulation, minibatches that do not fill a group leave their
    gradients to the next epoch, where they are added to those of another policy. And a batch that is not a multiple of
    the horizon loses its last steps when the segments are cut.

    ## Example
    60 agents in 64 environments and a horizon of 64: 245,760 steps are 7.5 minibatches of 32,768; 7 are trained.

    ## How to fix it
    Make the batch a multiple of the minibatch, and the minibatches of an epoch a multiple of minibatch_size //
    max_minibatch_size.
    """

    code, name, severity = "ML403", "lost-remainder", "error"
    fixable = "unsafe"
    agrees = [Case(), Case(left={"train.max_minibatch_size": 8})]
    drifts = [
        Case(left={"train.minibatch_size": 12}, claims={"steps_trained_per_epoch": (24, None)}),
        Case(
            left={"train.minibatch_size": 24, "train.max_minibatch_size": 8},
            claims={"minibatches_per_epoch": (4, None), "optimizer_steps_per_epoch": (1, None)},
        ),
        Case(left={"train.batch_size": 34}, claims={"buffer_steps": (32, None), "steps_trained_per_epoch": (32, None)}),
    ]

    def check(self, plan: Plan) -> Iterator[Draft]:
        """A draft for steps that no minibatch holds, one for minibatches whose gradients do not step."""
        untrained = plan.number("steps_untrained_per_epoch")
        due = (plan.number("batch_size") or 0) * (plan.number("update_epochs") or 0)
        if untrained and due:
            trained = plan.value("steps_trained_per_epoch")
            yield Draft(
                f"{show(untrained)} of {show(due)} steps ({percent(untrained, due)}) are in no minibatch: "
                f"{show(plan.value('minibatches_per_epoch'))} minibatches of {show(plan.value('minibatch_size'))} "
                f"train {show(trained)}",
                at=Place(plan, "minibatch_size"),
                related=(("the batch", Place(plan, "batch_size")),),
                claims=(Claim("steps_trained_per_epoch", trained, trained),),
                help="make batch_size a multiple of minibatch_size and of bptt_horizon",
            )
        left_over = plan.number("minibatches_without_step")
        if left_over:
            steps = plan.value("optimizer_steps_per_epoch")
            groups = show(plan.value("accumulate_minibatches"))
            then = (
                "what is left enters the next epoch's first one" if steps else "no epoch has as many: none ever steps"
            )
            yield Draft(
                f"the gradients of {show(left_over)} of {show(plan.value('minibatches_per_epoch'))} minibatches never "
                f"step in their epoch: {groups} are accumulated for one optimizer step, and {then}",
                at=Place(plan, "minibatch_size"),
                claims=(Claim("optimizer_steps_per_epoch", steps, steps),),
                help="make the minibatches of an epoch a multiple of minibatch_size // max_minibatch_size",
            )

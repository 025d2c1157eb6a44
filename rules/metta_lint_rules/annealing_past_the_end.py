"""ML406: the run goes on after its learning rate has come to 0."""

from collections.abc import Iterator

from metta_lint.api import Case, Claim, Draft, Place, Plan, percent, show

NEGLIGIBLE = 0.05
"""Of almost every run one epoch lies beyond the cosine: where it is one of twenty or more, that costs little."""


class AnnealingPastTheEnd:
    """The cosine of the learning rate ends before the run does.

    ## Why it matters
    PufferLib's cosine comes to 0 after total_timesteps // batch_size epochs, rounded down; the run makes as many as it
    takes to collect total_timesteps, rounded up. The epoch beyond the cosine trains at a rate of 0: it is collected and
    computed, and nothing is learnt. A batch that is not a multiple of the horizon adds further epochs, whose rate rises
    again. In a long run that hardly counts; in a short one it may be half of the run.

    ## Example
    `total_timesteps = 300_000` with a batch of 262,144: a cosine of 1 epoch, a run of 2; the second learns nothing.

    ## How to fix it
    Make total_timesteps a multiple of the batch size, or set `anneal_lr = False`.
    """

    code, name, severity = "ML406", "annealing-past-the-end", "warning"
    agrees = [
        Case(),
        Case(left={"train.anneal_lr": True}),
        Case(left={"train.total_timesteps": 90}),
    ]
    drifts = [
        Case(
            left={"train.anneal_lr": True, "train.total_timesteps": 90},
            claims={"epochs": (3, None), "final_learning_rate": (0.0, None)},
        ),
    ]

    def check(self, plan: Plan) -> Iterator[Draft]:
        """One draft where more than a negligible share of the epochs lies beyond the cosine."""
        epochs, cosine = plan.number("epochs"), plan.number("scheduler_epochs")
        if plan.value("anneal_lr") is not True or not epochs or not cosine:
            return
        beyond = epochs - cosine
        if beyond / epochs <= NEGLIGIBLE:
            return
        rising = ", the rest at a rate that rises again" if beyond > 1 else ""
        rate = plan.value("final_learning_rate")
        yield Draft(
            f"{show(beyond)} of {show(epochs)} epochs ({percent(beyond, epochs)}) come after the cosine of the rate, "
            f"which ends after total_timesteps // batch_size = {show(cosine)}: one is trained at a rate of 0{rising}",
            at=Place(plan, "total_timesteps"),
            related=((f"batch_size = {show(plan.value('batch_size'))}", Place(plan, "batch_size")),),
            claims=(Claim("epochs", epochs, epochs), Claim("final_learning_rate", rate, rate)),
            help="make total_timesteps a multiple of batch_size",
        )

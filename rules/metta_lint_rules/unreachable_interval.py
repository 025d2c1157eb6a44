"""ML408: checkpoints and evaluations whose interval is longer than the run."""

from collections.abc import Iterator

from metta_lint.api import Case, Claim, Draft, Place, Plan, count, show

INTERVALS = {
    "checkpoint_interval": "no checkpoint is saved",
    "wandb_checkpoint_interval": "no policy is uploaded",
    "evaluate_interval": "no evaluation runs",
}


class UnreachableInterval:
    """An interval is longer than the whole run.

    ## Why it matters
    Both trainers count epochs, not steps or minutes, and hold their intervals against that count. Where a run has fewer
    epochs than an interval, nothing happens before it ends: a job that is stopped or crashes leaves no checkpoint,
    and its learning curve has no evaluations. Metta counts update epochs, PufferLib rollouts.

    ## Example
    A sweep's trials of 5,000,000 steps with a batch of 524,288 have at most 10 epochs; `checkpoint_interval: 50` and
    `evaluate_interval: 200` never come.

    ## How to fix it
    Make the interval a fraction of total_timesteps / batch_size, or 0 where the trainer takes that to switch it off.
    """

    code, name, severity = "ML408", "unreachable-interval", "warning"
    agrees = [Case(), Case(right={"trainer.simulation.evaluate_interval": 0})]
    drifts = [
        Case(
            right={
                "trainer.checkpoint.checkpoint_interval": 50,
                "trainer.checkpoint.wandb_checkpoint_interval": 50,
                "trainer.simulation.evaluate_interval": 200,
            },
            claims={"epochs": (2, 2)},
        ),
        Case(left={"train.checkpoint_interval": 3}, claims={"epochs": (2, None)}),
    ]

    def check(self, plan: Plan) -> Iterator[Draft]:
        """One draft for a run with intervals that never come."""
        last = plan.number("last_epoch_at_most")
        never = [name for name in INTERVALS if last is not None and (plan.number(name) or 0) > last]
        if last is None or not never:
            return
        epochs = plan.value("epochs")
        steps = show(plan.value("total_timesteps"))
        said = " and ".join(f"{name} = {show(plan.value(name))}" for name in never)
        comes = "comes" if len(never) == 1 else "come"
        missed = " and ".join(INTERVALS[name] for name in never)
        yield Draft(
            f"{said} never {comes}: {steps} steps are at most {show(last)} epochs, so {missed} before the run ends",
            at=_place(plan, "total_timesteps", never[0]),
            related=tuple((f"{name} = {show(plan.value(name))}", Place(plan, name)) for name in never),
            claims=(Claim("epochs", epochs, epochs),) if epochs is not None else (),
            help=f"make the run longer, or the intervals {count(int(last) // 2 or 1, 'epoch')} or less",
        )


def _place(plan: Plan, *names: str) -> Place:
    """The first setting in the run's own file; if none is there, the first of all."""
    own = (name for name in names if any(span.path == plan.run.file for span in plan.spans_of(name)[:1]))
    return Place(plan, next(own, names[0]))

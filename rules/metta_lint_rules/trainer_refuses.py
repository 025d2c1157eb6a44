"""ML401: the trainer would raise."""

from collections.abc import Iterator

from metta_lint.api import CONFIG_REQUIREMENTS, Case, Claim, Draft, Place, Plan, Refusal, show


class TrainerRefuses:
    """The trainer would raise instead of training.

    ## Why it matters
    A job that dies after an hour in the queue costs more than the hour. Some of these errors come before the first
    step, some only in the first rollout, and their messages seldom name the setting that is wrong.

    ## Example
    2,720 environments of 3 agents with a batch of 524,288: PufferLib's first rollout ends in
    `RuntimeError: The expanded size of the tensor (32) must match the existing size (4080)`, because 8,192 segments are
    not a multiple of 8,160 agents.

    ## How to mend it
    The message says which sizes do not go together; the line is that of the setting at fault.
    """

    code, name, severity = "ML401", "trainer-refuses", "error"
    agrees = [Case(), Case(left={"train.batch_size": 64})]
    drifts = [
        Case(left={"train.minibatch_size": 64}, claims={"crash": ("minibatch-fits-batch", None)}),
        Case(left={"train.batch_size": 48}, claims={"crash": ("rows-fit-buffer", None)}),
        Case(left={"train.total_timesteps": 16}, claims={"crash": ("timesteps-fill-batch", None)}),
        Case(left={"train.minibatch_size": 10}, claims={"crash": ("horizon-divides-minibatch", None)}),
        Case(left={"vec.num_workers": 3}, claims={"crash": ("workers-divide-envs", None)}),
        Case(left={"train.batch_size": 16}, claims={"crash": ("agents-fit-segments", None)}),
        Case(left={"train.batch_size": 32.0}, claims={"crash": ("integer-sizes", None)}),
        Case(left={"train.minibatch_size": 0}, claims={"crash": ("positive-sizes", None)}),
        Case(left={"train.update_epochs": 0.1}, claims={"crash": ("some-minibatch", None)}),
        Case(left={"train.optimizer": "sgd"}, claims={"crash": ("known-optimizer", None)}),
        Case(right={"trainer.batch_size": 40}, claims={"crash": (None, "minibatch-divides-batch")}),
        Case(
            right={"trainer.simulation.evaluate_interval": 10, "trainer.checkpoint.checkpoint_interval": 20},
            claims={"crash": (None, "evaluations-have-checkpoints")},
        ),
    ]

    def check(self, plan: Plan) -> Iterator[Draft]:
        """One draft for the first thing that stops the run, and for each that its error lists with it.

        What comes after is never reached. Where that depends on what is drawn at launch, a warning says so.
        """
        for number, refusal in enumerate(plan.refusals):
            if number and not (refusal.listed and plan.refusals[0].listed):
                break
            yield _draft(plan, refusal, "refuses")
        for refusal in plan.risks if not plan.refusals else ():
            yield _draft(plan, refusal, f"may refuse, with {refusal.only_if},")._replace(severity="warning")


def _draft(plan: Plan, refusal: Refusal, does: str) -> Draft:
    moment = {"start": "before the first step", "first rollout": "in the first rollout"}
    blamed, *others = plan.blamed(refusal)
    shown = not (refusal.requirement in CONFIG_REQUIREMENTS or refusal.only_if)
    return Draft(
        f"{plan.run.trainer} {does} {moment.get(refusal.when, 'at the first update')}: "
        f"{refusal.exception}: {refusal.message}",
        at=Place(plan, blamed),
        related=tuple((f"{name} = {show(plan.lookup(name))}", Place(plan, name)) for name in others),
        claims=(Claim("crash", refusal.requirement, refusal.requirement),) if shown else (),
    )

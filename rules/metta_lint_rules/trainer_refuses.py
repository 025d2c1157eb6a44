"""ML401: the trainer would raise."""

from collections.abc import Iterator

from metta_lint.api import CONFIG_REQUIREMENTS, HANGS, Case, Claim, Draft, Fix, Place, Plan, Refusal, renaming, show
from metta_lint_rules.refused_configs import PUFFERLIB, READING

SLIP = (
    "[base]\npackage = ocean\nenv_name = puffer_grid\npolicy_name = Policy\nrnn_name = None\n[vec]\nnum_env = 8\n"
    "backend = Multiprocessing\nnum_workers = 1\n[train]\nbptt_horizon = 64\n"
)
GRID = "[base]\npackage = ocean\nenv_name = puffer_grid\n"
MOMENTS = {
    "start": "before the first step",
    "first rollout": "in the first rollout",
    "first update": "at the first update",
    "first checkpoint": "at the first checkpoint",
}


class TrainerRefuses:
    """The trainer would raise instead of training.

    ## Why it matters
    A job that dies after an hour in the queue costs more than the hour. Some of these errors come before the first
    step, some only in the first rollout, and their messages seldom name the setting that is wrong.

    ## Example
    2,720 environments of 3 agents with a batch of 524,288: PufferLib's first rollout ends in
    `RuntimeError: The expanded size of the tensor (32) must match the existing size (4080)`, because 8,192 segments are
    not a multiple of 8,160 agents.

    ## How to fix it
    The message says which sizes do not go together; the line is that of the setting at fault.
    """

    code, name, severity = "ML401", "trainer-refuses", "error"
    fixable = "safe"
    agrees = [
        Case(),
        Case(left={"train.batch_size": 64}),
        Case(left={"vec.num_workers": 2.0, "vec.batch_size": 4, "vec.backend": "Serial"}),
        Case(left={"train.max_grad_norm": "'0.5'"}),
        Case(left={"train.total_timesteps": 64.5, "train.update_epochs": 1.5}),
    ]
    drifts = [
        *(
            Case(left={"train.minibatch_size": 16, **changes}, claims={"crash": (requirement, None)})
            for requirement, changes in PUFFERLIB
        ),
        Case(right={"trainer.batch_size": 40}, claims={"crash": (None, "minibatch-divides-batch")}),
        Case(
            right={"trainer.simulation.evaluate_interval": 10, "trainer.checkpoint.checkpoint_interval": 20},
            claims={"crash": (None, "evaluations-have-checkpoints")},
        ),
        *(Case(left=changes) for changes in READING),
        Case(files={"config/default.ini": SLIP, "config/grid.ini": GRID}, at=("config/default.ini:7",)),
    ]

    def check(self, plan: Plan) -> Iterator[Draft]:
        """One draft for the first thing that stops the run, and for each that its error lists with it.

        Later checks are never reached. If the error depends on values drawn at launch, the draft is a warning.
        """
        for number, refusal in enumerate(plan.refusals):
            if number and not (refusal.listed and plan.refusals[0].listed):
                break
            yield _draft(plan, refusal, "refuses")
        for refusal in plan.risks if not plan.refusals else ():
            yield _draft(plan, refusal, f"may refuse, with {refusal.only_if},")._replace(severity="warning")


def _draft(plan: Plan, refusal: Refusal, does: str) -> Draft:
    blamed, *others = plan.blamed(refusal)
    shown = not (refusal.requirement in CONFIG_REQUIREMENTS or refusal.only_if)
    moment = MOMENTS[refusal.when]
    tested = (*refusal.at, *plan.names_in(refusal.requirement))
    ends = f"hangs {moment}" if refusal.exception == HANGS else f"{does} {moment}: {refusal.exception}"
    return Draft(
        f"{plan.run.trainer} {ends}: {refusal.message}",
        at=refusal.span or Place(plan, blamed),
        related=tuple((f"{name} = {show(plan.lookup(name))}", Place(plan, name)) for name in others),
        claims=(Claim("crash", refusal.requirement, refusal.requirement),) if shown else (),
        fix=_fix(plan, refusal),
        values=(refusal.requirement, *(plan.lookup(name) for name in dict.fromkeys(tested))),
    )


def _fix(plan: Plan, refusal: Refusal) -> Fix | None:
    """The fix that writes the key that was meant instead of the one that stops the trainer."""
    setting = plan.run.settings.get(refusal.at[0])
    if not refusal.nearest or setting is None or setting.span is None:
        return None
    return renaming(setting.span, setting.key.rpartition(".")[2], refusal.nearest.rpartition(".")[2])

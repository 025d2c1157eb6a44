"""ML301: hyperparameters of the update."""

from collections.abc import Iterator, Mapping

from metta_lint.api import Case, Draft, Pair, Place, claimed, same, show

HYPERPARAMETERS: Mapping[str, str] = {
    "optimizer": "optimizer",
    "learning_rate": "learning rate",
    "adam_beta1": "optimizer's beta1",
    "adam_beta2": "optimizer's beta2",
    "adam_eps": "optimizer's epsilon",
    "weight_decay": "weight decay",
    "anneal_lr": "learning rate annealing",
    "gamma": "discount gamma",
    "gae_lambda": "advantage's lambda",
    "clip_coef": "policy clip",
    "ent_coef": "entropy coefficient",
    "vf_coef": "value coefficient",
    "vf_clip_coef": "value clip",
    "max_grad_norm": "gradient norm's limit",
    "prio_alpha": "prioritisation's alpha",
    "prio_beta0": "prioritisation's beta",
    "vtrace_rho_clip": "V-trace's rho clip",
    "vtrace_c_clip": "V-trace's c clip",
    "target_kl": "KL stop",
    "normalize_advantages": "advantage normalisation",
    "clip_value_loss": "value clipping",
    "lstm_layers": "LSTM layers",
}
SCHEDULES = "hyperparameter_schedules"


class HyperparameterDrift:
    """A hyperparameter of the update differs: one finding for each.

    ## Why it matters
    These are what sweeps tune and papers report. Two trainers name and default them differently, so a value copied to
    one side leaves the other where it was; where a trainer has no such setting at all (PufferLib has no KL stop), its
    fixed behaviour is what is compared.

    ## Example
    `learning_rate = 0.0185` with muon on one side, `learning_rate: 0.000457` with adam on the other.

    ## How to fix it
    Copy the value across, or declare the difference with its reason. A value of one optimizer means nothing to another:
    agree on the optimizer first.
    """

    code, name, severity = "ML301", "hyperparameter-drift", "warning"
    agrees = [
        Case(),
        Case(left={"train.gamma": 0.9}, right={"trainer.ppo.gamma": 0.9}),
        Case(
            left={"train.anneal_lr": True},
            right={"trainer.hyperparameter_scheduler.learning_rate_schedule.min_value": 0.0},
        ),
    ]
    drifts = [
        Case(left={"train.gamma": 0.9}, claims={"gamma": (0.9, 0.99)}),
        Case(
            left={"train.learning_rate": 0.01, "train.clip_coef": 0.2, "train.vf_coef": 2.0, "train.adam_eps": 1e-8},
            right={"trainer.ppo.max_grad_norm": 1.5, "trainer.prioritized_experience_replay.prio_alpha": 0.8},
            claims={
                "learning_rate": (0.01, 0.001),
                "clip_coef": (0.2, 0.1),
                "vf_coef": (2.0, 0.5),
                "adam_eps": (1e-8, 1e-12),
                "max_grad_norm": (0.5, 1.5),
                "prio_alpha": (0.5, 0.8),
            },
        ),
        Case(
            left={"train.optimizer": "muon", "train.anneal_lr": True},
            claims={"optimizer": ("muon", "adam"), "anneal_lr": (True, False)},
        ),
    ]

    def check(self, pair: Pair) -> Iterator[Draft]:
        """One draft for each hyperparameter that both sides know and that differs."""
        for quantity, words in HYPERPARAMETERS.items():
            values = pair.known(quantity)
            if values is None or same(*values) or (quantity == "anneal_lr" and _may_be_scheduled(pair)):
                continue
            left, right = (show(value) for value in values)
            yield Draft(
                f"{words}: {left} against {right}",
                at=Place(pair.left, quantity),
                related=((f"{right} here", Place(pair.right, quantity)),),
                claims=claimed(pair, quantity),
            )


def _may_be_scheduled(pair: Pair) -> bool:
    """Whether a side may have a schedule that its config does not show: its rate may still be annealed."""
    sides = (pair.left, pair.right)
    return any(side.value(SCHEDULES) is None for side in sides if SCHEDULES in side.quantities)

"""The runs that both trainers make: small, and each turning on what another leaves off.

Read by two interpreters, so it imports neither trainer. Sizes are agent steps.
"""

from __future__ import annotations

from typing import Any, NamedTuple

AGENTS = 4
HIDDEN = 8
SEGMENTS = 16
HORIZON = 8

TRAIN: dict[str, Any] = {
    "batch_size": SEGMENTS * HORIZON,
    "minibatch_size": 4 * HORIZON,
    "max_minibatch_size": 4 * HORIZON,
    "bptt_horizon": HORIZON,
    "update_epochs": 1,
    "total_timesteps": 4 * SEGMENTS * HORIZON,
    "gamma": 0.97,
    "gae_lambda": 0.9,
    "clip_coef": 0.2,
    "ent_coef": 0.01,
    "vf_coef": 2.0,
    "vf_clip_coef": 0.2,
    "max_grad_norm": 1.5,
    "vtrace_rho_clip": 1.0,
    "vtrace_c_clip": 1.0,
    "prio_alpha": 0.8,
    "prio_beta0": 0.2,
    "optimizer": "adam",
    "learning_rate": 0.01,
    "adam_beta1": 0.9,
    "adam_beta2": 0.99,
    "adam_eps": 1e-8,
    "anneal_lr": True,
    "precision": "float32",
    "seed": 42,
}
"""[train] of a run that exercises the usual; every case changes some of it."""


class Case(NamedTuple):
    """One run: ``epochs`` rollouts, each followed by an update."""

    name: str
    exercises: str
    train: dict[str, Any] = {}
    policy: str = "default"  # PufferLib's models.Default, or the reference trainer's ("reference")
    lstm: bool = False
    epochs: int = 2
    tolerance: float = 2e-5  # relative to the largest element of what is compared

    @property
    def settings(self) -> dict[str, Any]:
        """[train] of the case."""
        return {**TRAIN, **self.train}


def _steps(segments: int, horizon: int = HORIZON) -> int:
    return segments * horizon


CASES = (
    Case("adam", "Adam, no LSTM; annealed learning rate and beta", epochs=3),
    Case("adam-lstm", "Adam, LSTM", lstm=True),
    Case("muon", "Muon, no LSTM", {"optimizer": "muon"}, epochs=3),
    Case("muon-lstm", "Muon, LSTM", {"optimizer": "muon"}, lstm=True),
    Case(
        "reference-policy", "the reference trainer's own policy in PufferLib's trainer", policy="reference", lstm=True
    ),
    Case("reference-policy-no-lstm", "the same without its LSTM", policy="reference"),
    Case("update-epochs", "update_epochs = 3", {"update_epochs": 3}, lstm=True),
    Case("accumulated", "two minibatches for each step, their losses summed", {"minibatch_size": _steps(8)}),
    Case(
        "left-over",
        "five minibatches, two for each step: gradients of one enter the next epoch",
        {
            "batch_size": _steps(20),
            "minibatch_size": _steps(8),
            "total_timesteps": 4 * _steps(20),
        },
        epochs=3,
    ),
    Case(
        "truncated",
        "3.5 minibatches become 3",
        {
            "batch_size": _steps(28),
            "minibatch_size": _steps(8),
            "max_minibatch_size": _steps(8),
            "total_timesteps": _steps(99),
        },
    ),
    Case("dropped", "batch_size no multiple of the horizon", {"batch_size": _steps(16) + 5}),
    Case("even", "prio_alpha = 0: every segment as likely", {"prio_alpha": 0.0, "prio_beta0": 1.0}),
    Case("steep", "prio_alpha = 1, beta on its way from 0 to 1", {"prio_alpha": 1.0, "prio_beta0": 0.0}, epochs=4),
    Case(
        "tight-clips",
        "V-trace, ratio and value clips that bind",
        {
            "learning_rate": 0.05,
            "update_epochs": 2,
            "vtrace_rho_clip": 0.9,
            "vtrace_c_clip": 0.8,
            "clip_coef": 0.02,
            "vf_clip_coef": 0.01,
            "max_grad_norm": 100.0,
        },
    ),
    Case(
        "wide-clips",
        "V-trace, ratio and value clips that do not bind",
        {
            "learning_rate": 0.05,
            "update_epochs": 2,
            "vtrace_rho_clip": 9.0,
            "vtrace_c_clip": 9.0,
            "clip_coef": 5.0,
            "vf_clip_coef": 50.0,
        },
    ),
    Case("clipped-gradients", "max_grad_norm = 0.01", {"max_grad_norm": 0.01}, lstm=True),
    Case(
        "clipped-accumulated",
        "max_grad_norm = 0.01 over two minibatches' sum",
        {"max_grad_norm": 0.01, "minibatch_size": _steps(8)},
    ),
    Case(
        "turning-schedule",
        "2.5 batches: the cosine's half period is 2 epochs, and the rate rises after it",
        {"total_timesteps": int(2.5 * _steps(16))},
        epochs=4,
    ),
    Case("constant-rate", "anneal_lr off", {"anneal_lr": False}),
    Case(
        "horizon-2",
        "horizon 2: one credited step a segment",
        {
            "bptt_horizon": 2,
            "batch_size": _steps(16, 2),
            "minibatch_size": _steps(4, 2),
            "total_timesteps": 4 * _steps(16, 2),
        },
    ),
    Case(
        "horizon-1",
        "horizon 1: no advantages at all",
        {
            "bptt_horizon": 1,
            "batch_size": _steps(16, 1),
            "minibatch_size": _steps(4, 1),
            "total_timesteps": 4 * _steps(16, 1),
        },
        tolerance=1e-3,  # the values hit their targets, and what is left of the value loss is rounding
    ),
    Case(
        "bfloat16",
        "precision = bfloat16: weights cast once",
        {"precision": "bfloat16"},
        epochs=2,
        tolerance=5e-2,
    ),
    Case(
        "bfloat16-lstm",
        "precision = bfloat16, LSTM",
        {"precision": "bfloat16"},
        lstm=True,
        epochs=2,
        tolerance=5e-2,
    ),
)

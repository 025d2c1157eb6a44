"""Derives the buffer, updates and hyperparameters of Metta's trainer (Hydra era, 2025-07)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metta_lint.base.unknown import Unknown
from metta_lint.base.values import OFF
from metta_lint.trainers.metta.citations import CONFIG, EXPERIENCE, TRAINING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from metta_lint.plans.derivation import Derivation

OPTIMIZER: Mapping[str, str] = {
    "optimizer": "trainer.optimizer.type",
    "learning_rate": "trainer.optimizer.learning_rate",
    "adam_beta1": "trainer.optimizer.beta1",
    "adam_beta2": "trainer.optimizer.beta2",
    "adam_eps": "trainer.optimizer.eps",
    "weight_decay": "trainer.optimizer.weight_decay",
}
"""The same in both eras."""
HYPERPARAMETERS: Mapping[str, str] = {
    **OPTIMIZER,
    "gamma": "trainer.ppo.gamma",
    "gae_lambda": "trainer.ppo.gae_lambda",
    "clip_coef": "trainer.ppo.clip_coef",
    "ent_coef": "trainer.ppo.ent_coef",
    "vf_coef": "trainer.ppo.vf_coef",
    "vf_clip_coef": "trainer.ppo.vf_clip_coef",
    "max_grad_norm": "trainer.ppo.max_grad_norm",
    "normalize_advantages": "trainer.ppo.norm_adv",
    "clip_value_loss": "trainer.ppo.clip_vloss",
    "prio_alpha": "trainer.prioritized_experience_replay.prio_alpha",
    "prio_beta0": "trainer.prioritized_experience_replay.prio_beta0",
    "vtrace_rho_clip": "trainer.vtrace.vtrace_rho_clip",
    "vtrace_c_clip": "trainer.vtrace.vtrace_c_clip",
}
LSTM_LAYERS = "agent.components._core_.nn_params.num_layers"
SCHEDULES = "trainer.hyperparameter_scheduler."


def derive_segments(d: Derivation, source: str = EXPERIENCE) -> None:
    """Derive the buffer's segments and Experience's requirements, in either era."""
    d.define("segments", source=source)
    d.define("minibatch_segments", source=source)
    d.assume("accumulate_minibatches", 1, source=f"{source}: Metta accumulates no gradients")
    d.refuse_unless(
        "agents-fit-segments",
        exception="ValueError",
        message=(
            "batch_size ({batch_size}) is too small for {total_agents} agents: "
            "it has {segments} segments of bptt_horizon = {bptt_horizon}"
        ),
        at=("trainer.batch_size", "total_agents"),
    )
    for requirement in ("horizon-divides-minibatch", "minibatch-segments-divide-segments"):
        d.refuse_unless(requirement, exception="ValueError", at=("trainer.minibatch_size", "trainer.batch_size"))


def derive_optimizer_steps(d: Derivation) -> None:
    """Derive the minibatches and optimizer steps of an epoch, and the schedule."""
    unforeseen = None
    if d.run.value("trainer.ppo.target_kl") is not None and d.holds("update_epochs > 1"):
        unforeseen = "ppo.target_kl ends the update epochs where the policy has moved too far: that depends on the run"
    derive_minibatches(d, TRAINING, unforeseen, counted_in=EXPERIENCE)
    d.define("scheduler_epochs", source=TRAINING)
    d.refuse_unless(
        "timesteps-fill-batch",
        "not trainer.lr_scheduler.enabled or scheduler_epochs >= 1",
        exception="ZeroDivisionError",
        message=(
            "total_timesteps = {total_timesteps} is less than batch_size = {batch_size}: "
            "the learning rate's schedule divides by 0 epochs"
        ),
        at=("trainer.total_timesteps", "trainer.batch_size"),
    )


def derive_minibatches(d: Derivation, source: str, unforeseen: str | None, counted_in: str) -> None:
    """Derive minibatches and optimizer steps of an epoch, in either era.

    ``unforeseen``: the reason, if their number is unknown.
    """
    if unforeseen is None:
        d.define("minibatches_per_epoch", "segments // minibatch_segments * update_epochs", source=counted_in)
    else:
        d.assume("minibatches_per_epoch", Unknown(unforeseen), source=source)
    d.define("optimizer_steps_per_epoch", "minibatches_per_epoch", source=source)
    d.assume("minibatches_without_step", 0, source=source)
    d.define("steps_trained_per_epoch", source=source)


def derive_hyperparameters(d: Derivation) -> None:
    """Derive the hyperparameters of the optimizer, PPO and the policy."""
    d.refuse_unless(
        "known-optimizer",
        "trainer.optimizer.type == 'adam' or trainer.optimizer.type == 'muon'",
        message="optimizer.type = {trainer.optimizer.type}: adam or muon",
    )
    for name, key in HYPERPARAMETERS.items():
        d.define(name, key, source=CONFIG)
    if "trainer.lr_scheduler.enabled" in d.run.settings:
        d.define("anneal_lr", "trainer.lr_scheduler.enabled", source=CONFIG)
    else:
        d.assume("anneal_lr", False, source=f"{CONFIG}: lr_scheduler.enabled is off by default")
    if any(key.startswith(SCHEDULES) and d.run.value(key) is not None for key in d.run.settings):
        why = "some commits of 2025-07 step trainer.hyperparameter_scheduler, others have that call commented out"
        d.assume("hyperparameter_schedules", Unknown(why), source=TRAINING)
    else:
        d.assume("hyperparameter_schedules", OFF, source=CONFIG)
    d.define_or_off("target_kl", "trainer.ppo.target_kl", CONFIG)
    d.assume("reward_clamp", OFF, source=f"{TRAINING}: rewards enter the buffer as they are")
    d.assume("precision", "float32", source=TRAINING)
    if LSTM_LAYERS in d.run.settings:
        d.define("lstm_layers", LSTM_LAYERS, source="Metta 2025-07 agent/lib/lstm.py")
    else:
        d.assume("lstm_layers", Unknown(f"no config says {LSTM_LAYERS}"))

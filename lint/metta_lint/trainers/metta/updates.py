"""What Metta's trainer makes of a rollout: its buffer, its updates, its hyperparameters (Hydra era, 2025-07)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metta_lint.base.unknown import Unknown
from metta_lint.base.values import OFF
from metta_lint.trainers.metta.citations import CONFIG, EXPERIENCE, TRAINING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from metta_lint.plans.derivation import Derivation

HYPERPARAMETERS: Mapping[str, str] = {
    "optimizer": "trainer.optimizer.type",
    "learning_rate": "trainer.optimizer.learning_rate",
    "adam_beta1": "trainer.optimizer.beta1",
    "adam_beta2": "trainer.optimizer.beta2",
    "adam_eps": "trainer.optimizer.eps",
    "weight_decay": "trainer.optimizer.weight_decay",
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


def derive_experience(d: Derivation) -> None:
    """Derive the buffer's segments and what Experience insists on."""
    d.define("segments", "batch_size // bptt_horizon", "segments", EXPERIENCE)
    d.define("minibatch_segments", "minibatch_size // bptt_horizon", "segments", EXPERIENCE)
    d.assume("accumulate_minibatches", 1, "minibatches", f"{EXPERIENCE}: Metta accumulates no gradients")
    d.refuse_unless(
        "agents-fit-segments",
        "total_agents <= segments",
        exception="ValueError",
        message=(
            "batch_size ({batch_size}) is too small for {total_agents} agents: "
            "it has {segments} segments of bptt_horizon = {bptt_horizon}"
        ),
        at=("trainer.batch_size", "total_agents"),
    )
    d.refuse_unless(
        "horizon-divides-minibatch",
        "minibatch_size % bptt_horizon == 0",
        exception="ValueError",
        message="minibatch_size = {minibatch_size} must be divisible by bptt_horizon = {bptt_horizon}",
        at=("trainer.minibatch_size", "trainer.batch_size"),
    )
    d.refuse_unless(
        "minibatch-segments-divide-segments",
        "segments % minibatch_segments == 0",
        exception="ValueError",
        message="segments = {segments} must be divisible by minibatch_segments = {minibatch_segments}",
        at=("trainer.minibatch_size", "trainer.batch_size"),
    )


def derive_updates(d: Derivation) -> None:
    """Derive the minibatches and optimizer steps of an epoch."""
    if d.run.value("trainer.ppo.target_kl") is not None and d.holds("update_epochs > 1"):
        why = "ppo.target_kl ends the update epochs where the policy has moved too far: that depends on the run"
        d.assume("minibatches_per_epoch", Unknown(why), "minibatches", TRAINING)
    else:
        d.define("minibatches_per_epoch", "segments // minibatch_segments * update_epochs", "minibatches", EXPERIENCE)
    d.define("optimizer_steps_per_epoch", "minibatches_per_epoch", "optimizer steps", TRAINING)
    d.assume("minibatches_without_step", 0, "minibatches", TRAINING)
    d.define(
        "steps_trained_per_epoch", "minibatches_per_epoch * minibatch_segments * bptt_horizon", "agent steps", TRAINING
    )
    d.define("scheduler_epochs", "total_timesteps // batch_size", "epochs", TRAINING)
    d.refuse_unless(
        "timesteps-fill-batch",
        "not trainer.lr_scheduler.enabled or scheduler_epochs >= 1",
        exception="ZeroDivisionError",
        message=(
            "total_timesteps = {total_timesteps} is less than batch_size = {batch_size}: "
            "the learning rate's schedule divides by 0 epochs"
        ),
        at=("trainer.total_timesteps", "trainer.batch_size"),
        when="first update",
    )


def derive_hyperparameters(d: Derivation) -> None:
    """Derive what the optimizer, PPO and the policy are told."""
    d.refuse_unless(
        "known-optimizer",
        "trainer.optimizer.type == 'adam' or trainer.optimizer.type == 'muon'",
        exception="ValidationError",
        message="optimizer.type = {trainer.optimizer.type}: adam or muon",
        at=("trainer.optimizer.type",),
    )
    for name, key in HYPERPARAMETERS.items():
        d.define(name, key, "1", CONFIG)
    if "trainer.lr_scheduler.enabled" in d.run.settings:
        d.define("anneal_lr", "trainer.lr_scheduler.enabled", "1", CONFIG)
    else:
        d.assume("anneal_lr", False, "1", f"{CONFIG}: lr_scheduler.enabled is off by default")
    if any(key.startswith(SCHEDULES) and d.run.value(key) is not None for key in d.run.settings):
        why = "some commits of 2025-07 step trainer.hyperparameter_scheduler, others have that call commented out"
        d.assume("hyperparameter_schedules", Unknown(why), "1", TRAINING)
    else:
        d.assume("hyperparameter_schedules", OFF, "1", CONFIG)
    if d.run.value("trainer.ppo.target_kl") is None:
        d.assume("target_kl", OFF, "1", CONFIG)
    else:
        d.define("target_kl", "trainer.ppo.target_kl", "1", CONFIG)
    d.assume("reward_clamp", OFF, "reward", f"{TRAINING}: rewards enter the buffer as they are")
    d.assume("precision", "float32", "1", TRAINING)
    if LSTM_LAYERS in d.run.settings:
        d.define("lstm_layers", LSTM_LAYERS, "layers", "Metta 2025-07 agent/lib/lstm.py")
    else:
        d.assume("lstm_layers", Unknown(f"no config says {LSTM_LAYERS}"), "layers", "")

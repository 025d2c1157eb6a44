"""Derives a Metta plan (Hydra era, 2025-07): batch sizes, Experience, rollout and updates, as arithmetic."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metta_lint.epochs import NEVER_REACHED, Backend, summarise
from metta_lint.plans import Derivation, Plan
from metta_lint.rollout import account
from metta_lint.settings import Run, Unknown
from metta_lint.trainers.environment import derive_rewards, environment_of
from metta_lint.trainers.sizes import check_positive, check_whole

if TYPE_CHECKING:
    from collections.abc import Mapping

    from metta_lint.loops import Loop

BATCHES = "Metta 2025-07 calculate_batch_sizes()"
WORKERS = "Metta 2025-07 tools/train.py"
CONFIG = "Metta 2025-07 trainer_config.py"
EXPERIENCE = "Metta 2025-07 experience.py"
TRAINING = "Metta 2025-07 trainer.py"
VECTOR = "PufferLib 3.0 vector.py make()"

SIZES = (
    "trainer.num_workers",
    "trainer.batch_size",
    "trainer.minibatch_size",
    "trainer.forward_pass_minibatch_target_size",
    "trainer.async_factor",
    "env.game.num_agents",
)
CLOCKS = ("trainer.update_epochs", "trainer.total_timesteps")

REQUIREMENTS = (
    "integer-sizes",
    "integer-clocks",
    "positive-sizes",
    "positive-horizon",
    "known-optimizer",
    "minibatch-fits-batch",
    "minibatch-divides-batch",
    "evaluations-have-checkpoints",
    "evaluations-have-uploads",
    "uploads-have-checkpoints",
    "positive-envs",
    "workers-divide-envs",
    "worker-envs-divide-batch",
    "batches-divide-envs",
    "agents-fit-segments",
    "horizon-divides-minibatch",
    "minibatch-segments-divide-segments",
)
"""What Metta insists on before its first step, in its order: validators, vectorisation, Experience, optimizer."""

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
INTERVALS: Mapping[str, str] = {
    "checkpoint_interval": "trainer.checkpoint.checkpoint_interval",
    "wandb_checkpoint_interval": "trainer.checkpoint.wandb_checkpoint_interval",
    "evaluate_interval": "trainer.simulation.evaluate_interval",
}


def derive(run: Run, backend: Backend | None = None) -> Plan:
    """What Metta's trainer (Hydra era) will do with a run."""
    d = Derivation(run)
    _sizes(d)
    _intervals(d)
    _vectorisation(d)
    _experience(d)
    account(d, overrun="overwrite")
    _updates(d)
    _hyperparameters(d)
    derive_rewards(d, {})
    summarise(d, backend)
    return d.plan(_loop(d), order=REQUIREMENTS, never_reached=NEVER_REACHED)


def _sizes(d: Derivation) -> None:
    check_whole(
        d, _not_whole(d, (*SIZES, "trainer.bptt_horizon")), "integer-sizes", exception="ValidationError", words=()
    )
    check_whole(d, _not_whole(d, CLOCKS), "integer-clocks", exception="ValidationError", words=())
    check_positive(d, SIZES, "positive-sizes", exception="ValidationError")
    check_positive(d, CLOCKS, "integer-clocks", exception="ValidationError")
    check_positive(d, ("trainer.bptt_horizon",), "positive-horizon", exception="ValidationError")
    scaled = bool(d.holds("trainer.scale_batches_by_world_size"))
    d.define(
        "batch_size",
        _whole(d, "trainer.batch_size") + (" // machine.world_size" if scaled else ""),
        "agent steps",
        TRAINING,
    )
    d.define("minibatch_size", _whole(d, "trainer.minibatch_size"), "agent steps", TRAINING)
    d.define("bptt_horizon", _whole(d, "trainer.bptt_horizon"), "ticks", TRAINING)
    d.define("update_epochs", _whole(d, "trainer.update_epochs"), "update epochs", TRAINING)
    d.define("total_timesteps", _whole(d, "trainer.total_timesteps"), "agent steps", TRAINING)
    d.define("ranks_counted", "machine.world_size", "ranks", f"{TRAINING}: every rank's steps count")
    d.define(
        "forward_pass_target",
        _whole(d, "trainer.forward_pass_minibatch_target_size") + (" // machine.world_size" if scaled else ""),
        "agents",
        TRAINING,
    )
    d.refuse_unless(
        "minibatch-fits-batch",
        "minibatch_size <= trainer.batch_size",
        exception="ValidationError",
        message="minibatch_size = {minibatch_size} must be <= batch_size = {trainer.batch_size}",
        at=("trainer.minibatch_size", "trainer.batch_size"),
    )
    d.refuse_unless(
        "minibatch-divides-batch",
        "trainer.batch_size % minibatch_size == 0",
        exception="ValidationError",
        message="batch_size = {trainer.batch_size} must be divisible by minibatch_size = {minibatch_size}",
        at=("trainer.minibatch_size", "trainer.batch_size"),
    )


def _whole(d: Derivation, key: str) -> str:
    """The formula of a size: pydantic makes 2.0 the whole number 2."""
    value = d.run.value(key)
    return f"int({key})" if isinstance(value, float) and value.is_integer() else key


def _not_whole(d: Derivation, keys: tuple[str, ...]) -> list[str]:
    """The keys whose values pydantic does not take for whole numbers: 2.0 it does, and no workers means automatic."""
    automatic = "trainer.num_workers"
    values = {key: d.run.value(key) for key in keys if not (key == automatic and d.run.value(key) is None)}
    return [key for key, value in values.items() if not (isinstance(value, float) and value.is_integer())]


def _intervals(d: Derivation) -> None:
    for requirement, low, high in (
        ("evaluations-have-checkpoints", "checkpoint_interval", "evaluate_interval"),
        ("evaluations-have-uploads", "wandb_checkpoint_interval", "evaluate_interval"),
        ("uploads-have-checkpoints", "checkpoint_interval", "wandb_checkpoint_interval"),
    ):
        low_key, high_key = INTERVALS[low], INTERVALS[high]
        d.refuse_unless(
            requirement,
            f"{high_key} == 0 or {high_key} >= {low_key}",
            exception="ValidationError",
            message=f"{high} = {{{high_key}}} must be at least as large as {low} = {{{low_key}}} (or 0)",
            at=(high_key, low_key),
        )


def _vectorisation(d: Derivation) -> None:
    serial = d.run.value("vectorization") == "serial"
    if "env.game.num_agents" in d.run.settings:
        d.define("agents_per_env", _whole(d, "env.game.num_agents"), "agents", "the curriculum's environment config")
    else:
        d.assume("agents_per_env", Unknown(_no_agents(d.run)), "agents", "")
    if d.run.value("trainer.num_workers") is not None:
        d.define("num_workers", _whole(d, "trainer.num_workers"), "workers", WORKERS)
    elif serial:
        d.assume("num_workers", 1, "workers", f"{WORKERS}: serial")
    else:
        d.define("num_workers", "floor_power_of_two(max(1, machine.cpus // 2 // machine.gpus))", "workers", WORKERS)
    if serial:
        d.assume("async_factor", 1, "batches in flight", f"{CONFIG}: serial")
    else:
        d.define("async_factor", _whole(d, "trainer.async_factor"), "batches in flight", CONFIG)
    d.define("target_envs", "forward_pass_target // agents_per_env", "environments", BATCHES)
    d.define(
        "envs_per_batch",
        "(num_workers if target_envs < max(2, num_workers) else target_envs) // num_workers * num_workers",
        "environments",
        BATCHES,
    )
    d.define(
        "num_envs",
        "envs_per_batch * async_factor",
        "environments",
        BATCHES,
        decided_by="trainer.forward_pass_minibatch_target_size",
    )
    d.define("envs_per_worker", "num_envs // num_workers", "environments", VECTOR)
    d.define("total_agents", "num_envs * agents_per_env", "agents", VECTOR)
    d.define("agents_per_batch", "envs_per_batch * agents_per_env", "agents", VECTOR)
    d.refuse_unless(
        "worker-envs-divide-batch",
        "envs_per_batch % envs_per_worker == 0",
        exception="APIUsageError",
        message=(
            "async_factor = {async_factor} must divide num_workers = {num_workers}: "
            "{envs_per_batch} environments a batch are no multiple of the {envs_per_worker} of a worker"
        ),
        at=("trainer.async_factor", "num_workers"),
    )


def _no_agents(run: Run) -> str:
    curriculum = run.value("trainer.curriculum")
    if curriculum is None:
        return "trainer.curriculum is null"
    if isinstance(curriculum, Unknown):
        return f"the curriculum is unknown: {curriculum.because}"
    return next((note for note in run.notes if note.startswith("num_agents")), f"{curriculum} does not say num_agents")


def _experience(d: Derivation) -> None:
    d.define("segments", "batch_size // bptt_horizon", "segments", EXPERIENCE)
    d.define("minibatch_segments", "minibatch_size // bptt_horizon", "segments", EXPERIENCE)
    d.assume("accumulate_minibatches", 1, "minibatches", f"{EXPERIENCE}: Metta accumulates no gradients")
    d.refuse_unless(
        "agents-fit-segments",
        "total_agents <= segments",
        exception="ValueError",
        message="total_agents = {total_agents} > segments = {segments} = {batch_size} // {bptt_horizon}",
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


def _updates(d: Derivation) -> None:
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


def _hyperparameters(d: Derivation) -> None:
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
    if d.run.value("trainer.ppo.target_kl") is None:
        d.assume("target_kl", "off", "1", CONFIG)
    else:
        d.define("target_kl", "trainer.ppo.target_kl", "1", CONFIG)
    d.assume("reward_clamp", "off", "reward", f"{TRAINING}: rewards enter the buffer as they are")
    d.assume("precision", "float32", "1", TRAINING)
    if LSTM_LAYERS in d.run.settings:
        d.define("lstm_layers", LSTM_LAYERS, "layers", "Metta 2025-07 agent/lib/lstm.py")
    else:
        d.assume("lstm_layers", Unknown(f"no config says {LSTM_LAYERS}"), "layers", "")


def _loop(d: Derivation) -> tuple[Loop | None, str | None]:
    value = d.lookup
    environment = environment_of(d)
    if isinstance(environment, Unknown):
        return None, environment.because
    num_envs = value("num_envs")
    ill_sized = min(
        (refusal for refusal in d.refusals if refusal.requirement in ("integer-sizes", "positive-sizes")),
        key=lambda refusal: REQUIREMENTS.index(refusal.requirement),
        default=None,
    )
    if ill_sized is not None:
        # Environments are derived from sizes that the loop does not carry: it carries the one at fault in their place.
        num_envs = d.run.value(ill_sized.at[0])
    intervals = {name: interval for name, key in INTERVALS.items() if isinstance(interval := d.run.value(key), int)}
    target_kl = value("target_kl")
    return d.loop(
        environment=environment,
        num_envs=num_envs,
        num_workers=value("num_workers"),
        envs_per_batch=value("envs_per_batch"),
        zero_copy=d.run.value("vectorization") != "serial" and bool(d.run.value("trainer.zero_copy")),
        batch_size=value("batch_size"),
        minibatch_size=value("minibatch_size"),
        max_minibatch_size=None,
        bptt_horizon=value("bptt_horizon"),
        update_epochs=value("update_epochs"),
        total_timesteps=value("total_timesteps"),
        overrun="overwrite",
        minibatch_count="segments",
        requirements=REQUIREMENTS,
        intervals=intervals,
        advantages="once-per-epoch",
        reward_clamp=None,
        target_kl=None if target_kl == "off" else target_kl,
        beta_epochs="update-epoch",
        anneal_lr=value("anneal_lr"),
        lstm_layers=value("lstm_layers"),
        lstm_zeroed_each_rollout=False,
        seed=value("seed"),
        **{name: value(name) for name in HYPERPARAMETERS},
    )

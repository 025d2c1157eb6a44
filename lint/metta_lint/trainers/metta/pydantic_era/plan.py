"""Derives a plan of Metta's pydantic era (2026-01): training environment, Experience, rollout and updates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metta_lint.base.unknown import Unknown
from metta_lint.base.values import OFF
from metta_lint.plans.derivation import Derivation
from metta_lint.plans.epochs import Backend, account, summarise
from metta_lint.plans.plan import IgnoredKey, Plan
from metta_lint.trainers.environment import INVENTORY, derive_rewards
from metta_lint.trainers.metta.pydantic_era.config import CLOCKS, NODE_GROUPS, NUM_AGENTS, SIZES
from metta_lint.trainers.metta.updates import OPTIMIZER, derive_minibatches, derive_segments

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from metta_lint.plans.run import Run

CONFIG = "Metta 2026-01 rl/trainer_config.py"
ENVIRONMENT = "Metta 2026-01 rl/training/training_environment.py"
BATCHES = "Metta 2026-01 rl/training/batch.py calculate_batch_sizes()"
EXPERIENCE = "Metta 2026-01 rl/training/experience.py"
CORE = "Metta 2026-01 rl/training/core.py"
DISTRIBUTED = "Metta 2026-01 rl/training/distributed_helper.py scale_batch_config()"
VECTOR = "PufferLib 3.0 vector.py make()"

OPTIMIZERS = ("adam", "muon", "adamw_schedulefree", "sgd_schedulefree")

REQUIREMENTS = tuple(
    """
    integer-sizes integer-clocks positive-sizes positive-horizon known-optimizer minibatch-fits-batch
    minibatch-divides-batch worker-envs-divide-batch agents-fit-segments horizon-divides-minibatch
    minibatch-segments-divide-segments
    """.split()
)
"""What it insists on before its first step, in its order: validators, vectorisation, Experience."""

HYPERPARAMETERS: Mapping[str, str] = {
    **OPTIMIZER,
    "gamma": "trainer.advantage.gamma",
    "gae_lambda": "trainer.advantage.gae_lambda",
    "vtrace_rho_clip": "trainer.advantage.vtrace_rho_clip",
    "vtrace_c_clip": "trainer.advantage.vtrace_c_clip",
    "sampling": "trainer.sampling.method",
}
NODES: Mapping[str, str] = {
    "clip_coef": "ppo_actor.clip_coef",
    "ent_coef": "ppo_actor.ent_coef",
    "normalize_advantages": "ppo_actor.norm_adv",
    "vf_coef": "ppo_critic.vf_coef",
    "vf_clip_coef": "ppo_critic.vf_clip_coef",
    "clip_value_loss": "ppo_critic.clip_vloss",
    "critic_update": "ppo_critic.critic_update",
}
NO_LOOP = (
    "the reference trainer has the update of Metta 2025-07: it lacks the schedule-free optimizers of 2026-01, "
    "its sequential sampling, its centred rewards and its GTD(lambda) critic"
)


def derive(run: Run, backend: Backend | None = None) -> Plan:
    """What Metta's trainer of 2026-01 will do with a run."""
    d = Derivation(run, raises="ValidationError")
    _sizes(d)
    _vectorisation(d)
    derive_segments(d, EXPERIENCE)
    account(d, overrun="overwrite")
    derive_minibatches(d, CORE, _unforeseen(d), counted_in=CORE)
    _hyperparameters(d)
    if any(key.startswith(INVENTORY) for key in run.settings):
        derive_rewards(d, {})  # else the environment is made by code, which nobody runs
    summarise(d, backend)
    return d.plan((None, NO_LOOP), order=REQUIREMENTS, ignored=tuple(_ignored(d)))


def _sizes(d: Derivation) -> None:
    d.check_numbers((*SIZES, "trainer.bptt_horizon"), "integer-sizes", exception="ValidationError", whole=True)
    d.check_numbers(CLOCKS, "integer-clocks", exception="ValidationError", whole=True)
    d.check_positive(SIZES, "positive-sizes")
    d.check_positive(CLOCKS, "integer-clocks")
    d.check_positive(("trainer.bptt_horizon",), "positive-horizon")
    scale = " // machine.world_size" if d.holds("trainer.scale_batches_by_world_size") else ""
    d.define("batch_size", f"trainer.batch_size{scale}", source=DISTRIBUTED if scale else CONFIG)
    for name in ("minibatch_size", "bptt_horizon", "update_epochs", "total_timesteps"):
        d.define(name, f"trainer.{name}", source=CONFIG)
    d.define("ranks_counted", "machine.world_size", source="Metta 2026-01 rl/trainer.py: every rank's steps count")
    d.refuse_unless(
        "minibatch-fits-batch",
        "minibatch_size <= trainer.batch_size",
        message="minibatch_size = {minibatch_size} must be <= batch_size = {trainer.batch_size}",
        at=("trainer.minibatch_size", "trainer.batch_size"),
    )
    d.refuse_unless(
        "minibatch-divides-batch",
        "trainer.batch_size % minibatch_size == 0",
        message="batch_size = {trainer.batch_size} must be divisible by minibatch_size = {minibatch_size}",
        at=("trainer.minibatch_size", "trainer.batch_size"),
    )


def _vectorisation(d: Derivation) -> None:
    serial = d.run.value("training_env.vectorization") == "serial"
    if NUM_AGENTS in d.run.settings:
        d.define("agents_per_env", NUM_AGENTS, source=ENVIRONMENT)
    else:
        d.assume("agents_per_env", Unknown("nothing says the num_agents of training_env.curriculum"))
    if serial:
        d.assume("num_workers", 1, source=f"{ENVIRONMENT}: serial")
        d.assume("async_factor", 1, source=f"{ENVIRONMENT}: serial")
    else:
        automatic = bool(d.holds("training_env.auto_workers"))
        workers = "max(1, machine.cpus // 2 // machine.gpus)" if automatic else "training_env.num_workers"
        d.define("num_workers", workers, source=ENVIRONMENT, decided_by="training_env.auto_workers")
        d.define("async_factor", "training_env.async_factor", source=ENVIRONMENT)
    scale = " // machine.world_size" if d.holds("trainer.scale_batches_by_world_size") else ""
    target = f"training_env.forward_pass_minibatch_target_size{scale}"
    d.define("forward_pass_target", target, source=DISTRIBUTED if scale else ENVIRONMENT)
    d.define("target_envs", "forward_pass_target // agents_per_env", source=BATCHES)
    d.define("envs_per_batch", "max(target_envs, 2, num_workers) // num_workers * num_workers", source=BATCHES)
    d.define("num_envs", "envs_per_batch * async_factor", source=BATCHES)
    d.define("envs_per_worker", source=VECTOR)
    d.define("total_agents", source=VECTOR)
    d.define("agents_per_batch", source=VECTOR)
    d.refuse_unless(
        "worker-envs-divide-batch", exception="APIUsageError", at=("training_env.async_factor", "num_workers")
    )


def _unforeseen(d: Derivation) -> str | None:
    """Why the number of minibatches of an update is unknown; None if it is known."""
    if _node(d.run, "ppo_actor.target_kl") is not None:
        return "ppo_actor.target_kl ends an update where the policy has moved too far: that depends on the run"
    if d.holds("trainer.update_epochs_autotune.enabled"):
        return "update_epochs_autotune changes the number of update epochs as the run goes"
    return None


def _hyperparameters(d: Derivation) -> None:
    d.refuse_unless(
        "known-optimizer",
        " or ".join(f"trainer.optimizer.type == '{name}'" for name in OPTIMIZERS),
        message=f"optimizer.type = {{trainer.optimizer.type}}: one of {', '.join(OPTIMIZERS)}",
        at=("trainer.optimizer.type",),
    )
    for name, key in HYPERPARAMETERS.items():
        d.define(name, key, source=CONFIG)
    for name, key in NODES.items():
        d.define(name, _node_key(d.run, key), source=CONFIG)
    if d.run.value("trainer.sampling.method") == "sequential":
        d.assume("prio_alpha", 0.0, source=f"{CORE}: minibatches are taken in sequence")
    else:
        d.define("prio_alpha", "trainer.sampling.prio_alpha", source=CONFIG)
        d.define("prio_beta0", "trainer.sampling.prio_beta0", source=CONFIG)
    if d.holds("trainer.advantage.reward_centering.enabled"):
        d.define("average_reward_beta", "trainer.advantage.reward_centering.beta", source=CONFIG)
    else:
        d.assume("average_reward_beta", OFF, source=CONFIG)
    d.define_or_off("target_kl", _node_key(d.run, "ppo_actor.target_kl"), CONFIG)
    scheduled = d.run.settings.get("scheduler")
    rules = scheduled is not None and scheduled.value is not None
    annealed = Unknown("the scheduler's rules decide what changes as the run goes") if rules else False
    d.assume("anneal_lr", annealed, source="Metta 2026-01 tools/train.py: no scheduler by default")
    d.assume("max_grad_norm", 0.5, source=f"{CORE}: training_phase()'s default")
    d.assume("reward_clamp", OFF, source=f"{CORE}: rewards enter the buffer as they are")
    d.assume("lstm_layers", Unknown("policy_architecture decides"))


def _node_key(run: Run, key: str) -> str:
    return next(
        (full for group in NODE_GROUPS if (full := f"{group}.{key}") in run.settings), f"{NODE_GROUPS[0]}.{key}"
    )


def _node(run: Run, key: str) -> object:
    setting = run.settings.get(_node_key(run, key))
    return None if setting is None else setting.value


def _ignored(d: Derivation) -> Iterator[IgnoredKey]:
    """Settings that the trainer overrules."""
    workers = d.run.settings.get("training_env.num_workers")
    automatic = d.holds("training_env.auto_workers") and d.run.value("training_env.vectorization") != "serial"
    if automatic and workers is not None and isinstance(workers.value, int) and workers.value > 1:
        why = "auto_workers is on, and counts the machine's CPU cores instead"
        yield IgnoredKey(workers.key, why, read_by="a run without auto_workers")

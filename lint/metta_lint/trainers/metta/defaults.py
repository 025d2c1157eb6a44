"""Defaults, types and bounds of Metta's TrainerConfig, for keys that no YAML sets (Hydra era).

From Metta 2025-07 ``metta/rl/trainer_config.py``, ``kickstarter_config.py`` and ``hyperparameter_scheduler_config.py``.
They had three states in that month: first the old ones, then hyperparameters moved a quarter of the way towards a
sweep's results, then a tenth of the way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from metta_lint.base.records import NamedTuple
from metta_lint.base.unknown import Unknown

if TYPE_CHECKING:
    from collections.abc import Mapping

SOURCE = "Metta 2025-07 metta/rl/trainer_config.py"
REQUIRED = Unknown("it has no default: the YAML or the launcher must say it")
"""The default of a key that has none."""

_RUN_DIR = Unknown("it lies in the run's folder, which is named at launch")


class Default(NamedTuple):
    """One key of the trainer's config.

    ``value`` is its default as the month began, ``moved`` those that it had later in the month. ``type`` is "int",
    "float", "bool", "str", "dict" or "list"; ``optional`` says that None is taken too. A value must be greater than
    ``above``, at least ``at_least`` and at most ``at_most`` where those are given, and among ``choices`` where there
    are any.
    """

    value: object
    type: str
    above: float | None = None
    at_least: float | None = None
    at_most: float | None = None
    choices: tuple[str, ...] = ()
    optional: bool = False
    moved: tuple[object, ...] = ()

    @property
    def certain(self) -> object:
        """The default if it was the same all month, else Unknown: it depends on the commit."""
        if not self.moved:
            return self.value
        values = ", ".join(str(value) for value in (self.value, *self.moved))
        return Unknown(f"its default moved during 2025-07: {values}")


def _size(value: object, *moved: object) -> Default:
    """A whole number above 0."""
    return Default(value, "int", above=0, moved=moved)


def _count(value: int) -> Default:
    """A whole number, 0 to switch off."""
    return Default(value, "int", at_least=0)


def _positive(value: float, *moved: float) -> Default:
    return Default(value, "float", above=0, moved=moved)


def _weight(value: float, *moved: float) -> Default:
    return Default(value, "float", at_least=0, moved=moved)


def _share(value: float, *moved: float) -> Default:
    return Default(value, "float", at_least=0, at_most=1, moved=moved)


def _flag(value: bool) -> Default:
    return Default(value, "bool")


def _choice(value: str | None, *choices: str) -> Default:
    return Default(value, "str", choices=choices, optional=value is None)


_SCHEDULE = Default(None, "dict", optional=True)

DEFAULTS: Mapping[str, Default] = {
    "trainer._target_": Default("metta.rl.trainer.MettaTrainer", "str"),
    "trainer.total_timesteps": _size(50_000_000_000, 20_000_000_000, 14_000_000_000),
    "trainer.ppo.clip_coef": Default(0.1, "float", above=0, at_most=1, moved=(0.1125, 0.105)),
    "trainer.ppo.ent_coef": _weight(0.0021, 0.005825, 0.00359),
    "trainer.ppo.gae_lambda": _share(0.916, 0.897, 0.9084),
    "trainer.ppo.gamma": _share(0.977, 0.98025, 0.9783),
    "trainer.ppo.max_grad_norm": _positive(0.5, 1.025, 0.71),
    "trainer.ppo.vf_clip_coef": _weight(0.1, 0.115, 0.106),
    "trainer.ppo.vf_coef": _weight(0.44, 1.13, 0.716),
    "trainer.ppo.l2_reg_loss_coef": _weight(0),
    "trainer.ppo.l2_init_loss_coef": _weight(0),
    "trainer.ppo.norm_adv": _flag(True),
    "trainer.ppo.clip_vloss": _flag(True),
    "trainer.ppo.target_kl": Default(None, "float", optional=True),
    "trainer.optimizer.type": _choice("adam", "adam", "muon"),
    "trainer.optimizer.learning_rate": Default(
        0.0004573146765703167, "float", above=0, at_most=1, moved=(0.00509275, 0.0023113)
    ),
    "trainer.optimizer.beta1": _share(0.9, 0.8975, 0.899),
    "trainer.optimizer.beta2": _share(0.999, 0.98925, 0.9951),
    "trainer.optimizer.eps": _positive(1e-12, 3.5e-8, 1.4e-8),
    "trainer.optimizer.weight_decay": _weight(0),
    "trainer.lr_scheduler.enabled": _flag(False),
    "trainer.lr_scheduler.anneal_lr": _flag(False),
    "trainer.lr_scheduler.warmup_steps": Default(None, "int", optional=True),
    "trainer.lr_scheduler.schedule_type": _choice(None, "linear", "cosine", "exponential"),
    "trainer.prioritized_experience_replay.prio_alpha": _share(0.0, 0.1975, 0.079),
    "trainer.prioritized_experience_replay.prio_beta0": _share(0.6, 0.5975, 0.599),
    "trainer.vtrace.vtrace_rho_clip": _positive(1.0, 1.325, 1.13),
    "trainer.vtrace.vtrace_c_clip": _positive(1.0, 1.275, 1.11),
    "trainer.zero_copy": _flag(True),
    "trainer.require_contiguous_env_ids": _flag(False),
    "trainer.verbose": _flag(True),
    "trainer.batch_size": _size(524_288),
    "trainer.minibatch_size": _size(16_384),
    "trainer.bptt_horizon": _size(64),
    "trainer.update_epochs": _size(1),
    "trainer.scale_batches_by_world_size": _flag(False),
    "trainer.cpu_offload": _flag(False),
    "trainer.compile": _flag(False),
    "trainer.compile_mode": _choice("reduce-overhead", "default", "reduce-overhead", "max-autotune"),
    "trainer.profiler_interval_epochs": _size(10_000),
    "trainer.profiler.interval_epochs": _count(10_000),
    "trainer.profiler.profile_dir": Default(_RUN_DIR, "str"),
    "trainer.forward_pass_minibatch_target_size": _size(4096),
    "trainer.async_factor": _size(2),
    "trainer.hyperparameter_scheduler.learning_rate_schedule": _SCHEDULE,
    "trainer.hyperparameter_scheduler.ppo_clip_schedule": _SCHEDULE,
    "trainer.hyperparameter_scheduler.ppo_ent_coef_schedule": _SCHEDULE,
    "trainer.hyperparameter_scheduler.ppo_vf_clip_schedule": _SCHEDULE,
    "trainer.hyperparameter_scheduler.ppo_l2_reg_loss_schedule": _SCHEDULE,
    "trainer.hyperparameter_scheduler.ppo_l2_init_loss_schedule": _SCHEDULE,
    "trainer.kickstart.teacher_uri": Default(None, "str", optional=True),
    "trainer.kickstart.action_loss_coef": _weight(1),
    "trainer.kickstart.value_loss_coef": _weight(1),
    "trainer.kickstart.anneal_ratio": _share(0.65),
    "trainer.kickstart.kickstart_steps": _size(1_000_000_000),
    "trainer.kickstart.teacher_lead": _flag(False),
    "trainer.kickstart.additional_teachers": Default(None, "list", optional=True),
    "trainer.num_workers": _size(REQUIRED),
    "trainer.env": Default(None, "str", optional=True),
    "trainer.curriculum": Default("/env/mettagrid/curriculum/simple", "str", optional=True),
    "trainer.env_overrides": Default({}, "dict"),
    "trainer.initial_policy.uri": Default(None, "str", optional=True),
    "trainer.initial_policy.type": _choice("top", "top", "latest", "specific"),
    "trainer.initial_policy.range": _size(1),
    "trainer.initial_policy.metric": Default("epoch", "str"),
    "trainer.initial_policy.filters": Default({}, "dict"),
    "trainer.checkpoint.checkpoint_interval": _size(60),
    "trainer.checkpoint.wandb_checkpoint_interval": _count(300),
    "trainer.checkpoint.checkpoint_dir": Default(_RUN_DIR, "str"),
    "trainer.simulation.evaluate_interval": _count(300),
    "trainer.simulation.replay_interval": _count(300),
    "trainer.simulation.replay_dir": Default(_RUN_DIR, "str"),
    "trainer.simulation.evaluate_remote": _flag(True),
    "trainer.simulation.evaluate_local": _flag(True),
    "trainer.simulation.skip_git_check": _flag(False),
    "trainer.simulation.git_hash": Default(None, "str", optional=True),
    "trainer.grad_mean_variance_interval": _count(0),
}
"""Every key that TrainerConfig takes, in its order; a "dict" takes any keys below it."""

"""Defaults of Metta's pydantic era, for keys that no file of the run sets.

From Metta 2026-01 ``metta/rl/trainer_config.py``, ``metta/rl/training/training_environment.py`` and
``metta/rl/nodes/ppo_actor.py``, ``ppo_critic.py``. A tree's own code comes before this table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

TRAINER: Mapping[str, object] = {
    "trainer.total_timesteps": 10_000_000_000,
    "trainer.batch_size": 2_097_152,
    "trainer.minibatch_size": 16_384,
    "trainer.bptt_horizon": 256,
    "trainer.update_epochs": 1,
    "trainer.scale_batches_by_world_size": False,
    "trainer.optimizer.type": "adamw_schedulefree",
    "trainer.optimizer.learning_rate": 0.00737503357231617,
    "trainer.optimizer.beta1": 0.9,
    "trainer.optimizer.beta2": 0.999,
    "trainer.optimizer.eps": 5.0833278919526e-07,
    "trainer.optimizer.weight_decay": 0.01,
    "trainer.sampling.method": "sequential",
    "trainer.sampling.prio_alpha": 0.0,
    "trainer.sampling.prio_beta0": 0.6,
    "trainer.advantage.vtrace_rho_clip": 1.0,
    "trainer.advantage.vtrace_c_clip": 1.0,
    "trainer.advantage.gamma": 1.0,
    "trainer.advantage.gae_lambda": 0.95,
    "trainer.advantage.reward_centering.enabled": True,
    "trainer.advantage.reward_centering.beta": 1e-3,
    "trainer.update_epochs_autotune.enabled": False,
}
TRAINING_ENV: Mapping[str, object] = {
    "training_env.num_workers": 1,
    "training_env.async_factor": 2,
    "training_env.auto_workers": True,
    "training_env.forward_pass_minibatch_target_size": 4096,
    "training_env.zero_copy": True,
    "training_env.vectorization": "multiprocessing",
    "training_env.seed": 0,
}
"""``vectorization`` is guessed from the platform: serial on macOS, multiprocessing elsewhere."""
NODES: Mapping[str, object] = {
    "ppo_actor.clip_coef": 0.22017136216163635,
    "ppo_actor.ent_coef": 0.01,
    "ppo_actor.norm_adv": True,
    "ppo_actor.target_kl": None,
    "ppo_critic.vf_clip_coef": 0.1,
    "ppo_critic.vf_coef": 0.49657103419303894,
    "ppo_critic.clip_vloss": True,
    "ppo_critic.critic_update": "gtd_lambda",
}
"""Below ``trainer.nodes``, which was ``trainer.losses`` before."""
AGENTS = 24
"""Agents of the arena that TrainingEnvironmentConfig's curriculum is made of."""

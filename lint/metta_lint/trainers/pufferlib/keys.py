"""The keys that PufferLib 3.0 reads, section by section, and what became of those of 2.0."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

TRAIN = frozenset(
    [
        "seed",
        "torch_deterministic",
        "cpu_offload",
        "device",
        "optimizer",
        "anneal_lr",
        "precision",
        "total_timesteps",
        "learning_rate",
        "gamma",
        "gae_lambda",
        "update_epochs",
        "clip_coef",
        "vf_coef",
        "vf_clip_coef",
        "max_grad_norm",
        "ent_coef",
        "adam_beta1",
        "adam_beta2",
        "adam_eps",
        "data_dir",
        "checkpoint_interval",
        "batch_size",
        "minibatch_size",
        "max_minibatch_size",
        "bptt_horizon",
        "compile",
        "compile_mode",
        "compile_fullgraph",
        "vtrace_rho_clip",
        "vtrace_c_clip",
        "prio_alpha",
        "prio_beta0",
    ]
)
"""What PuffeRL reads of ``[train]`` (PufferLib 3.0 pufferl.py); every other key of it is ignored without a word."""

BASE = frozenset({"package", "env_name", "policy_name", "rnn_name"})
"""What ``load_config``, ``load_env`` and ``load_policy`` read of ``[base]``."""

SECTIONS = frozenset({"vec", "env", "policy", "rnn", "train", "sweep"})
"""Section names: a key of ``[base]`` called like one breaks load_config, it is not ignored."""

MOVED: Mapping[str, str] = {
    "train.num_envs": "vec.num_envs",
    "train.num_workers": "vec.num_workers",
    "train.env_batch_size": "vec.batch_size",
    "train.zero_copy": "vec.zero_copy",
    "train.horizon": "train.bptt_horizon",
    "train.replay_ratio": "train.update_epochs",
}
"""Keys of PufferLib 2.0 and 4.0, and where 3.0 keeps what they said."""

DEAD: Mapping[str, str] = {
    "train.target_kl": "PufferLib 3 has no KL stop",
    "train.name": "loggers take --neptune-name and --wandb-group from the command line",
    "train.project": "loggers take --neptune-project and --wandb-project from the command line",
    "vec.seed": "vector.make() takes it and passes it to nothing; environments are seeded by train.seed",
    "base.max_suggestion_cost": "a sweep keeps the default of its own constructor, 3600",
}
"""Keys that look alive: why each does nothing in PufferLib 3."""

"""The keys that PufferLib 3.0 reads, section by section, and what became of those of 2.0."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_FILE = "default.ini"
"""The INI that PufferLib lays under all others of its folder and those below."""

COEFFICIENTS = (
    "learning_rate",
    "gamma",
    "gae_lambda",
    "clip_coef",
    "ent_coef",
    "vf_coef",
    "vf_clip_coef",
    "max_grad_norm",
)
"""Hyperparameters that all versions read of ``[train]``, by the names that quantities have."""

READ: Mapping[str, str] = {
    "device": "known-device",
    "torch_deterministic": "boolean-flags",
    "seed": "numeric-seed",
    "batch_size": "batch-or-horizon-given",
    "bptt_horizon": "batch-or-horizon-given",
    "cpu_offload": "sized-buffer",
    "minibatch_size": "numeric-minibatch",
    "max_minibatch_size": "numeric-minibatch",
    "update_epochs": "numeric-update-epochs",
    "compile": "known-optimizer",
    "compile_mode": "known-optimizer",
    "compile_fullgraph": "known-optimizer",
    "optimizer": "known-optimizer",
    "learning_rate": "numeric-optimizer",
    "adam_beta1": "numeric-optimizer",
    "adam_beta2": "numeric-optimizer",
    "adam_eps": "numeric-optimizer",
    "total_timesteps": "numeric-timesteps",
    "precision": "known-precision",
    "prio_beta0": "numeric-priorities",
    "prio_alpha": "numeric-priorities",
    "clip_coef": "numeric-priorities",
    "vf_clip_coef": "numeric-priorities",
    "gamma": "numeric-advantages",
    "gae_lambda": "numeric-advantages",
    "vtrace_rho_clip": "numeric-advantages",
    "vtrace_c_clip": "numeric-advantages",
    "vf_coef": "numeric-gradient-norm",
    "ent_coef": "numeric-gradient-norm",
    "max_grad_norm": "numeric-gradient-norm",
    "anneal_lr": "some-minibatch",
    "checkpoint_interval": "checkpoint-interval",
    "data_dir": "checkpoint-interval",
}
"""What load_policy() and PuffeRL read of ``[train]``, in their order, each before the requirement that comes next.

All are read with ``[]``: one that is missing is a KeyError (PufferLib 3.0 pufferl.py).
"""

TRAIN = frozenset(READ)
"""Every other key of ``[train]`` is ignored without a word."""

VEC = frozenset({"backend", "num_envs", "seed", "num_workers", "batch_size", "zero_copy", "sync_traj", "overwork"})
"""What vector.make() takes of ``[vec]``; any other key raises."""

OPTIONS = frozenset(
    {
        "load-model-path",
        "load-id",
        "render-mode",
        "save-frames",
        "gif-path",
        "fps",
        "max-runs",
        "wandb",
        "wandb-project",
        "wandb-group",
        "neptune",
        "neptune-name",
        "neptune-project",
        "local-rank",
        "tag",
        "help",
    }
)
"""Options that load_config() has of its own: a key of ``[base]`` called like one is a second."""

BASE = frozenset({"package", "env_name", "policy_name", "rnn_name"})
"""What ``load_config``, ``load_env`` and ``load_policy`` read of ``[base]``."""

NAMED: Mapping[str, str] = {
    "package": "ModuleNotFoundError",
    "policy_name": "TypeError",
    "rnn_name": "TypeError",
}
"""Keys of ``[base]`` that name code, and how it fails to be found where there is no key (load_env, load_policy)."""

SECTIONS = frozenset({"base", "vec", "env", "policy", "rnn", "train", "sweep"})
"""The sections that something reads. A key of ``[base]`` called like one breaks load_config, it is not ignored."""

MOVED: Mapping[str, str] = {
    "train.num_envs": "vec.num_envs",
    "train.num_workers": "vec.num_workers",
    "train.env_batch_size": "vec.batch_size",
    "train.zero_copy": "vec.zero_copy",
    "train.horizon": "train.bptt_horizon",
    "train.replay_ratio": "train.update_epochs",
    "train.beta1": "train.adam_beta1",
    "train.beta2": "train.adam_beta2",
    "train.eps": "train.adam_eps",
}
"""Keys of PufferLib 2.0 and 4.0, and where 3.0 keeps what they said."""

BESIDES: Mapping[str, str] = {"train.env_batch_size": ", and only puffer autotune here"}
"""Of these, what another command than ``puffer train`` still reads where it was (pufferl.py autotune())."""

DEAD: Mapping[str, str] = {
    "train.target_kl": "PufferLib 3 has no KL stop",
    "train.use_rnn": "whether there is a recurrent policy is decided by [base] rnn_name, which overwrites it",
    "train.name": "loggers take --neptune-name and --wandb-group from the command line",
    "train.project": "loggers take --neptune-project and --wandb-project from the command line",
    "vec.seed": "vector.make() takes it and passes it to nothing; environments are seeded by train.seed",
    "base.max_suggestion_cost": "a sweep keeps the default of its own constructor, 3600",
}
"""Keys that look alive: why each does nothing in PufferLib 3."""


def is_default(path: str) -> bool:
    """Whether a file is the one that lies under the others."""
    return os.path.basename(path) == DEFAULT_FILE

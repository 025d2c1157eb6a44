"""Tables of the keys that PufferLib reads, by version and section, and of keys that moved from version to version."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from metta_lint.base.records import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_FILE = "default.ini"
"""The INI with the defaults of all others in its folder and below."""

COEFFICIENTS = tuple("learning_rate gamma gae_lambda clip_coef ent_coef vf_coef vf_clip_coef max_grad_norm".split())
"""Hyperparameters that all versions read of ``[train]``, by the names that quantities have."""

_READ_BEFORE = {
    "known-device": "device",
    "boolean-flags": "torch_deterministic",
    "numeric-seed": "seed",
    "batch-or-horizon-given": "batch_size bptt_horizon",
    "sized-buffer": "cpu_offload",
    "numeric-minibatch": "minibatch_size max_minibatch_size",
    "numeric-update-epochs": "update_epochs",
    "known-optimizer": "compile compile_mode compile_fullgraph optimizer",
    "numeric-optimizer": "learning_rate adam_beta1 adam_beta2 adam_eps",
    "numeric-timesteps": "total_timesteps",
    "known-precision": "precision",
    "numeric-priorities": "prio_beta0 prio_alpha clip_coef vf_clip_coef",
    "numeric-advantages": "gamma gae_lambda vtrace_rho_clip vtrace_c_clip",
    "numeric-gradient-norm": "vf_coef ent_coef max_grad_norm",
    "some-minibatch": "anneal_lr",
    "checkpoint-interval": "checkpoint_interval data_dir",
}
READ: Mapping[str, str] = {key: requirement for requirement, keys in _READ_BEFORE.items() for key in keys.split()}
"""What load_policy() and PuffeRL read of ``[train]``, in that order, each with the next requirement that is checked.

All are read with ``[]``, so a missing key is a KeyError (PufferLib 3.0 pufferl.py).
"""

VEC = frozenset("backend num_envs seed num_workers batch_size zero_copy sync_traj overwork".split())
"""What vector.make() of PufferLib 3 takes of ``[vec]``; any other key raises."""

OPTIONS = frozenset(
    """
    load-model-path load-id render-mode save-frames gif-path fps max-runs wandb wandb-project wandb-group neptune
    neptune-name neptune-project local-rank tag help
    """.split()
)
"""The command-line options of load_config() in PufferLib 3. A key of ``[base]`` with the same name is a duplicate."""

NAMED: Mapping[str, str] = {
    "package": "ModuleNotFoundError",
    "policy_name": "TypeError",
    "rnn_name": "TypeError",
}
"""Keys of ``[base]`` that name code, and the exception where one is missing (load_env(), load_policy())."""

SECTIONS = frozenset({"base", "vec", "env", "policy", "rnn", "train", "sweep"})
"""The sections that PufferLib 3 reads. A key of ``[base]`` with such a name breaks load_config()."""

OCEAN = "ocean"
"""The package of the environments that PufferLib itself writes, in C."""

GIVEN = ("buf", "seed")
"""Keywords that vector.py gives every environment, in addition to the keys of ``[env]``."""


class Reads(NamedTuple):
    """What a version of PufferLib reads.

    ``sections`` are the keys that it reads of each section. ``moved`` maps keys of other versions to the key that has
    their meaning here, or the closest one. ``dead`` says why a key that looks useful does nothing. ``never`` is the
    message for any other key of a section; keys of sections without one are not judged.
    """

    sections: Mapping[str, frozenset[str]]
    moved: Mapping[str, str]
    dead: Mapping[str, str]
    never: Mapping[str, str]


_READS_2 = Reads(
    sections={
        # What clean_pufferl.py and demo.py of early 2025 read. Its months differ: a tree's own default.ini adds to it.
        "train": frozenset(COEFFICIENTS).union(
            """
            seed torch_deterministic cpu_offload device total_timesteps anneal_lr update_epochs norm_adv clip_vloss
            target_kl num_envs num_workers env_batch_size zero_copy data_dir checkpoint_interval batch_size
            minibatch_size bptt_horizon compile compile_mode compile_fullgraph use_e3b e3b_coef e3b_norm use_p3o
            p3o_horizon
            """.split()
        ),
        "base": frozenset("package env_name policy_name rnn_name vec vec_overwork max_suggestion_cost".split()),
    },
    moved={
        "vec.num_envs": "train.num_envs",
        "vec.num_workers": "train.num_workers",
        "vec.batch_size": "train.env_batch_size",
        "vec.zero_copy": "train.zero_copy",
        "vec.backend": "base.vec",
        "train.horizon": "train.bptt_horizon",
        "train.replay_ratio": "train.update_epochs",
    },
    dead={},
    never=dict.fromkeys(("train", "base"), "PufferLib 2 never reads it"),
)
_READS_3 = Reads(
    sections={
        "train": frozenset(READ),
        # What load_config(), load_env() and load_policy() read.
        "base": frozenset({"package", "env_name", "policy_name", "rnn_name"}),
        "vec": VEC,
    },
    moved={
        "train.num_envs": "vec.num_envs",
        "train.num_workers": "vec.num_workers",
        "train.env_batch_size": "vec.batch_size",
        "train.zero_copy": "vec.zero_copy",
        "train.horizon": "train.bptt_horizon",
        "train.replay_ratio": "train.update_epochs",
        "train.beta1": "train.adam_beta1",
        "train.beta2": "train.adam_beta2",
        "train.eps": "train.adam_eps",
    },
    dead={
        "train.target_kl": "PufferLib 3 has no KL stop",
        "train.use_rnn": "whether there is a recurrent policy is decided by [base] rnn_name, which overwrites it",
        "train.name": "loggers take --neptune-name and --wandb-group from the command line",
        "train.project": "loggers take --neptune-project and --wandb-project from the command line",
        "vec.seed": "vector.make() takes it and passes it to nothing; environments are seeded by train.seed",
        "base.max_suggestion_cost": "a sweep keeps the default of its own constructor, 3600",
    },
    never={"train": "PuffeRL never reads it", "base": "nothing reads it"},
)
_READS_4 = Reads(
    sections={
        # What src/bindings.cu create_pufferl(), pufferl.py and torch_pufferl.py read (052f0f53); a default.ini adds
        # to it.
        "train": frozenset(COEFFICIENTS).union(
            """
            gpus seed total_timesteps anneal_lr min_lr_ratio replay_ratio anneal_ent_coef min_ent_coef_ratio beta1 beta2
            eps minibatch_size horizon vtrace_rho_clip vtrace_c_clip prio_alpha prio_beta0
            """.split()
        )
    },
    moved={
        "train.bptt_horizon": "train.horizon",
        "train.update_epochs": "train.replay_ratio",
        "train.adam_beta1": "train.beta1",
        "train.adam_beta2": "train.beta2",
        "train.adam_eps": "train.eps",
        "train.num_envs": "vec.total_agents",
        "train.num_workers": "vec.num_threads",
        "train.env_batch_size": "vec.num_buffers",
        "vec.num_envs": "vec.total_agents",
        "vec.num_workers": "vec.num_threads",
        "vec.batch_size": "vec.num_buffers",
    },
    dead={
        "train.batch_size": "a batch is [vec] total_agents * [train] horizon",
        "train.max_minibatch_size": "there is no gradient accumulation",
        "train.target_kl": "PufferLib 4 has no KL stop",
        "train.optimizer": "the optimizer is always Muon",
        "train.precision": "the precision is chosen when PufferLib is built",
        "vec.backend": "environments step in threads, whatever it says",
        "vec.zero_copy": "environments step in threads, whatever it says",
    },
    never={"train": "PufferLib 4 never reads it"},
)
READS: Mapping[str, Reads] = {"2": _READS_2, "3": _READS_3, "4": _READS_4}

BESIDES: Mapping[str, str] = {"train.env_batch_size": ", and only puffer autotune here"}
"""Of the keys that moved in 3, those that another command than ``puffer train`` still reads in the old place."""


def is_default(path: str) -> bool:
    """Whether a file is a default.ini."""
    return os.path.basename(path) == DEFAULT_FILE


def code_of(package: str) -> str:
    """The path of the file with a package's ``env_creator()``, from PufferLib's folder."""
    return f"{OCEAN if package == OCEAN else f'environments/{package}'}/environment.py"

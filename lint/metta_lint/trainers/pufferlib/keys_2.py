"""The keys that PufferLib 2.0 reads of ``[train]`` and ``[base]``, and where 2.0 keeps what 3 and 4.0 say elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metta_lint.trainers.pufferlib.keys import COEFFICIENTS

if TYPE_CHECKING:
    from collections.abc import Mapping

TRAIN = frozenset(
    [
        *COEFFICIENTS,
        "seed",
        "torch_deterministic",
        "cpu_offload",
        "device",
        "total_timesteps",
        "anneal_lr",
        "update_epochs",
        "norm_adv",
        "clip_vloss",
        "target_kl",
        "num_envs",
        "num_workers",
        "env_batch_size",
        "zero_copy",
        "data_dir",
        "checkpoint_interval",
        "batch_size",
        "minibatch_size",
        "bptt_horizon",
        "compile",
        "compile_mode",
        "compile_fullgraph",
        "use_e3b",
        "e3b_coef",
        "e3b_norm",
        "use_p3o",
        "p3o_horizon",
    ]
)
"""What clean_pufferl.py and demo.py of early 2025 read. Its months differ: a tree's own default.ini adds to it."""

BASE = frozenset({"package", "env_name", "policy_name", "rnn_name", "vec", "vec_overwork", "max_suggestion_cost"})

MOVED: Mapping[str, str] = {
    "vec.num_envs": "train.num_envs",
    "vec.num_workers": "train.num_workers",
    "vec.batch_size": "train.env_batch_size",
    "vec.zero_copy": "train.zero_copy",
    "vec.backend": "base.vec",
    "train.horizon": "train.bptt_horizon",
    "train.replay_ratio": "train.update_epochs",
}
"""Keys of PufferLib 3 and 4.0 that say what 2.0 keeps elsewhere."""

"""The keys that PufferLib 4.0 reads of ``[train]``, and where 4.0 keeps what 2.0 and 3 say elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metta_lint.trainers.pufferlib.keys import COEFFICIENTS

if TYPE_CHECKING:
    from collections.abc import Mapping

TRAIN = frozenset(
    [
        *COEFFICIENTS,
        "gpus",
        "seed",
        "total_timesteps",
        "anneal_lr",
        "min_lr_ratio",
        "replay_ratio",
        "anneal_ent_coef",
        "min_ent_coef_ratio",
        "beta1",
        "beta2",
        "eps",
        "minibatch_size",
        "horizon",
        "vtrace_rho_clip",
        "vtrace_c_clip",
        "prio_alpha",
        "prio_beta0",
    ]
)
"""What src/bindings.cu create_pufferl(), pufferl.py and torch_pufferl.py read (052f0f53); a default.ini adds to it."""

MOVED: Mapping[str, str] = {
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
}
"""Keys of PufferLib 2.0 and 3, and where 4.0 keeps what comes closest to what they said."""

DEAD: Mapping[str, str] = {
    "train.batch_size": "a batch is [vec] total_agents * [train] horizon",
    "train.max_minibatch_size": "there is no gradient accumulation",
    "train.target_kl": "PufferLib 4 has no KL stop",
    "train.optimizer": "the optimizer is always Muon",
    "train.precision": "the precision is chosen when PufferLib is built",
    "vec.backend": "environments step in threads, whatever it says",
    "vec.zero_copy": "environments step in threads, whatever it says",
}
"""Keys that say what cannot be said in 4.0."""

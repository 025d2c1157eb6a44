"""The loop description: all that the reference trainer is told of a run.

A loop holds, as data, what the config asks for and how its trainer behaves. It does not hold counts that a plan
derives: the reference trainer finds segments, minibatches, overwritten steps and refusals itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from metta_lint.base.records import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class EnvironmentSettings(NamedTuple):
    """The settings of the trainer's environment: agents, rewards, and the length of an episode in ticks.

    ``rewards`` maps an item (``ore``, ``battery``, ``heart``) to the reward for each unit that an agent gains.
    ``reward_caps`` maps an item to the most that one agent can earn from it while it holds it; missing: no cap.
    """

    agents_per_env: int
    rewards: Mapping[str, float]
    reward_caps: Mapping[str, float]
    max_steps: int = 1000


class Loop(NamedTuple):
    """One training loop, as data.

    Sizes are in agent steps (``batch_size``, ``minibatch_size``, ``max_minibatch_size``, ``total_timesteps``),
    environments (``num_envs``, ``envs_per_batch``) or ticks (``bptt_horizon``). A size that is not a whole number in
    the config is kept as it is: the trainer refuses it. Differences between trainers are fields:

    - ``overrun``: what happens to a row past the buffer's end. ``raise``: rows are a slice, and the write fails
      (PufferLib 3.0 pufferl.py evaluate()). ``overwrite``: rows are taken modulo the segments
      (Metta experience.py store()).
    - ``minibatch_count``: ``steps`` = int(update_epochs * batch_size / minibatch_size) (PufferLib), ``segments`` =
      segments // minibatch_segments for each update epoch (Metta).
    - ``advantages``: recomputed over the whole buffer before ``every-minibatch`` with the updated values and ratios
      (PufferLib), or ``once-per-epoch`` with ratio 1, then per minibatch on the sampled rows alone (Metta).
    - ``reward_clamp``: rewards are clamped to [-reward_clamp, reward_clamp] in the buffer; None: never.
    - ``beta_epochs``: the prioritisation exponent changes once per ``train-call`` or once per ``update-epoch``.
    - ``lstm_zeroed_each_rollout``: whether the recurrent state starts each rollout at zero.
    - ``autocast_stays_on``: mixed precision starts in the first update and never ends, so torch casts the weights once
      and keeps those casts (PufferLib 3.0 pufferl.py train()).
    - ``requirements``: the conditions that this trainer checks, in its order (keys of REQUIREMENTS).
    - ``ranks_counted``: how many ranks' steps count towards total_timesteps; the reference trainer runs one of them.
    - ``seed``: None: each run draws its own.
    - ``intervals``: those of checkpoint_interval, wandb_checkpoint_interval, evaluate_interval that the trainer has.
    """

    environment: EnvironmentSettings
    # vectorisation
    num_envs: int
    num_workers: int
    envs_per_batch: int
    # experience
    batch_size: int
    minibatch_size: int
    max_minibatch_size: int | None
    bptt_horizon: int
    update_epochs: int
    total_timesteps: int
    overrun: Literal["raise", "overwrite"]
    minibatch_count: Literal["steps", "segments"]
    requirements: tuple[str, ...]
    intervals: Mapping[str, int]
    # update
    advantages: Literal["every-minibatch", "once-per-epoch"]
    reward_clamp: float | None
    normalize_advantages: bool
    clip_value_loss: bool
    target_kl: float | None
    gamma: float
    gae_lambda: float
    clip_coef: float
    ent_coef: float
    vf_coef: float
    vf_clip_coef: float
    max_grad_norm: float
    vtrace_rho_clip: float
    vtrace_c_clip: float
    prio_alpha: float
    prio_beta0: float
    beta_epochs: Literal["train-call", "update-epoch"]
    # optimizer
    optimizer: str
    learning_rate: float
    adam_beta1: float
    adam_beta2: float
    adam_eps: float
    weight_decay: float
    anneal_lr: bool
    # policy
    lstm_layers: int
    lstm_zeroed_each_rollout: bool
    seed: int | None
    zero_copy: bool = True
    precision: str = "float32"
    ranks_counted: int = 1
    autocast_stays_on: bool = False

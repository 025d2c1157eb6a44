"""The loop description: all that the reference trainer is told of a run.

A loop carries what the config asks for and how its trainer behaves, as data. It carries nothing that a plan derived
about counts: segments, minibatches, overwritten steps and refusals are the trainer's own to find out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


REQUIREMENTS: Mapping[str, str] = {
    "integer-sizes": "sizes are whole numbers",
    "integer-clocks": "update_epochs and total_timesteps are whole numbers of at least 1",
    "numeric-clocks": "update_epochs and total_timesteps are numbers",
    "positive-sizes": "agents, workers, environments of a batch, batch and minibatch sizes are at least 1",
    "options-once": "no key is an option of the command line twice",
    "sections-hold-keys": "no key is called like a section that has keys",
    "numeric-envs": "num_envs is a number",
    "positive-envs": "num_envs >= 1",
    "whole-envs": "num_envs has no fraction",
    "known-backend": "the vectorisation's backend exists",
    "native-alone": "an environment that vectorises itself is the only one",
    "numeric-workers": "num_workers is a number or auto",
    "some-worker": "num_workers is not 0",
    "workers-divide-envs": "num_envs is a multiple of num_workers",
    "numeric-inference-batch": "envs_per_batch is a number or auto",
    "worker-envs-divide-batch": "envs_per_batch is a multiple of num_envs / num_workers",
    "integer-envs": "num_envs is an integer and no float",
    "known-vec-keys": "the vectorisation takes every key of [vec]",
    "serial-batch-given": "the environments that are run in series have a number",
    "serial-batch-fits-envs": "between 1 and num_envs environments are run in series",
    "workers-fit-cores": "num_workers is not more than the machine's cores",
    "some-inference-batch": "envs_per_batch is not 0",
    "batches-divide-envs": "num_envs is a multiple of envs_per_batch",
    "integer-inference-batch": "envs_per_batch is a positive integer",
    "integer-workers": "num_workers is a positive integer",
    "environment-keys-once": "no key of [env] is one that the vectorisation gives the environment itself",
    "agents-fit-environment": "the environment holds that many agents",
    "integer-agents": "agents_per_env is an integer",
    "positive-agents": "agents_per_env >= 1",
    "code-is-named": "package, policy and recurrent policy are named by texts that can be names",
    "known-device": "there is such a device",
    "train-keys-once": "no key of [train] is one that the trainer adds itself",
    "boolean-flags": "flags that torch takes are True or False",
    "numeric-seed": "the seed is a number",
    "batch-or-horizon-given": "one of batch_size and bptt_horizon is a number",
    "numeric-batch": "batch_size and bptt_horizon are numbers or auto",
    "positive-horizon": "bptt_horizon >= 1",
    "agents-fit-segments": "total_agents <= segments",
    "sized-buffer": "segments and bptt_horizon are positive integers",
    "native-without-rnn": "an environment that vectorises itself has no recurrent policy",
    "numeric-minibatch": "minibatch_size and max_minibatch_size are numbers",
    "max-minibatch-divides-minibatch": "minibatch_size <= max_minibatch_size, or a multiple of it",
    "minibatch-fits-batch": "minibatch_size <= batch_size",
    "positive-minibatch": "minibatch_size is not 0",
    "minibatch-divides-batch": "batch_size is a multiple of minibatch_size",
    "numeric-update-epochs": "update_epochs is a number",
    "horizon-divides-minibatch": "minibatch_size is a multiple of bptt_horizon",
    "minibatch-segments-divide-segments": "segments is a multiple of minibatch_segments",
    "known-optimizer": "optimizer is adam or muon",
    "numeric-optimizer": "learning rate, betas and epsilon are numbers",
    "optimizer-bounds": "learning rate and epsilon are not negative, betas are in [0, 1)",
    "numeric-timesteps": "total_timesteps is a number",
    "known-precision": "precision is float32 or bfloat16",
    "evaluations-have-checkpoints": "evaluate_interval >= checkpoint_interval",
    "evaluations-have-uploads": "evaluate_interval >= wandb_checkpoint_interval",
    "uploads-have-checkpoints": "wandb_checkpoint_interval >= checkpoint_interval",
    "known-keys": "the trainer's config has every key that is written",
    "typed-values": "values have the types that the trainer's config asks for",
    "bounded-values": "values lie within the bounds of the trainer's config",
    "known-choices": "values are among the choices of the trainer's config",
    "known-target": "the trainer is one that there is",
    "paths-given": "paths are not empty",
    "curriculum-given": "there is a curriculum or an environment",
    "minibatch-fits-whole-batch": "minibatch_size <= batch_size, before the ranks divide it",
    "minibatch-divides-whole-batch": "batch_size is a multiple of minibatch_size, before the ranks divide it",
    "contiguous-ids-off": "environments need not answer in the order of their numbers",
    "batch-fits-envs": "envs_per_batch <= num_envs",
    "batches-in-turn": "batches are the same environments in every turn",
    "rows-fit-buffer": "a rollout stays inside the experience buffer",
    "numeric-priorities": "prio_beta0 and prio_alpha are numbers",
    "timesteps-fill-batch": "total_timesteps >= batch_size",
    "numeric-advantages": "gamma, gae_lambda and the V-trace clips are numbers",
    "integer-minibatch": "minibatch_size is an integer",
    "numeric-loss": "clip_coef, vf_clip_coef, vf_coef and ent_coef are numbers",
    "numeric-gradient-norm": "max_grad_norm is a number",
    "numeric-step": "what an optimizer step of muon reads is a number",
    "some-minibatch": "an update has at least one minibatch",
    "finite-timesteps": "total_timesteps is finite",
    "checkpoint-interval": "checkpoint_interval is a number, and not 0",
    "text-for-data-dir": "data_dir is a text",
    "keys-given": "every key that the trainer reads is given",
}
"""The conditions that a trainer can insist on, by name. A refusal, predicted or observed, is named after one of them.

A loop lists those of its trainer in the trainer's order. ``rows-fit-buffer`` fails in the first rollout, by a write
past the buffer's end; ``timesteps-fill-batch`` after it, by a division by the number of epochs, which is zero;
``some-minibatch`` after the update, which needs the advantages of its last minibatch.
"""

CONFIG_REQUIREMENTS = frozenset(
    {
        "agents-fit-environment",
        "boolean-flags",
        "bounded-values",
        "code-is-named",
        "contiguous-ids-off",
        "curriculum-given",
        "environment-keys-once",
        "keys-given",
        "known-backend",
        "known-choices",
        "known-device",
        "known-keys",
        "known-target",
        "known-vec-keys",
        "minibatch-divides-whole-batch",
        "minibatch-fits-whole-batch",
        "native-alone",
        "native-without-rnn",
        "options-once",
        "paths-given",
        "sections-hold-keys",
        "text-for-data-dir",
        "train-keys-once",
        "typed-values",
        "workers-fit-cores",
    }
)
"""Requirements that no loop can show: they are about keys, sections, backends and machines; a loop has none of them."""

UPDATE_REQUIREMENTS = frozenset(
    {
        "numeric-priorities",
        "timesteps-fill-batch",
        "numeric-advantages",
        "integer-minibatch",
        "numeric-loss",
        "numeric-gradient-norm",
        "numeric-step",
        "some-minibatch",
        "finite-timesteps",
        "checkpoint-interval",
    }
)
"""Requirements that a trainer comes to in its first update, after a whole rollout."""

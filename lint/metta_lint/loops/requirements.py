"""Requirements: the conditions that a trainer checks. A refusal has the name of the requirement that fails.

A trainer's dialect lists the names of those that it has, in the order in which it checks them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from metta_lint.base.records import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

CONFIG = "config"
"""About keys, sections, backends and machines: the reference trainer cannot check it, since a loop has none of them."""
SIZE = "size"
"""About one size: if it fails, the sizes that are derived from that have no value."""


class Requirement(NamedTuple):
    """One condition: its name, the condition in words, its kind (CONFIG, SIZE or ""), and when a trainer checks it."""

    name: str
    words: str
    kind: str = ""
    when: str = "start"


TABLE = (
    Requirement("integer-sizes", "sizes are whole numbers", SIZE),
    Requirement("integer-clocks", "update_epochs and total_timesteps are whole numbers of at least 1"),
    Requirement("numeric-clocks", "update_epochs and total_timesteps are numbers"),
    Requirement(
        "positive-sizes", "agents, workers, environments of a batch, batch and minibatch sizes are at least 1", SIZE
    ),
    Requirement("options-once", "no key is an option of the command line twice", CONFIG),
    Requirement("sections-hold-keys", "no key is called like a section that has keys", CONFIG),
    Requirement("numeric-envs", "num_envs is a number", SIZE),
    Requirement("positive-envs", "num_envs >= 1", SIZE),
    Requirement("whole-envs", "num_envs has no fraction", SIZE),
    Requirement("known-backend", "the vectorisation's backend exists", CONFIG),
    Requirement("native-alone", "an environment that vectorises itself is the only one", CONFIG),
    Requirement("numeric-workers", "num_workers is a number or auto", SIZE),
    Requirement("some-worker", "num_workers is not 0", SIZE),
    Requirement("workers-divide-envs", "num_envs is a multiple of num_workers"),
    Requirement("numeric-inference-batch", "envs_per_batch is a number or auto", SIZE),
    Requirement("worker-envs-divide-batch", "envs_per_batch is a multiple of num_envs / num_workers"),
    Requirement("integer-envs", "num_envs is an integer and no float", SIZE),
    Requirement("known-vec-keys", "the vectorisation takes every key of [vec]", CONFIG),
    Requirement("serial-batch-given", "the environments that are run in series have a number", SIZE),
    Requirement("serial-batch-fits-envs", "between 1 and num_envs environments are run in series", SIZE),
    Requirement("workers-fit-cores", "num_workers is not more than the machine's cores", CONFIG),
    Requirement("some-inference-batch", "envs_per_batch is not 0", SIZE),
    Requirement("batches-divide-envs", "num_envs is a multiple of envs_per_batch"),
    Requirement("integer-inference-batch", "envs_per_batch is a positive integer", SIZE),
    Requirement("integer-workers", "num_workers is a positive integer", SIZE),
    Requirement(
        "environment-keys-once", "no key of [env] is one that the vectorisation gives the environment itself", CONFIG
    ),
    Requirement("agents-fit-environment", "the environment holds that many agents", CONFIG),
    Requirement("integer-agents", "agents_per_env is an integer", SIZE),
    Requirement("positive-agents", "agents_per_env >= 1", SIZE),
    Requirement("code-is-named", "package, policy and recurrent policy are named by texts that can be names", CONFIG),
    Requirement("known-device", "there is such a device", CONFIG),
    Requirement("train-keys-once", "no key of [train] is one that the trainer adds itself", CONFIG),
    Requirement("boolean-flags", "flags that torch takes are True or False", CONFIG),
    Requirement("numeric-seed", "the seed is a number"),
    Requirement("batch-or-horizon-given", "one of batch_size and bptt_horizon is a number", SIZE),
    Requirement("numeric-batch", "batch_size and bptt_horizon are numbers or auto", SIZE),
    Requirement("positive-horizon", "bptt_horizon >= 1", SIZE),
    Requirement("agents-fit-segments", "total_agents <= segments"),
    Requirement("sized-buffer", "segments and bptt_horizon are positive integers", SIZE),
    Requirement("native-without-rnn", "an environment that vectorises itself has no recurrent policy", CONFIG),
    Requirement("numeric-minibatch", "minibatch_size and max_minibatch_size are numbers", SIZE),
    Requirement("max-minibatch-divides-minibatch", "minibatch_size <= max_minibatch_size, or a multiple of it"),
    Requirement("minibatch-fits-batch", "minibatch_size <= batch_size"),
    Requirement("positive-minibatch", "minibatch_size is not 0", SIZE),
    Requirement("minibatch-divides-batch", "batch_size is a multiple of minibatch_size"),
    Requirement("numeric-update-epochs", "update_epochs is a number", SIZE),
    Requirement("horizon-divides-minibatch", "minibatch_size is a multiple of bptt_horizon"),
    Requirement("minibatch-segments-divide-segments", "segments is a multiple of minibatch_segments"),
    Requirement("known-optimizer", "optimizer is adam or muon"),
    Requirement("numeric-optimizer", "learning rate, betas and epsilon are numbers"),
    Requirement("optimizer-bounds", "learning rate and epsilon are not negative, betas are in [0, 1)"),
    Requirement("numeric-timesteps", "total_timesteps is a number", SIZE),
    Requirement("known-precision", "precision is float32 or bfloat16"),
    Requirement("evaluations-have-checkpoints", "evaluate_interval >= checkpoint_interval"),
    Requirement("evaluations-have-uploads", "evaluate_interval >= wandb_checkpoint_interval"),
    Requirement("uploads-have-checkpoints", "wandb_checkpoint_interval >= checkpoint_interval"),
    Requirement("known-keys", "the trainer's config has every key that is written", CONFIG),
    Requirement("typed-values", "values have the types that the trainer's config asks for", CONFIG),
    Requirement("bounded-values", "values lie within the bounds of the trainer's config", CONFIG),
    Requirement("known-choices", "values are among the choices of the trainer's config", CONFIG),
    Requirement("known-target", "the trainer is one that there is", CONFIG),
    Requirement("paths-given", "paths are not empty", CONFIG),
    Requirement("curriculum-given", "there is a curriculum or an environment", CONFIG),
    Requirement("minibatch-fits-whole-batch", "minibatch_size <= batch_size, before the ranks divide it", CONFIG),
    Requirement(
        "minibatch-divides-whole-batch",
        "batch_size is a multiple of minibatch_size, before the ranks divide it",
        CONFIG,
    ),
    Requirement(
        "contiguous-ids-off", "environments need not answer in the order of their numbers", CONFIG, when="first rollout"
    ),
    Requirement("batch-fits-envs", "envs_per_batch <= num_envs", when="first rollout"),
    Requirement("batches-in-turn", "batches are the same environments in every turn", when="first rollout"),
    Requirement("rows-fit-buffer", "a rollout stays inside the experience buffer", when="first rollout"),
    Requirement("numeric-priorities", "prio_beta0 and prio_alpha are numbers", when="first update"),
    Requirement("timesteps-fill-batch", "total_timesteps >= batch_size", when="first update"),
    Requirement("numeric-advantages", "gamma, gae_lambda and the V-trace clips are numbers", when="first update"),
    Requirement("integer-minibatch", "minibatch_size is an integer", SIZE, when="first update"),
    Requirement("numeric-loss", "clip_coef, vf_clip_coef, vf_coef and ent_coef are numbers", when="first update"),
    Requirement("numeric-gradient-norm", "max_grad_norm is a number", when="first update"),
    Requirement("numeric-step", "what an optimizer step of muon reads is a number", when="first update"),
    Requirement("some-minibatch", "an update has at least one minibatch", when="first update"),
    Requirement("finite-timesteps", "total_timesteps is finite", when="first update"),
    Requirement("checkpoint-interval", "checkpoint_interval is a number, and not 0", when="first update"),
    Requirement("text-for-data-dir", "data_dir is a text", CONFIG, when="first checkpoint"),
    Requirement("keys-given", "every key that the trainer reads is given", CONFIG),
)
"""All conditions that the trainers of this package check.

``rows-fit-buffer`` fails by a write past the buffer's end; ``timesteps-fill-batch`` by a division by the number of
epochs, which is zero; ``some-minibatch`` after the update, which needs the advantages of its last minibatch.
"""

REQUIREMENTS: Mapping[str, str] = {each.name: each.words for each in TABLE}
"""Each requirement in words, by name."""

CONFIG_REQUIREMENTS = frozenset(each.name for each in TABLE if each.kind == CONFIG)
ILL_SIZED = frozenset(each.name for each in TABLE if each.kind == SIZE)
UPDATE_REQUIREMENTS = frozenset(each.name for each in TABLE if each.when == "first update")

_WHEN: Mapping[str, str] = {each.name: each.when for each in TABLE}


def when_checked(name: str) -> str:
    """When a trainer checks a requirement: ``start``, ``first update``. A plugin's own are checked at the start."""
    return _WHEN.get(name, "start")

"""Derives a PufferLib 4.0 plan: pufferl.py's train(), the CUDA trainer's rollouts() and train_impl(), as arithmetic.

In 4.0 every agent has its own row of the batch. Each of ``num_buffers`` threads steps its own
``total_agents // num_buffers`` agents exactly ``horizon`` times, on its own CUDA stream. So a batch is always
total_agents x horizon, and nothing is overwritten, dropped or stitched. Agents left over by that division have a row
that no buffer fills, and their steps count all the same. total_timesteps is shared by the GPUs, and training ends with
the last epoch that fits into it, not with the first that exceeds it.

Read from PufferAI/PufferLib 052f0f53: pufferlib/pufferl.py, src/bindings.cu, src/pufferlib.cu, src/vecenv.h.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from metta_lint.base.unknown import Unknown
from metta_lint.base.values import OFF
from metta_lint.plans.derivation import Derivation
from metta_lint.plans.epochs import Backend, summarise
from metta_lint.trainers.pufferlib.ignored import ignored_keys
from metta_lint.trainers.pufferlib.keys import COEFFICIENTS

if TYPE_CHECKING:
    from metta_lint.plans.plan import Plan
    from metta_lint.plans.run import Run

CONFIG = "PufferLib 4.0 pufferl.py validate_config()"
TRAIN_LOOP = "PufferLib 4.0 pufferl.py _train()"
VECTOR = "PufferLib 4.0 src/vecenv.h"
CREATE = "PufferLib 4.0 src/pufferlib.cu create_pufferl_impl()"
ROLLOUTS = "PufferLib 4.0 src/bindings.cu rollouts()"
UPDATE = "PufferLib 4.0 src/pufferlib.cu train_impl()"
NO_LOOP = (
    "the reference trainer stands in for PufferLib 3 and Metta; 4.0 trains in CUDA, in threads over its own buffers"
)

SIZES = ("vec.total_agents", "vec.num_buffers", "vec.num_threads", "train.horizon", "train.minibatch_size")
CLOCKS = ("train.replay_ratio", "train.total_timesteps")

REQUIREMENTS = tuple(
    "integer-sizes numeric-clocks positive-sizes horizon-divides-minibatch minibatch-fits-batch".split()
)
"""The requirements of PufferLib 4.0, in the order of its checks, before the first step."""

HYPERPARAMETERS = {
    **{name: name for name in (*COEFFICIENTS, "prio_alpha", "prio_beta0", "vtrace_rho_clip", "vtrace_c_clip")},
    "adam_beta1": "beta1",
    "adam_eps": "eps",
}
"""Quantities, and their keys of ``[train]`` in 4.0. Muon takes one beta, so beta2 is not used."""


def derive(run: Run, backend: Backend | None = None) -> Plan:
    """What PufferLib 4.0 will do with a run."""
    d = Derivation(run, raises="AssertionError")
    _sizes(d)
    _vectorisation(d)
    _experience(d)
    _rollout(d)
    _updates(d)
    _hyperparameters(d)
    summarise(d, backend)
    _epochs(d)
    return d.plan((None, NO_LOOP), order=REQUIREMENTS, ignored=ignored_keys(run, "4"))


def _sizes(d: Derivation) -> None:
    d.check_numbers(SIZES, "integer-sizes")
    d.check_numbers(CLOCKS, "numeric-clocks")
    d.check_positive(("train.horizon",), "positive-sizes", exception="ZeroDivisionError")
    d.check_positive(("vec.num_buffers",), "positive-sizes", exception="SIGFPE")


def _vectorisation(d: Derivation) -> None:
    why = Unknown("the environment's binding.c decides how many agents each of them has")
    d.assume("agents_per_env", why, source=f"{VECTOR} my_vec_init()")
    for name in ("num_envs", "envs_per_batch", "envs_per_worker"):
        d.assume(name, why, source=f"{VECTOR} my_vec_init()")
    # Sizes are read as doubles and cut to whole numbers (bindings.cu get_config()).
    d.define("total_agents", "int(vec.total_agents)", source=CREATE)
    d.define("num_buffers", "int(vec.num_buffers)", source=CREATE)
    d.define("agents_per_batch", "total_agents // num_buffers", source=f"{VECTOR} create_static_vec()")
    d.define("agents_without_buffer", "total_agents % num_buffers", source=f"{VECTOR} create_static_vec()")
    d.define("async_factor", "num_buffers", source=f"{VECTOR} static_vec_omp_step()")
    d.define(
        "num_workers",
        "max(1, int(vec.num_threads) // num_buffers) * num_buffers",
        "threads",
        f"{VECTOR} static_omp_threadmanager()",
    )


def _experience(d: Derivation) -> None:
    d.define("bptt_horizon", "int(train.horizon)", source=CREATE)
    d.define("batch_size", "total_agents * bptt_horizon", source=CREATE)
    d.define("minibatch_size", "int(train.minibatch_size)", source=CREATE)
    d.define("segments", "total_agents", source=CREATE)
    d.define("minibatch_segments", source=CREATE)
    d.define("update_epochs", "train.replay_ratio", source=UPDATE)
    d.define("total_timesteps", "train.total_timesteps", source=TRAIN_LOOP)
    d.define("ranks_counted", "train.gpus", "GPUs", "PufferLib 4.0 pufferl.py train(): they share total_timesteps")
    d.refuse_unless(
        "horizon-divides-minibatch",
        message="minibatch_size = {minibatch_size} must be divisible by horizon = {bptt_horizon}",
    )
    d.refuse_unless(
        "minibatch-fits-batch",
        message="minibatch_size = {minibatch_size} > total_agents = {total_agents} * horizon = {bptt_horizon}",
        at=("minibatch_size", "total_agents"),
    )


def _rollout(d: Derivation) -> None:
    d.define("steps_collected_per_epoch", "bptt_horizon * total_agents", source=ROLLOUTS)
    for name in ("steps_overwritten_per_epoch", "steps_dropped_per_epoch", "stitched_segments"):
        d.assume(name, 0, source=f"{ROLLOUTS}: every agent has a row of its own")


def _updates(d: Derivation) -> None:
    d.define(
        "minibatches_per_epoch",
        # All of it in single precision, as C multiplies a float by an int.
        "int(float32(float32(float32(update_epochs) * float32(batch_size)) / float32(minibatch_size)))",
        source=UPDATE,
    )
    d.define("optimizer_steps_per_epoch", "minibatches_per_epoch", source=UPDATE)
    d.define("steps_trained_per_epoch", source=UPDATE)


def _epochs(d: Derivation) -> None:
    """Derive the number of epochs, which 4.0 works out beforehand; the other trainers run until total_timesteps."""
    d.define("epochs", "int(total_timesteps // ranks_counted // batch_size)", source=TRAIN_LOOP)
    d.define("optimizer_steps_total", "epochs * optimizer_steps_per_epoch")


def _hyperparameters(d: Derivation) -> None:
    for name, key in HYPERPARAMETERS.items():
        d.define(name, f"train.{key}", source=UPDATE)
    d.define("anneal_lr", "bool(train.anneal_lr)", source=f"{UPDATE}: cosine, to min_lr_ratio of it")
    d.assume("optimizer", "muon", source=CREATE)
    d.assume("weight_decay", 0, source=CREATE)
    d.assume("target_kl", OFF, source=f"{UPDATE}: there is no KL stop")
    d.assume("reward_clamp", 1.0, source=UPDATE)
    d.assume("precision", Unknown("it is chosen when PufferLib is built"), source=CREATE)

"""Derives a PufferLib 3 plan: load_config(), vector.make(), PuffeRL.__init__(), evaluate() and train()."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metta_lint.base.unknown import Unknown
from metta_lint.base.values import OFF
from metta_lint.plans.derivation import Derivation
from metta_lint.plans.epochs import ANNEALING, Backend, account, derive_intervals, summarise
from metta_lint.trainers.environment import derive_rewards, environment_of
from metta_lint.trainers.pufferlib.agents import derive_agents
from metta_lint.trainers.pufferlib.experience import INIT, derive_experience
from metta_lint.trainers.pufferlib.ignored import ignored_keys
from metta_lint.trainers.pufferlib.keys import COEFFICIENTS
from metta_lint.trainers.pufferlib.loading import refuse_keys
from metta_lint.trainers.pufferlib.updates import TRAINING, derive_updates
from metta_lint.trainers.pufferlib.vectorisation import NATIVE, backend_of, derive_vectorisation, is_zero_copy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from metta_lint.loops.loop import Loop
    from metta_lint.plans.plan import Plan
    from metta_lint.plans.run import Run

INTERVALS = {"checkpoint_interval": "train.checkpoint_interval"}

# What PufferLib 3 requires, in the order of its checks, from reading its INIs to the first checkpoint.
READING = ("options-once", "sections-hold-keys")
"""PufferLib 3.0 pufferl.py load_config()."""

MAKE = tuple(
    """
    numeric-envs positive-envs whole-envs known-backend numeric-workers some-worker workers-divide-envs
    numeric-inference-batch worker-envs-divide-batch integer-envs known-vec-keys
    """.split()
)
"""PufferLib 3.0 vector.py make(), whatever the backend."""

AGENTS = ("agents-fit-environment", "positive-agents", "integer-agents")
"""Requirements of an environment on its own agents."""

NATIVE_MAKE = (*AGENTS, "environment-keys-once", "native-alone")
"""Requirements of an environment that vectorises itself, which make() creates first."""

SERIAL = (*AGENTS, "serial-batch-given", "serial-batch-fits-envs", "environment-keys-once")
"""PufferLib 3.0 vector.py Serial.__init__()."""

MULTIPROCESSING = (
    *("workers-fit-cores", "some-inference-batch", "batches-divide-envs"),
    *AGENTS,
    *("integer-inference-batch", "integer-workers", "environment-keys-once"),
)
"""PufferLib 3.0 vector.py Multiprocessing.__init__()."""

BUILDING = tuple(
    """
    code-is-named known-device train-keys-once boolean-flags numeric-seed batch-or-horizon-given numeric-batch
    positive-horizon agents-fit-segments sized-buffer native-without-rnn numeric-minibatch
    max-minibatch-divides-minibatch minibatch-fits-batch numeric-update-epochs positive-minibatch
    horizon-divides-minibatch known-optimizer numeric-optimizer optimizer-bounds numeric-timesteps known-precision
    """.split()
)
"""PufferLib 3.0 pufferl.py load_policy() and PuffeRL.__init__()."""

COLLECTING = ("batch-fits-envs", "batches-in-turn", "rows-fit-buffer")
"""PufferLib 3.0 vector.py recv() and pufferl.py evaluate(); the first two of Multiprocessing alone."""

UPDATING = tuple(
    """
    numeric-priorities timesteps-fill-batch numeric-advantages integer-minibatch numeric-loss numeric-gradient-norm
    numeric-step some-minibatch finite-timesteps checkpoint-interval text-for-data-dir keys-given
    """.split()
)
"""PufferLib 3.0 pufferl.py train()."""

VECTORISATION = frozenset({*MAKE, *SERIAL, *MULTIPROCESSING})
"""Requirements of vector.make(). Where it raises, a plan has only the sizes that were asked for."""

HYPERPARAMETERS = (
    *COEFFICIENTS,
    *"adam_beta1 adam_beta2 adam_eps prio_alpha prio_beta0 vtrace_rho_clip vtrace_c_clip".split(),
    *("optimizer", "anneal_lr", "precision"),
)
ASKED_FOR = {
    "num_envs": "requested_envs",
    "num_workers": "requested_workers",
    "envs_per_batch": "requested_envs_per_batch",
}
"""What the loop gets for these quantities where vector.make() raises."""
PECULIARITIES: Mapping[str, object] = {
    "overrun": "raise",
    "minibatch_count": "steps",
    "advantages": "every-minibatch",
    "beta_epochs": "train-call",
    "lstm_zeroed_each_rollout": True,
    "autocast_stays_on": True,
}
"""How PufferLib 3 trains, as fields of a loop."""
ITEMS = {"ore_red": "env.ore_reward", "battery_red": "env.battery_reward", "heart": "env.heart_reward"}
"""The arguments of PufferLib's metta environment that override its YAML's rewards."""


def derive(run: Run, backend: Backend | None = None) -> Plan:
    """What PufferLib 3 will do with a run."""
    d = Derivation(run, raises="APIUsageError")
    refuse_keys(d)
    derive_agents(d)
    derive_vectorisation(d)
    derive_experience(d)
    account(d, overrun="raise")
    derive_updates(d)
    _hyperparameters(d)
    derive_rewards(d, ITEMS)
    summarise(d, backend)
    derive_intervals(d, {name: key for name, key in INTERVALS.items() if key in run.settings}, "1")
    d.define("final_learning_rate", source=ANNEALING)
    order = requirements_of(backend_of(run))
    return d.plan(_loop(d, order), order=order, ignored=ignored_keys(run, "3"))


def requirements_of(backend: object) -> tuple[str, ...]:
    """All requirements of a run with that ``vec.backend``, in the order of its checks."""
    if backend == NATIVE:
        return (*READING, *MAKE[:4], *NATIVE_MAKE, *BUILDING, "rows-fit-buffer", *UPDATING)
    if backend == "Serial":
        return (*READING, *MAKE, *SERIAL, *BUILDING, "rows-fit-buffer", *UPDATING)
    return (*READING, *MAKE, *MULTIPROCESSING, *BUILDING, *COLLECTING, *UPDATING)


def _hyperparameters(d: Derivation) -> None:
    for name in HYPERPARAMETERS:
        # PufferLib tests whether anneal_lr is truthy, and the text "false" is.
        d.define(name, f"bool(train.{name})" if name == "anneal_lr" else f"train.{name}", source=TRAINING)
    d.assume("weight_decay", 0, source=INIT)
    d.assume("target_kl", OFF, source=f"{TRAINING}: there is no KL stop")
    d.assume("normalize_advantages", True, source=TRAINING)
    d.assume("clip_value_loss", True, source=TRAINING)
    d.assume("reward_clamp", 1.0, source="PufferLib 3.0 pufferl.py evaluate()")
    rnn_name = d.run.value("base.rnn_name")
    layers = rnn_name if isinstance(rnn_name, Unknown) else 0 if rnn_name is None else 1
    d.assume("lstm_layers", layers, source="PufferLib 3.0 models.py")


def _loop(d: Derivation, order: tuple[str, ...]) -> tuple[Loop | None, str | None]:
    value = d.lookup
    never_vectorised = any(refusal.requirement in VECTORISATION for refusal in d.refusals)
    requested = never_vectorised and d.has("requested_envs")
    largest, interval = value("train.max_minibatch_size"), value("train.checkpoint_interval")
    return d.loop(
        environment_of(d),
        order,
        **{name: value(asked_for if requested else name) for name, asked_for in ASKED_FOR.items()},
        zero_copy=is_zero_copy(d),
        batch_size=_given(d, "batch_size"),
        minibatch_size=value("train.minibatch_size"),
        max_minibatch_size="None" if largest is None else largest,
        bptt_horizon=_given(d, "bptt_horizon"),
        intervals={} if isinstance(interval, Unknown) else {"checkpoint_interval": interval},
        seed=value("train.seed"),
        **PECULIARITIES,
    )


def _given(d: Derivation, size: str) -> object:
    """A size as PufferLib resolves it, or ``auto`` if it cannot."""
    written, resolved = d.run.value(f"train.{size}"), d.lookup(size)
    return written if written != "auto" or isinstance(resolved, Unknown) else resolved

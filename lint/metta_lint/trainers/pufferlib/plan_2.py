"""Derives a PufferLib 2.0 plan: demo.py, vector.make(), and clean_pufferl.py's flat Experience, as arithmetic.

2.0 differs from 3 in more than its keys. Its batch is a flat list of steps. Each arrival appends a step of every agent
in it, until ``batch_size`` steps are stored; further steps of the last arrival are dropped, but count towards
total_timesteps. Before an update the steps are sorted by agent and time, then cut into rows of ``bptt_horizon``. If an
agent's steps are not a whole number of rows, a row goes on with the steps of the next agent, and so does its advantage
estimate. Nothing checks that the batch is a multiple of the agents.

Read from PufferAI/PufferLib of 2025-01 to 2025-03 (clean_pufferl.py, demo.py, pufferlib/vector.py).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from metta_lint.base.unknown import Unknown
from metta_lint.plans.derivation import Derivation
from metta_lint.plans.epochs import Backend, summarise
from metta_lint.trainers.pufferlib.ignored import ignored_keys
from metta_lint.trainers.pufferlib.keys import COEFFICIENTS
from metta_lint.trainers.pufferlib.vectorisation import refuse_split_workers, refuse_uneven_batches

if TYPE_CHECKING:
    from metta_lint.plans.plan import Plan
    from metta_lint.plans.run import Run

DEMO = "PufferLib 2.0 demo.py"
VECTOR = "PufferLib 2.0 vector.py make()"
EXPERIENCE = "PufferLib 2.0 clean_pufferl.py Experience"
EVALUATE = "PufferLib 2.0 clean_pufferl.py evaluate()"
TRAINING = "PufferLib 2.0 clean_pufferl.py train()"
NO_LOOP = "the reference trainer stands in for PufferLib 3 and Metta; 2.0 sorts a flat batch, which it does not do"

NATIVE = "native"
BACKENDS = (NATIVE, "multiprocessing", "serial", "ray")
EMULATED = frozenset({"atari", "bsuite", "classic_control", "crafter", "minigrid", "procgen"})
"""Packages whose make() returns a GymnasiumPufferEnv (environments/<package>/environment.py): no native PufferEnv."""

REQUIREMENTS = tuple(
    """
    known-backend integer-sizes positive-envs positive-sizes workers-divide-envs worker-envs-divide-batch
    batches-divide-envs minibatch-divides-batch horizon-divides-minibatch integer-clocks
    """.split()
)
"""The requirements of PufferLib 2.0, in the order of its checks; all but update_epochs before the first step."""


def derive(run: Run, backend: Backend | None = None) -> Plan:
    """What PufferLib 2.0 will do with a run."""
    vectorisation, note = _backend(run)
    d = Derivation(run if note is None else run._replace(notes=(*run.notes, note)), raises="APIUsageError")
    _agents(d)
    _sizes(d)
    _vectorise(d, vectorisation)
    _experience(d)
    _rollout(d, vectorisation)
    _updates(d)
    _hyperparameters(d)
    summarise(d, backend)
    return d.plan((None, NO_LOOP), order=REQUIREMENTS, ignored=ignored_keys(run, "2"))


def _backend(run: Run) -> tuple[object, str | None]:
    """The ``--vec`` that a run can be launched with, and a note where its config has another one.

    ``native``, demo.py's default, takes one environment that vectorises itself. A config of several environments, or of
    an emulated one, needs another backend; all others have the same requirements.
    """
    setting = run.settings.get("base.vec")
    backend = NATIVE if setting is None else setting.value
    envs, package = run.value("train.num_envs"), run.value("base.package")
    if backend != NATIVE or (package not in EMULATED and not (isinstance(envs, int) and envs > 1)):
        return backend, None
    why = f"{package}'s are emulated one by one" if package in EMULATED else f"this config asks for {envs}"
    return "multiprocessing", (
        f"vec = native takes one environment that vectorises itself, and {why}: planned for --vec multiprocessing"
    )


def _agents(d: Derivation) -> None:
    settings = d.run.settings
    if "env.num_agents" in settings and "env.num_envs" not in settings:
        d.define("agents_per_env", "env.num_agents", source="the environment's make(num_agents=...)")
    elif d.run.value("base.package") in EMULATED:
        d.assume("agents_per_env", 1, source="PufferLib 2.0 emulation.py GymnasiumPufferEnv")
    else:
        why = "[env] num_envs multiplies it" if "env.num_envs" in settings else "no INI of this environment says it"
        unknown = Unknown(f"the environment's code decides how many agents it has: {why}")
        d.assume("agents_per_env", unknown)


def _sizes(d: Derivation) -> None:
    whole = ("train.num_envs", "train.num_workers", "train.batch_size", "train.bptt_horizon")
    d.check_numbers(whole, "integer-sizes", whole=True)
    d.check_numbers(("train.env_batch_size", "train.minibatch_size"), "integer-sizes", words=(None,), whole=True)
    d.check_numbers(("train.update_epochs",), "integer-clocks", whole=True)
    d.check_numbers(("train.total_timesteps",), "integer-clocks")
    positive = ("train.num_workers", "train.batch_size", "train.minibatch_size", "train.bptt_horizon")
    d.check_positive(positive, "positive-sizes", exception="ZeroDivisionError")


def _vectorise(d: Derivation, backend: object) -> None:
    if backend not in BACKENDS:
        message = f"Invalid --vector {backend!r}: serial, multiprocessing, ray or native"
        d.refuse_unless("known-backend", "False", exception="ValueError", message=message, at=("base.vec",))
    d.define("requested_envs", "train.num_envs", source=DEMO)
    d.refuse_unless(
        "positive-envs", "requested_envs >= 1", message="num_envs must be at least 1", at=("train.num_envs",)
    )
    if backend == NATIVE:
        native = f"{VECTOR}: a native environment is its own vector, in this process"
        d.define("num_envs", "requested_envs", source=VECTOR)
        d.define("envs_per_batch", "num_envs", source=VECTOR)
        d.assume("num_workers", 1, source=native)
    else:
        _workers(d, backend)
    d.define("envs_per_worker", source=VECTOR)
    d.define("async_factor", "num_envs // envs_per_batch", source=VECTOR)
    d.define("total_agents", source=VECTOR)
    d.define("agents_per_batch", source=VECTOR)


def _workers(d: Derivation, backend: object) -> None:
    whole = "requested_envs" if d.run.value("train.env_batch_size") is None else "train.env_batch_size"
    d.define("requested_workers", "train.num_workers", source=DEMO)
    d.define("requested_envs_per_batch", whole, source=VECTOR, decided_by="train.env_batch_size")
    d.refuse_unless("workers-divide-envs")
    refuse_split_workers(d, "env_batch_size")
    if backend == "multiprocessing":
        refuse_uneven_batches(d, "env_batch_size", unless="not train.zero_copy or ")
    d.define("envs_per_batch", "requested_envs_per_batch", source=VECTOR)
    if backend == "serial":
        d.define("num_envs", "requested_envs_per_batch", source=VECTOR, decided_by="base.vec")
        d.assume("num_workers", 1, source=f"{VECTOR}: this backend runs in one process")
    else:
        d.define("num_envs", "requested_envs", source=VECTOR)
        d.define("num_workers", "requested_workers", source=VECTOR)


def _experience(d: Derivation) -> None:
    d.define("batch_size", "train.batch_size", source=EXPERIENCE)
    d.define("bptt_horizon", "train.bptt_horizon", source=EXPERIENCE)
    whole = d.run.value("train.minibatch_size") is None
    minibatch = "batch_size" if whole else "train.minibatch_size"
    d.define("minibatch_size", minibatch, source=EXPERIENCE, decided_by="train.minibatch_size")
    d.define("update_epochs", "train.update_epochs", source=TRAINING)
    d.define("total_timesteps", "train.total_timesteps", source=DEMO)
    d.assume("ranks_counted", 1, source=f"{DEMO}: there is one process")
    d.define("segments", source=EXPERIENCE)
    d.define("minibatch_segments", source=EXPERIENCE)
    d.refuse_unless("minibatch-divides-batch", exception="ValueError", at=("minibatch_size", "batch_size"))
    d.refuse_unless("horizon-divides-minibatch", exception="ValueError")


def _rollout(d: Derivation, backend: object) -> None:
    """Derive the steps of one rollout: arrivals until the flat batch is full, with a step of every agent in them."""
    d.define("arrivals_per_epoch", "ceil_div(batch_size, agents_per_batch)", source=EVALUATE)
    d.define("steps_collected_per_epoch", "arrivals_per_epoch * agents_per_batch", source=EVALUATE)
    d.define("steps_dropped_per_epoch", "steps_collected_per_epoch - batch_size", source=f"{EXPERIENCE}.store()")
    d.assume("steps_overwritten_per_epoch", 0, source=EXPERIENCE)
    d.assume("stitched_segments", 0, source=EXPERIENCE)
    _mixed(d, backend)


def _mixed(d: Derivation, backend: object) -> None:
    """Derive the rows with steps of more than one agent: those with a boundary between two agents inside."""
    source = f"{EXPERIENCE}.sort_training_data()"
    if backend != "serial" and d.holds("async_factor > 1"):
        why = "batches come as their workers are ready, so that agents give different numbers of steps"
        d.assume("mixed_segments", Unknown(why), source=source)
    elif d.holds("batch_size % total_agents != 0"):
        why = d.fill("{batch_size} steps are no whole number for each of {total_agents} agents")
        d.assume("mixed_segments", Unknown(why), source=source)
    else:
        d.define("steps_per_agent", "batch_size // total_agents", source=source)
        d.define(
            "mixed_segments",
            "segments if steps_per_agent < bptt_horizon else total_agents - 1 - "
            "(total_agents - 1) // (bptt_horizon // gcd(steps_per_agent, bptt_horizon))",
            source=source,
        )


def _updates(d: Derivation) -> None:
    if d.run.value("train.target_kl") is not None and d.holds("update_epochs > 1"):
        why = "target_kl ends the update epochs where the policy has moved too far: that depends on the run"
        d.assume("minibatches_per_epoch", Unknown(why), source=TRAINING)
    else:
        d.define("minibatches_per_epoch", "batch_size // minibatch_size * update_epochs", source=TRAINING)
    d.define("optimizer_steps_per_epoch", "minibatches_per_epoch", source=TRAINING)
    d.define("steps_trained_per_epoch", source=TRAINING)


def _hyperparameters(d: Derivation) -> None:
    for name in COEFFICIENTS:
        d.define(name, f"train.{name}", source=TRAINING)
    d.define_or_off("target_kl", "train.target_kl", TRAINING)
    d.define("anneal_lr", "bool(train.anneal_lr)", source=f"{TRAINING}: linear, to 0 at total_timesteps")
    d.define("normalize_advantages", "bool(train.norm_adv)", source=TRAINING)
    d.define("clip_value_loss", "bool(train.clip_vloss)", source=TRAINING)
    d.assume("optimizer", "adam", source="PufferLib 2.0 clean_pufferl.py create()")
    d.assume("adam_beta1", 0.9, source="PyTorch's default, which 2.0 takes")
    d.assume("adam_beta2", 0.999, source="PyTorch's default, which 2.0 takes")
    d.assume("adam_eps", 1e-5, source="PufferLib 2.0 clean_pufferl.py create()")
    d.assume("weight_decay", 0, source="PyTorch's default, which 2.0 takes")
    d.assume("reward_clamp", Unknown("some months of 2.0 clamp rewards to 1, others keep them"), source=EVALUATE)

"""Derives a PufferLib 3 plan: vector.make(), PuffeRL.__init__(), evaluate() and train(), as arithmetic."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metta_lint.epochs import NEVER_REACHED, Backend, derive_intervals, summarise
from metta_lint.plans import ILL_SIZED, Derivation, IgnoredKey, Plan
from metta_lint.rollout import account
from metta_lint.settings import Run, Unknown
from metta_lint.trainers.environment import derive_rewards, environment_of
from metta_lint.trainers.pufferlib.keys import BASE, DEAD, MOVED, SECTIONS, TRAIN
from metta_lint.trainers.pufferlib.spelling import nearest_key
from metta_lint.trainers.sizes import check_number, check_positive, check_whole

if TYPE_CHECKING:
    from metta_lint.loops import Loop

VECTOR = "PufferLib 3.0 vector.py make()"
INIT = "PufferLib 3.0 pufferl.py PuffeRL.__init__()"
TRAINING = "PufferLib 3.0 pufferl.py train()"

PLAIN_SIZES = ("train.minibatch_size", "train.max_minibatch_size")
CLOCKS = ("train.update_epochs", "train.total_timesteps")
INTERVALS = {"checkpoint_interval": "train.checkpoint_interval"}
NATIVE = "PufferEnv"

REQUIREMENTS = (
    "integer-sizes",
    "numeric-clocks",
    "positive-envs",
    "positive-horizon",
    "positive-sizes",
    "workers-divide-envs",
    "worker-envs-divide-batch",
    "batches-divide-envs",
    "batch-or-horizon-given",
    "agents-fit-segments",
    "max-minibatch-divides-minibatch",
    "minibatch-fits-batch",
    "horizon-divides-minibatch",
    "known-optimizer",
    "known-precision",
    "rows-fit-buffer",
    "timesteps-fill-batch",
    "some-minibatch",
)
"""What PufferLib insists on, in its order; the last three in the first rollout and its update."""

VECTORISATION = ILL_SIZED | {"workers-divide-envs", "worker-envs-divide-batch", "batches-divide-envs"}
"""What vector.make() insists on: where it raises, what was asked for is all that there is."""

HYPERPARAMETERS = [
    "learning_rate",
    "gamma",
    "gae_lambda",
    "clip_coef",
    "ent_coef",
    "vf_coef",
    "vf_clip_coef",
    "max_grad_norm",
    "adam_beta1",
    "adam_beta2",
    "adam_eps",
    "prio_alpha",
    "prio_beta0",
    "vtrace_rho_clip",
    "vtrace_c_clip",
    "optimizer",
    "anneal_lr",
    "precision",
]
ITEMS = {"ore_red": "env.ore_reward", "battery_red": "env.battery_reward", "heart": "env.heart_reward"}
"""The rewards that PufferLib's metta environment takes as arguments and writes over its YAML's."""


def derive(run: Run, backend: Backend | None = None) -> Plan:
    """What PufferLib 3 will do with a run."""
    d = Derivation(run)
    _agents(d)
    _sizes(d)
    _vectorisation(d)
    _experience(d)
    account(d, overrun="raise")
    _updates(d)
    _refuse_empty_update(d)
    _hyperparameters(d)
    derive_rewards(d, ITEMS)
    summarise(d, backend)
    derive_intervals(d, {name: key for name, key in INTERVALS.items() if key in run.settings}, "1")
    return d.plan(_loop(d), order=REQUIREMENTS, never_reached=NEVER_REACHED, ignored=tuple(ignored_keys(run)))


def _agents(d: Derivation) -> None:
    settings = d.run.settings
    native = d.run.value("base.package") == "ocean" and "env.num_envs" in settings
    if "env.num_agents" in settings and not native:
        d.define("agents_per_env", "env.num_agents", "agents", "the environment's make(num_agents=...)")
    elif "env.game.num_agents" in settings:
        d.define("agents_per_env", "env.game.num_agents", "agents", "the environment's YAML")
    else:
        why = "[env] num_envs multiplies it" if native else "no INI or YAML of this environment says it"
        d.assume(
            "agents_per_env", Unknown(f"the environment's code decides how many agents it has: {why}"), "agents", ""
        )


def _sizes(d: Derivation) -> None:
    agents = d.quantity_inputs("agents_per_env")
    whole = {"exception": "TypeError", "requirement": "integer-sizes"}
    check_whole(d, ("vec.num_envs", *agents), **whole, words=())
    check_number(d, PLAIN_SIZES, **whole)
    check_whole(d, _rows_of_minibatch(d), **whole, words=())
    check_whole(d, ("vec.num_workers", "train.batch_size", "train.bptt_horizon"), **whole, words=("auto",))
    check_whole(d, ("vec.batch_size",), **whole, words=("auto", None))
    check_number(d, CLOCKS, "numeric-clocks", exception="TypeError")
    check_positive(
        d,
        ("vec.num_workers", "vec.batch_size", "train.batch_size", *PLAIN_SIZES, *agents),
        "positive-sizes",
        exception="ZeroDivisionError",
    )


def _rows_of_minibatch(d: Derivation) -> list[str]:
    """Of the two minibatch sizes the smaller, which is a number of rows: the other is only compared with."""
    sizes = {key: d.run.value(key) for key in PLAIN_SIZES}
    numbers = {key: size for key, size in sizes.items() if isinstance(size, int | float)}
    return [min(numbers, key=lambda key: numbers[key])] if len(numbers) == len(sizes) else []


def _vectorisation(d: Derivation) -> None:
    backend = d.run.value("vec.backend")
    if backend not in ("Multiprocessing", "Serial"):
        _leave_to_backend(d, backend)
        return
    d.define("requested_envs", "vec.num_envs", "environments", VECTOR)
    if d.run.value("vec.batch_size") == "auto":
        batch = "1 if requested_envs == 1 else requested_envs // 2"
    else:
        batch = "requested_envs" if d.run.value("vec.batch_size") is None else "vec.batch_size"
    d.define("requested_envs_per_batch", batch, "environments", VECTOR, decided_by="vec.batch_size")
    auto = d.run.value("vec.num_workers") == "auto"
    d.define(
        "requested_workers",
        "requested_envs" if auto else "vec.num_workers",
        "workers",
        VECTOR,
        decided_by="vec.num_workers",
    )
    _refuse_vectorisation(d)
    d.define("envs_per_batch", "requested_envs_per_batch", "environments", VECTOR)
    if backend == "Serial":
        # Serial runs vec.batch_size environments, in this process, all of them in every batch.
        d.define("num_envs", "requested_envs_per_batch", "environments", VECTOR, decided_by="vec.backend")
        d.assume("num_workers", 1, "workers", f"{VECTOR}: this backend runs in one process")
    else:
        d.define("num_envs", "requested_envs", "environments", VECTOR)
        d.define("num_workers", "requested_workers", "workers", VECTOR)
    d.define("envs_per_worker", "num_envs // num_workers", "environments", VECTOR)
    _batches_in_flight(d)
    d.define("total_agents", "num_envs * agents_per_env", "agents", VECTOR)
    d.define("agents_per_batch", "envs_per_batch * agents_per_env", "agents", VECTOR)


def _leave_to_backend(d: Derivation, backend: object) -> None:
    own = "leaves vectorisation to the environment's code" if backend == NATIVE else "is not one that is known"
    why = Unknown(f"vec.backend = {backend} {own}")
    for name in ("num_envs", "envs_per_batch", "num_workers", "envs_per_worker", "async_factor"):
        d.assume(name, why, "environments", VECTOR)
    for name in ("total_agents", "agents_per_batch"):
        d.assume(name, why, "agents", VECTOR)


def _batches_in_flight(d: Derivation) -> None:
    if d.holds("num_envs % envs_per_batch != 0"):
        why = d.fill("{num_envs} environments are no whole number of batches of {envs_per_batch}: none comes in turn")
        d.assume("async_factor", Unknown(why), "batches in flight", VECTOR)
    else:
        d.define("async_factor", "num_envs // envs_per_batch", "batches in flight", VECTOR)


def _refuse_vectorisation(d: Derivation) -> None:
    d.refuse_unless(
        "positive-envs",
        "requested_envs >= 1",
        exception="APIUsageError",
        message="num_envs must be at least 1",
        at=("vec.num_envs",),
    )
    d.refuse_unless(
        "workers-divide-envs",
        "requested_envs % requested_workers == 0",
        exception="APIUsageError",
        message="num_envs = {requested_envs} must be divisible by num_workers = {requested_workers}",
        at=("requested_workers", "requested_envs"),
    )
    d.refuse_unless(
        "worker-envs-divide-batch",
        "requested_envs % requested_workers != 0 or "
        "requested_envs_per_batch % (requested_envs // requested_workers) == 0",
        exception="APIUsageError",
        message=(
            "vec.batch_size = {requested_envs_per_batch} must be divisible by num_envs / num_workers = "
            "{requested_envs} / {requested_workers}"
        ),
        at=("requested_envs_per_batch", "requested_workers"),
    )
    d.refuse_unless(
        "batches-divide-envs",
        "vec.backend == 'Serial' or not vec.zero_copy or requested_envs % requested_envs_per_batch == 0",
        exception="APIUsageError",
        message=(
            "zero_copy: num_envs = {requested_envs} must be divisible by vec.batch_size = {requested_envs_per_batch}"
        ),
        at=("requested_envs_per_batch", "requested_envs"),
    )


def _experience(d: Derivation) -> None:
    auto_batch = d.run.value("train.batch_size") == "auto"
    auto_horizon = d.run.value("train.bptt_horizon") == "auto"
    if auto_batch and auto_horizon:
        message = "Must specify batch_size or bptt_horizon: both are auto"
        d.refuse_unless(
            "batch-or-horizon-given",
            "False",
            exception="APIUsageError",
            message=message,
            at=("train.bptt_horizon", "train.batch_size"),
        )
        d.assume("bptt_horizon", Unknown(message), "ticks", INIT)
        d.assume("batch_size", Unknown(message), "agent steps", INIT)
    elif auto_batch:
        d.define("bptt_horizon", "train.bptt_horizon", "ticks", INIT)
        d.define("batch_size", "total_agents * bptt_horizon", "agent steps", INIT, decided_by="train.batch_size")
    else:
        d.define("batch_size", "train.batch_size", "agent steps", INIT)
        horizon = "batch_size // total_agents" if auto_horizon else "train.bptt_horizon"
        d.define("bptt_horizon", horizon, "ticks", INIT, decided_by="train.bptt_horizon")
    d.define("update_epochs", "train.update_epochs", "update epochs", INIT)
    d.define("total_timesteps", "train.total_timesteps", "agent steps", INIT)
    d.assume("ranks_counted", 1, "ranks", "each rank counts its own steps against total_timesteps")
    d.define("segments", "batch_size // bptt_horizon", "segments", INIT)
    d.define("minibatch_size", "min(train.minibatch_size, train.max_minibatch_size)", "agent steps", INIT)
    d.define("minibatch_segments", "minibatch_size // bptt_horizon", "segments", INIT)
    d.define("accumulate_minibatches", "max(1, train.minibatch_size // train.max_minibatch_size)", "minibatches", INIT)
    _refuse_experience(d)


def _refuse_experience(d: Derivation) -> None:
    d.refuse_unless(
        "positive-horizon",
        "bptt_horizon >= 1",
        exception="ZeroDivisionError",
        message="bptt_horizon = {bptt_horizon}: batch_size = {batch_size} gives {total_agents} agents no step each",
        at=("bptt_horizon", "total_agents"),
    )
    d.refuse_unless(
        "agents-fit-segments",
        "total_agents <= segments",
        exception="APIUsageError",
        message="total_agents = {total_agents} > segments = {segments} = {batch_size} // {bptt_horizon}",
        at=("batch_size", "total_agents"),
    )
    d.refuse_unless(
        "max-minibatch-divides-minibatch",
        "train.minibatch_size <= train.max_minibatch_size or train.minibatch_size % train.max_minibatch_size == 0",
        exception="APIUsageError",
        message=(
            "minibatch_size = {train.minibatch_size} > max_minibatch_size = {train.max_minibatch_size} "
            "must be a multiple of it"
        ),
        at=("train.minibatch_size", "batch_size"),
    )
    d.refuse_unless(
        "minibatch-fits-batch",
        "train.minibatch_size <= batch_size",
        exception="APIUsageError",
        message="batch_size = {batch_size} must be >= minibatch_size = {train.minibatch_size}",
        at=("train.minibatch_size", "batch_size"),
    )
    d.refuse_unless(
        "horizon-divides-minibatch",
        "minibatch_size % bptt_horizon == 0",
        exception="APIUsageError",
        message="minibatch_size = {minibatch_size} must be divisible by bptt_horizon = {bptt_horizon}",
        at=("train.minibatch_size", "batch_size"),
    )
    d.refuse_unless(
        "known-optimizer",
        "train.optimizer == 'adam' or train.optimizer == 'muon'",
        exception="ValueError",
        message="Unknown optimizer: {train.optimizer}",
        at=("train.optimizer",),
    )
    d.refuse_unless(
        "known-precision",
        "train.precision == 'float32' or train.precision == 'bfloat16'",
        exception="APIUsageError",
        message="Invalid precision: {train.precision}: use float32 or bfloat16",
        at=("train.precision",),
    )


def _updates(d: Derivation) -> None:
    d.define("minibatches_per_epoch", "int(update_epochs * batch_size / minibatch_size)", "minibatches", INIT)
    d.define(
        "optimizer_steps_per_epoch", "minibatches_per_epoch // accumulate_minibatches", "optimizer steps", TRAINING
    )
    d.define("minibatches_without_step", "minibatches_per_epoch % accumulate_minibatches", "minibatches", TRAINING)
    d.define(
        "steps_trained_per_epoch", "minibatches_per_epoch * minibatch_segments * bptt_horizon", "agent steps", TRAINING
    )
    d.define("scheduler_epochs", "total_timesteps // batch_size", "epochs", INIT)
    d.refuse_unless(
        "timesteps-fill-batch",
        "scheduler_epochs >= 1 or total_timesteps <= 0",
        exception="ZeroDivisionError",
        message=(
            "total_timesteps = {total_timesteps} is less than batch_size = {batch_size}: "
            "the first update divides by 0 epochs"
        ),
        at=("train.total_timesteps", "batch_size"),
        when="first update",
    )


def _refuse_empty_update(d: Derivation) -> None:
    d.refuse_unless(
        "some-minibatch",
        "minibatches_per_epoch >= 1",
        exception="UnboundLocalError",
        message=(
            "update_epochs = {update_epochs} leaves no minibatch: int({update_epochs} * {batch_size} / "
            "{minibatch_size}) = {minibatches_per_epoch}, and what follows needs the advantages of the last one"
        ),
        at=("train.update_epochs", "batch_size"),
        when="first update",
    )


def _hyperparameters(d: Derivation) -> None:
    for name in HYPERPARAMETERS:
        # PufferLib asks whether anneal_lr is truthy, so the text "false" is true.
        d.define(name, f"bool(train.{name})" if name == "anneal_lr" else f"train.{name}", "1", TRAINING)
    d.assume("weight_decay", 0, "1", INIT)
    d.assume("target_kl", "off", "1", f"{TRAINING}: there is no KL stop")
    d.assume("normalize_advantages", True, "1", TRAINING)
    d.assume("clip_value_loss", True, "1", TRAINING)
    d.assume("reward_clamp", 1.0, "reward", "PufferLib 3.0 pufferl.py evaluate()")
    rnn_name = d.run.value("base.rnn_name")
    layers = rnn_name if isinstance(rnn_name, Unknown) else 0 if rnn_name is None else 1
    d.assume("lstm_layers", layers, "layers", "PufferLib 3.0 models.py")


def _loop(d: Derivation) -> tuple[Loop | None, str | None]:
    value = d.lookup
    environment = environment_of(d)
    never_vectorised = any(refusal.requirement in VECTORISATION for refusal in d.refusals)
    if isinstance(environment, Unknown):
        return None, environment.because
    return d.loop(
        environment=environment,
        num_envs=value("requested_envs" if never_vectorised else "num_envs"),
        num_workers=value("requested_workers" if never_vectorised else "num_workers"),
        envs_per_batch=value("envs_per_batch"),
        zero_copy=bool(d.run.value("vec.zero_copy")),
        autocast_stays_on=True,
        batch_size=_given(d, "batch_size"),
        minibatch_size=value("train.minibatch_size"),
        max_minibatch_size="None" if value("train.max_minibatch_size") is None else value("train.max_minibatch_size"),
        bptt_horizon=_given(d, "bptt_horizon"),
        update_epochs=value("update_epochs"),
        total_timesteps=value("total_timesteps"),
        overrun="raise",
        minibatch_count="steps",
        requirements=REQUIREMENTS,
        intervals={},
        advantages="every-minibatch",
        reward_clamp=1.0,
        normalize_advantages=True,
        clip_value_loss=True,
        target_kl=None,
        weight_decay=0.0,
        beta_epochs="train-call",
        lstm_layers=value("lstm_layers"),
        lstm_zeroed_each_rollout=True,
        seed=value("train.seed"),
        **{name: value(name) for name in HYPERPARAMETERS},
    )


def _given(d: Derivation, size: str) -> object:
    """A size as PufferLib resolves it; ``auto`` where it cannot."""
    written, resolved = d.run.value(f"train.{size}"), d.lookup(size)
    return written if written != "auto" or isinstance(resolved, Unknown) else resolved


def ignored_keys(run: Run) -> list[IgnoredKey]:
    """The keys of ``[base]``, ``[train]`` and ``[vec]`` that PufferLib 3 reads nowhere."""
    found = []
    for key, setting in run.settings.items():
        section, _, name = key.partition(".")
        if setting.span is None or (section == "base" and name in SECTIONS):
            continue
        if key in MOVED:
            found.append(IgnoredKey(key, "PufferLib 3 reads it elsewhere", MOVED[key]))
        elif key in DEAD:
            found.append(IgnoredKey(key, DEAD[key]))
        elif section == "train" and name not in TRAIN:
            found.append(IgnoredKey(key, "PuffeRL never reads it", nearest_key(run, setting, TRAIN)))
        elif section == "base" and name not in BASE:
            found.append(IgnoredKey(key, "nothing reads it", nearest_key(run, setting, BASE)))
    return found

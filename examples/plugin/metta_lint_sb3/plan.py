"""What Stable-Baselines3's PPO does with a run (stable_baselines3 2.9 ppo.py, on_policy_algorithm.py, buffers.py)."""

from __future__ import annotations

from metta_lint.api.dialects import REQUIREMENTS, Backend, Derivation, Plan, Refusal, Run

OWN_REQUIREMENTS = {
    "normalised-minibatch": "batch_size > 1 where advantages are normalised",
    "normalised-rollout": "n_steps * n_envs > 1 where advantages are normalised",
    "named-schedule": "a text for a schedule is NAME_VALUE: lin_0.001",
}
ORDER = (
    "named-schedule",
    "numeric-timesteps",
    "positive-envs",
    "known-keys",
    "positive-sizes",
    "normalised-minibatch",
    "normalised-rollout",
)
"""The zoo's own preparation, its environments, then PPO.__init__."""

ZOO = frozenset(
    {
        "n_envs",
        "n_timesteps",
        "normalize",
        "policy",
        "policy_kwargs",
        "env_wrapper",
        "vec_env_wrapper",
        "frame_stack",
        "callback",
        "env_kwargs",
        "monitor_kwargs",
    }
)
"""What the zoo takes for itself, or hands on in another form."""
PPO = frozenset(
    {
        "learning_rate",
        "n_steps",
        "batch_size",
        "n_epochs",
        "gamma",
        "gae_lambda",
        "clip_range",
        "clip_range_vf",
        "normalize_advantage",
        "ent_coef",
        "vf_coef",
        "max_grad_norm",
        "use_sde",
        "sde_sample_freq",
        "rollout_buffer_class",
        "rollout_buffer_kwargs",
        "target_kl",
        "stats_window_size",
        "tensorboard_log",
        "verbose",
        "seed",
        "device",
    }
)
"""PPO.__init__'s keywords."""
SCHEDULES = ("learning_rate", "clip_range", "clip_range_vf")
CONSTANT = {
    "gamma": "gamma",
    "gae_lambda": "gae_lambda",
    "ent_coef": "ent_coef",
    "vf_coef": "vf_coef",
    "max_grad_norm": "max_grad_norm",
}


def derive(run: Run, _backend: Backend | None = None) -> Plan:
    """Every number of one rollout and its updates, and what stops the run."""
    d = Derivation(run, {**REQUIREMENTS, **OWN_REQUIREMENTS})
    _sizes(d)
    _updates(d)
    _hyperparameters(d)
    _refusals(d)
    unknown = "no loop of Stable-Baselines3's is written for the reference trainer"
    return d.plan((None, unknown), order=ORDER, never_reached=frozenset())


def _sizes(d: Derivation) -> None:
    d.define("num_envs", "params.n_envs", "environments")
    d.assume("agents_per_env", 1, "agents", "gymnasium: an environment has one agent")
    d.define("total_agents", "num_envs * agents_per_env", "agents")
    d.define("ticks_per_env", "params.n_steps", "ticks")
    d.define("steps_per_env", "ticks_per_env * agents_per_env", "agent steps")
    d.define("batch_size", "params.n_steps * num_envs", "agent steps", "ppo.py __init__(): buffer_size")
    d.define("minibatch_size", "params.batch_size", "agent steps")
    d.define("update_epochs", "params.n_epochs", "epochs")
    d.define("total_timesteps", "int(params.n_timesteps)", "agent steps")


def _updates(d: Derivation) -> None:
    source = "buffers.py RolloutBuffer.get(): the last minibatch is what is left"
    d.define("steps_collected_per_epoch", "batch_size", "agent steps")
    d.define("truncated_minibatch", "batch_size % minibatch_size", "agent steps", source)
    d.define("minibatches_per_epoch", "update_epochs * ceil_div(batch_size, minibatch_size)", "minibatches", source)
    d.define("optimizer_steps_per_epoch", "minibatches_per_epoch", "optimizer steps")
    d.define("steps_trained_per_epoch", "update_epochs * batch_size", "agent steps")
    d.define("steps_per_optimizer_step", "steps_collected_per_epoch / optimizer_steps_per_epoch", "agent steps")
    d.define("epochs", "ceil_div(total_timesteps, batch_size)", "epochs", "on_policy_algorithm.py learn()")
    d.define("optimizer_steps_total", "epochs * optimizer_steps_per_epoch", "optimizer steps")


def _hyperparameters(d: Derivation) -> None:
    for name, key in CONSTANT.items():
        d.define(name, f"params.{key}", "1")
    for name, key in (("learning_rate", "learning_rate"), ("clip_coef", "clip_range")):
        value = d.run.value(f"params.{key}")
        if isinstance(value, str):
            schedule, _, start = value.partition("_")
            d.assume(name, _number(start), "1", f"{key} begins at {start} ({schedule})")
        else:
            d.define(name, f"params.{key}", "1")
    value = d.run.value("params.learning_rate")
    d.assume("anneal_lr", isinstance(value, str), "1", "a text is a schedule that falls to 0")


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def _refusals(d: Derivation) -> None:
    for key in SCHEDULES:
        value = d.run.value(f"params.{key}")
        if isinstance(value, str) and not isinstance(_number(value.partition("_")[2] or "?"), float):
            message = (
                f"not enough values to unpack (expected 2, got 1): {key} = {value!r} is a text; write {_tagged(value)}"
            )
            d.refuse(Refusal("named-schedule", "ValueError", message, (f"params.{key}",)))
    timesteps = d.run.value("params.n_timesteps")
    if isinstance(timesteps, str):
        message = f"invalid literal for int() with base 10: {timesteps!r}, a text; write {_tagged(timesteps)}"
        d.refuse(Refusal("numeric-timesteps", "ValueError", message, ("params.n_timesteps",)))
    for key in d.run.settings:
        name = key.removeprefix("params.")
        if name not in ZOO | PPO:
            message = f"PPO.__init__() got an unexpected keyword argument {name!r}"
            d.refuse(Refusal("known-keys", "TypeError", message, (key,)))
    d.refuse_unless(
        "normalised-minibatch",
        "not params.normalize_advantage or minibatch_size > 1",
        exception="AssertionError",
        message="batch_size = {minibatch_size}: it must be greater than 1 where advantages are normalised",
        at=("minibatch_size",),
    )
    d.refuse_unless(
        "normalised-rollout",
        "not params.normalize_advantage or batch_size > 1",
        exception="AssertionError",
        message="n_steps * n_envs = {batch_size}: it must be greater than 1 where advantages are normalised",
        at=("batch_size",),
    )


def _tagged(text: str) -> str:
    return f"!!float {text}" if isinstance(_number(text), float) else "a number, or lin_VALUE"

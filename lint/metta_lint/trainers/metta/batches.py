"""Batch sizes and environments of a Metta run: as its config says, scaled and vectorised (Hydra era, 2025-07)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metta_lint.base.unknown import Unknown
from metta_lint.trainers.metta.citations import BATCHES, CONFIG, LAUNCH, TRAINING, VECTOR, VECTORISATION

if TYPE_CHECKING:
    from collections.abc import Mapping

    from metta_lint.plans.derivation import Derivation
    from metta_lint.plans.run import Run

SIZES = tuple(
    """
    trainer.num_workers trainer.batch_size trainer.minibatch_size trainer.forward_pass_minibatch_target_size
    trainer.async_factor env.game.num_agents
    """.split()
)
CLOCKS = ("trainer.update_epochs", "trainer.total_timesteps")
WORKERS = "trainer.num_workers"
MOST_AGENTS = 256
"""An agent's number is a byte."""
VECTORISATIONS = ("serial", "multiprocessing", "ray")
INTERVALS: Mapping[str, str] = {
    "checkpoint_interval": "trainer.checkpoint.checkpoint_interval",
    "wandb_checkpoint_interval": "trainer.checkpoint.wandb_checkpoint_interval",
    "evaluate_interval": "trainer.simulation.evaluate_interval",
}


def derive_batches(d: Derivation) -> None:
    """Derive the sizes that the config gives, in the trainer's order of use, and what its validators say of them."""
    _refuse_ill_sized(d)
    scaled = " // machine.world_size" if d.holds("trainer.scale_batches_by_world_size") else ""
    d.define("batch_size", whole(d, "trainer.batch_size") + scaled, source=LAUNCH)
    d.define("minibatch_size", whole(d, "trainer.minibatch_size"), source=TRAINING)
    d.define("bptt_horizon", whole(d, "trainer.bptt_horizon"), source=TRAINING)
    d.define("update_epochs", whole(d, "trainer.update_epochs"), source=TRAINING)
    d.define("total_timesteps", whole(d, "trainer.total_timesteps"), source=TRAINING)
    d.define("ranks_counted", "machine.world_size", source=f"{TRAINING}: every rank's steps count")
    target = whole(d, "trainer.forward_pass_minibatch_target_size")
    d.define("forward_pass_target", target + scaled, source=LAUNCH)
    _refuse_minibatches(d, scaled=bool(scaled))
    _refuse_intervals(d)


def _refuse_ill_sized(d: Derivation) -> None:
    for keys, requirement in (((*SIZES, "trainer.bptt_horizon"), "integer-sizes"), (CLOCKS, "integer-clocks")):
        d.check_numbers(_not_whole(d, keys), requirement, whole=True, exception="ValidationError")
    automatic = d.run.value(WORKERS) == 0
    d.check_positive([key for key in SIZES if not (automatic and key == WORKERS)], "positive-sizes")
    d.check_positive(CLOCKS, "integer-clocks")
    d.check_positive(("trainer.bptt_horizon",), "positive-horizon")


def whole(d: Derivation, key: str) -> str:
    """The formula of a size: pydantic converts 2.0 and "2" to the integer 2."""
    value = d.run.value(key)
    return f"int({key})" if isinstance(value, float | str) and _is_whole(value) else key


def _is_whole(value: object) -> bool:
    """Whether pydantic accepts a value that is not an int, such as 2.0, as an integer."""
    if isinstance(value, str):
        digits = value.strip().removeprefix("+").removeprefix("-")
        return digits.isdecimal() and digits.isascii()
    return isinstance(value, float) and value.is_integer()


def _not_whole(d: Derivation, keys: tuple[str, ...]) -> list[str]:
    """The keys whose values pydantic does not accept as integers; missing workers mean automatic."""
    values = {key: d.run.value(key) for key in keys if not (key == WORKERS and d.run.value(key) is None)}
    return [key for key, value in values.items() if not _is_whole(value)]


def _refuse_minibatches(d: Derivation, *, scaled: bool) -> None:
    """The validators run twice: on the config as it is, and again once its batch is divided among the ranks."""
    whole_batch = whole(d, "trainer.batch_size")
    sizes = [("minibatch-fits-batch", "minibatch-divides-batch", "batch_size")]
    if scaled:
        sizes.insert(0, ("minibatch-fits-whole-batch", "minibatch-divides-whole-batch", whole_batch))
    for fits, divides, batch in sizes:
        rank = " of each rank" if scaled and batch == "batch_size" else ""
        at = ("trainer.minibatch_size", "trainer.batch_size")
        d.refuse_unless(
            fits,
            f"minibatch_size <= {batch}",
            message="minibatch_size must be <= batch_size: {minibatch_size} > {" + _name(batch) + "}" + rank,
            at=at,
        )
        d.refuse_unless(
            divides,
            f"{batch} % minibatch_size == 0",
            message=(
                "batch_size must be divisible by minibatch_size: {" + _name(batch) + "}" + rank + " % {minibatch_size}"
            ),
            at=at,
        )


def _name(formula: str) -> str:
    return formula.removeprefix("int(").removesuffix(")")


def _refuse_intervals(d: Derivation) -> None:
    for requirement, low, high in (
        ("evaluations-have-checkpoints", "checkpoint_interval", "evaluate_interval"),
        ("evaluations-have-uploads", "wandb_checkpoint_interval", "evaluate_interval"),
        ("uploads-have-checkpoints", "checkpoint_interval", "wandb_checkpoint_interval"),
    ):
        low_key, high_key = INTERVALS[low], INTERVALS[high]
        d.refuse_unless(
            requirement,
            f"{high_key} == 0 or {high_key} >= {low_key}",
            message=f"{high} must be at least as large as {low} ({{{high_key}}} < {{{low_key}}}), or 0",
            at=(high_key, low_key),
        )


def derive_environments(d: Derivation) -> None:
    """Derive how many environments run, in how many processes, and how many answer at once."""
    serial = d.run.value("vectorization") == "serial"
    if "env.game.num_agents" in d.run.settings:
        agents = whole(d, "env.game.num_agents")
        d.define("agents_per_env", agents, source="the curriculum's environment config")
    else:
        d.assume("agents_per_env", Unknown(_no_agents(d.run)))
    _workers(d, serial=serial)
    if serial:
        d.assume("async_factor", 1, source=f"{CONFIG}: serial")
    elif _may_be_serial(d.run):
        d.assume("async_factor", Unknown("vectorization is not known"), source=CONFIG)
    else:
        d.define("async_factor", whole(d, "trainer.async_factor"), source=CONFIG)
    d.define("target_envs", "forward_pass_target // agents_per_env", source=BATCHES)
    d.define(
        "envs_per_batch",
        "(workers_counted if target_envs < max(2, workers_counted) else target_envs) // workers_counted"
        " * workers_counted",
        source=BATCHES,
    )
    d.define(
        "num_envs",
        "envs_per_batch * async_factor",
        source=BATCHES,
        decided_by="trainer.forward_pass_minibatch_target_size",
    )
    d.define("envs_per_worker", source=VECTOR)
    d.define("total_agents", source=VECTOR)
    d.define("agents_per_batch", source=VECTOR)
    _refuse_vectorisation(d)


def _workers(d: Derivation, *, serial: bool) -> None:
    """``workers_counted`` decides the batch; ``num_workers`` is the number of processes, one in serial runs."""
    if d.run.value(WORKERS) not in (None, 0):
        d.define("workers_counted", whole(d, WORKERS), source=LAUNCH)
    elif serial:
        d.assume("workers_counted", 1, source=f"{LAUNCH}: serial")
    elif _is_alone(d.run):
        d.define("workers_counted", "floor_power_of_two(max(1, machine.cpus // 2))", source=LAUNCH, decided_by=WORKERS)
    else:
        formula = "floor_power_of_two(max(1, machine.cpus // 2 // machine.gpus))"
        d.define("workers_counted", formula, source=LAUNCH, decided_by=WORKERS)
    if serial:
        d.assume("num_workers", 1, source=f"{VECTORISATION}: serial runs all environments in one process")
    else:
        d.define("num_workers", "workers_counted", source=VECTORISATION)


def _may_be_serial(run: Run) -> bool:
    """Whether the run may be serial: a missing file may say so, or it is drawn at launch."""
    vectorization = run.value("vectorization")
    return isinstance(vectorization, Unknown) and ("vectorization" in run.settings or bool(run.problems))


def _is_alone(run: Run) -> bool:
    """Whether the run counts as one GPU: only distributed ranks are counted, and they need CUDA."""
    device = run.value("device")
    return isinstance(device, str) and not device.startswith("cuda")


def _refuse_vectorisation(d: Derivation) -> None:
    known = " or ".join(f"vectorization == {name!r}" for name in VECTORISATIONS)
    d.refuse_unless(
        "known-backend",
        f"num_workers == 1 or {known}",
        exception="ValueError",
        message="Invalid --vector (serial/multiprocessing/ray): vectorization = {vectorization}",
        at=("vectorization",),
    )
    d.refuse_unless(
        "agents-fit-environment",
        f"agents_per_env <= {MOST_AGENTS}",
        exception="RuntimeError",
        message=f"Too many agents for agent_id type: {{agents_per_env}} agents, whose numbers go to {MOST_AGENTS - 1}",
        at=("agents_per_env",),
    )
    d.refuse_unless("worker-envs-divide-batch", exception="APIUsageError", at=("trainer.async_factor", "num_workers"))


def _no_agents(run: Run) -> str:
    curriculum = run.value("trainer.curriculum")
    if curriculum is None:
        return "trainer.curriculum is null"
    if isinstance(curriculum, Unknown):
        return f"the curriculum is unknown: {curriculum.because}"
    agents = run.settings.get("env.game.num_agents")
    if agents is not None and isinstance(agents.value, Unknown):
        return agents.value.because
    return f"{curriculum} does not say num_agents"

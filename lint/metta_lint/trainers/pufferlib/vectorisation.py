"""Derives environments, workers and batches in flight: vector.make() and the backend that it calls."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from metta_lint.base.unknown import Unknown
from metta_lint.base.wording import close_names
from metta_lint.plans.plan import HANGS, Refusal
from metta_lint.trainers.pufferlib.keys import GIVEN, VEC

if TYPE_CHECKING:
    from metta_lint.plans.derivation import Derivation
    from metta_lint.plans.run import Run

VECTOR = "PufferLib 3.0 vector.py make()"
NATIVE = "PufferEnv"
"""The backend of environments that vectorise themselves."""

BACKENDS = ("Multiprocessing", "Serial", NATIVE, "Ray")
NAMES_OF_THE_MODULE = frozenset(
    """
    Box CLOSE GymnasiumPufferEnv INFO MAIN PettingZooPufferEnv RECV RESET SEND STEP autotune check_envs make make_seeds
    np psutil pufferlib recv_precheck reset send_precheck set_buffers step time
    """.split()
)
"""Other names of vector.py, which make() takes for a backend and calls."""

ARGUMENTS = frozenset({"env_args", "env_creator_or_creators", "env_kwargs"})
"""Parameters of make() that are not meant for ``[vec]``; load_env() gives the last two itself."""


def derive_vectorisation(d: Derivation) -> None:
    """Derive environments, workers, batches and agents; refuse what make() or its backend raises for."""
    backend = backend_of(d.run)
    _refuse_arguments(d, backend)
    _refuse_num_envs(d)
    _refuse_backend(d, backend)
    if backend == NATIVE:
        _derive_native(d)
    elif backend in ("Multiprocessing", "Serial"):
        _derive_requested(d)
        _refuse_requested(d)
        _refuse_keys(d)
        if backend == "Serial":
            _derive_serial(d)
        else:
            _derive_multiprocessing(d)
    else:
        _leave_to_backend(d, backend)
        return
    d.define("envs_per_worker", source=VECTOR)
    _batches_in_flight(d)
    d.define("total_agents", source=VECTOR)
    d.define("agents_per_batch", source=VECTOR)


def backend_of(run: Run) -> object:
    """``vec.backend``, or make()'s own default where all files are known and none of them sets it."""
    backend = run.value("vec.backend")
    return NATIVE if isinstance(backend, Unknown) and run.is_complete else backend


def _refuse_arguments(d: Derivation, backend: object) -> None:
    """Refuse arguments that are given twice, and positional arguments that are not a list."""
    for name in ("env_creator_or_creators", "env_kwargs"):
        if f"vec.{name}" in d.run.settings:
            message = f"make() got multiple values for keyword argument '{name}'"
            d.refuse(Refusal("known-vec-keys", "TypeError", message, (f"vec.{name}",), before="numeric-envs"))
    if "vec.env_args" in d.run.settings:
        _refuse_positional(d, backend)
    for name in GIVEN:
        if _is_passed(d.run, name):
            _refuse_twice(d, backend, name)


def _refuse_positional(d: Derivation, backend: object) -> None:
    """Refuse ``env_args`` that is not a list. What is in the list is up to the environment."""
    arguments = d.run.value("vec.env_args")
    if isinstance(arguments, list | tuple | Unknown) or arguments is None:
        return
    message = f"[vec] env_args = {arguments!r} must be a list of positional arguments"
    if backend != NATIVE:
        d.refuse(Refusal("known-vec-keys", "APIUsageError", message, ("vec.env_args",)))
    elif arguments and isinstance(arguments, int | float):
        refusal = Refusal("known-vec-keys", "TypeError", message, ("vec.env_args",), before="agents-fit-environment")
        d.refuse(refusal)


def _is_passed(run: Run, name: str) -> bool:
    """Whether a file or the command line passes a key of [env] to the environment."""
    setting = run.settings.get(f"env.{name}")
    return setting is not None and not (run.callee is not None and run.callee.is_default(setting))


def _refuse_twice(d: Derivation, backend: object, name: str) -> None:
    key, value = f"env.{name}", d.run.value(f"env.{name}")
    if name == "buf" and not isinstance(value, dict | Unknown) and value is not None:
        message = f"{key} = {value!r} takes the place of the vectorisation's arrays, and is not a dictionary"
        d.refuse(Refusal("environment-keys-once", "TypeError", message, (key,), before="positive-agents"))
    elif backend == "Serial":
        message = f"got multiple values for keyword argument '{name}': Serial gives every environment one itself"
        d.refuse(Refusal("environment-keys-once", "TypeError", message, (key,)))
    elif backend == "Multiprocessing":
        message = (
            f"every worker dies of multiple values for keyword argument '{name}', which PufferLib gives every "
            "environment itself, and the trainer waits for them for ever"
        )
        d.refuse(Refusal("environment-keys-once", HANGS, message, (key,), "first rollout", before="batch-fits-envs"))


def _refuse_num_envs(d: Derivation) -> None:
    if not d.check_numbers(("vec.num_envs",), "numeric-envs"):
        return
    d.refuse_unless("positive-envs", "vec.num_envs >= 1", message="num_envs = {vec.num_envs} must be at least 1")
    if d.run.value("vec.num_envs") == inf:
        message = "num_envs = inf: cannot convert float infinity to integer"
        d.refuse(Refusal("whole-envs", "OverflowError", message, ("vec.num_envs",)))
    d.refuse_unless(
        "whole-envs",
        "vec.num_envs < 1 or vec.num_envs == int(vec.num_envs)",
        message="num_envs = {vec.num_envs} must be an integer",
    )


def _refuse_backend(d: Derivation, backend: object) -> None:
    if backend in BACKENDS or isinstance(backend, Unknown):
        return
    if isinstance(backend, str) and backend not in NAMES_OF_THE_MODULE:
        message = f"Invalid backend: {backend}; there are {', '.join(BACKENDS)}"
        d.refuse(Refusal("known-backend", "APIUsageError", message, ("vec.backend",)))
        return
    message = f"vec.backend = {backend!r} is not a backend, but make() calls it; there are {', '.join(BACKENDS)}"
    d.refuse(Refusal("known-backend", "TypeError", message, ("vec.backend",), before="agents-fit-environment"))


def _derive_native(d: Derivation) -> None:
    """Derive the sizes of one environment that vectorises itself, in this process, with all agents in every batch."""
    source = f"{VECTOR}: the environment vectorises itself"
    for name in ("num_envs", "envs_per_batch", "num_workers"):
        d.assume(name, 1, source=source)
    d.refuse_unless(
        "native-alone",
        "vec.num_envs == 1",
        message=(
            f"num_envs = {{vec.num_envs}}: {NATIVE} is for one environment that vectorises itself; "
            "for more, use Serial or Multiprocessing"
        ),
    )
    defines_it = d.run.value("base.package") == "mani_skill"
    if d.run.value("base.rnn_name") is not None and "base.rnn_name" in d.run.settings and not defines_it:
        message = (
            f"a recurrent policy asks for agents_per_batch, which a {NATIVE} lacks unless its own code has it: "
            "use Serial with one environment"
        )
        d.refuse(Refusal("native-without-rnn", "AttributeError", message, ("vec.backend", "base.rnn_name")))


def _derive_requested(d: Derivation) -> None:
    if is_left_out(d.run, "vec.num_envs"):
        d.assume("requested_envs", 1, source=f"{VECTOR}: its own default")
    else:
        d.define("requested_envs", "vec.num_envs", source=VECTOR)
    d.define("requested_envs_per_batch", _batch(d), source=VECTOR, decided_by="vec.batch_size")
    auto = d.run.value("vec.num_workers") == "auto" or is_left_out(d.run, "vec.num_workers")
    workers = "requested_envs" if auto else "vec.num_workers"
    d.define("requested_workers", workers, source=VECTOR, decided_by="vec.num_workers")


def _batch(d: Derivation) -> str:
    written = d.run.value("vec.batch_size")
    if written == "auto":
        return "1 if requested_envs == 1 else requested_envs // 2"
    # Serial gets the None itself, and raises.
    every = is_left_out(d.run, "vec.batch_size") or (written is None and backend_of(d.run) != "Serial")
    return "requested_envs" if every else "vec.batch_size"


def is_left_out(run: Run, key: str) -> bool:
    """Whether all files are known and none sets this key of ``[vec]``, so that make()'s own default counts."""
    return run.is_complete and key not in run.settings


def _refuse_requested(d: Derivation) -> None:
    d.check_numbers(("vec.num_workers",), "numeric-workers", words=("auto",))
    d.refuse_unless(
        "some-worker",
        "requested_workers != 0",
        exception="ZeroDivisionError",
        message="num_workers = {requested_workers}: no worker runs {requested_envs} environments",
    )
    d.refuse_unless("workers-divide-envs", at=("requested_workers", "requested_envs"))
    d.check_numbers(("vec.batch_size",), "numeric-inference-batch", words=("auto", None))
    refuse_split_workers(d, "vec.batch_size")
    if d.run.value("vec.num_workers") == inf:
        message = "num_workers = inf: every worker has 0 environments, and batch_size is divided by that number"
        d.refuse(Refusal("worker-envs-divide-batch", "ZeroDivisionError", message, ("vec.num_workers",)))
    batch = d.run.value("vec.batch_size")
    if batch in (inf, -inf) and not is_left_out(d.run, "vec.num_workers"):
        message = f"vec.batch_size = {batch} must be divisible by num_envs / num_workers"
        d.refuse(Refusal("worker-envs-divide-batch", "APIUsageError", message, ("vec.batch_size",)))
    if d.holds("vec.num_envs == int(vec.num_envs)"):
        d.check_numbers(("vec.num_envs",), "integer-envs", whole=True)


def refuse_split_workers(d: Derivation, key: str) -> None:
    """Refuse a batch with only a part of a worker's environments. ``key`` is the setting with the batch's size."""
    d.refuse_unless(
        "worker-envs-divide-batch",
        "requested_envs % requested_workers != 0 or "
        "requested_envs_per_batch % (requested_envs / requested_workers) == 0",
        message=(
            f"{key} = {{requested_envs_per_batch}} must be divisible by num_envs / num_workers = "
            "{requested_envs} / {requested_workers}"
        ),
        at=("requested_envs_per_batch", "requested_workers"),
    )


def refuse_uneven_batches(d: Derivation, key: str, *, unless: str = "") -> None:
    """Refuse environments that are not a whole number of batches. ``key`` is the setting with the batch's size."""
    d.refuse_unless(
        "batches-divide-envs",
        f"{unless}requested_envs % requested_envs_per_batch == 0",
        message=f"zero_copy: num_envs = {{requested_envs}} must be divisible by {key} = {{requested_envs_per_batch}}",
        at=("requested_envs_per_batch", "requested_envs"),
    )


def _refuse_keys(d: Derivation) -> None:
    for key, setting in d.run.settings.items():
        section, _, name = key.partition(".")
        if section != "vec" or name in VEC or name in ARGUMENTS:
            continue
        near = close_names(name, sorted(VEC))
        hint = f"; is {near[0]} meant?" if near else ""
        message = f"Invalid argument: {name} = {setting.value!r} in [vec]{hint}"
        nearest = f"vec.{near[0]}" if near else ""
        d.refuse(Refusal("known-vec-keys", "APIUsageError", message, (key,), nearest=nearest))


def _derive_serial(d: Derivation) -> None:
    """Derive the sizes of Serial: vec.batch_size environments, in this process, all of them in every batch."""
    for name in ("num_envs", "envs_per_batch"):
        d.define(name, "requested_envs_per_batch", source=VECTOR, decided_by="vec.backend")
    d.assume("num_workers", 1, source=f"{VECTOR}: this backend runs in one process")
    _refuse_text_for_batch(d, "serial-batch-given")
    if d.run.value("vec.batch_size") is None:
        message = "vec.batch_size = None: Serial runs vec.batch_size environments, which must be a number"
        d.refuse(Refusal("serial-batch-given", "TypeError", message, ("vec.batch_size",)))
    else:
        d.check_numbers(_number(d, "vec.batch_size"), "serial-batch-given", words=("auto", "None"), whole=True)
    d.refuse_unless(
        "serial-batch-fits-envs",
        "requested_envs_per_batch >= 0 and requested_envs_per_batch <= requested_envs",
        exception="ValueError" if d.holds("requested_envs_per_batch < 0") else "IndexError",
        message="Serial runs vec.batch_size = {requested_envs_per_batch} environments, and num_envs = {requested_envs}",
    )
    d.refuse_unless(
        "serial-batch-fits-envs",
        "requested_envs_per_batch != 0",
        exception="IndexError",
        message="Serial runs vec.batch_size = {requested_envs_per_batch} environments, and needs one",
    )


def _refuse_text_for_batch(d: Derivation, before: str) -> None:
    """Refuse ``vec.batch_size = auto`` without num_workers: make() resolves it only where num_workers is given."""
    if d.run.value("vec.batch_size") == "auto" and is_left_out(d.run, "vec.num_workers"):
        message = "vec.batch_size = auto is a text: PufferLib works it out only where [vec] num_workers is given"
        d.refuse(Refusal("numeric-inference-batch", "TypeError", message, ("vec.batch_size",), before=before))


def _derive_multiprocessing(d: Derivation) -> None:
    d.define("num_envs", "requested_envs", source=VECTOR)
    d.define("envs_per_batch", "requested_envs_per_batch", source=VECTOR)
    d.define("num_workers", "requested_workers", source=VECTOR)
    _refuse_workers(d)
    _refuse_text_for_batch(d, "some-inference-batch")
    d.refuse_unless(
        "some-inference-batch",
        "requested_envs_per_batch != 0",
        exception="ZeroDivisionError",
        message="vec.batch_size = {requested_envs_per_batch}: {requested_envs} environments in batches of 0",
    )
    if is_zero_copy(d):
        refuse_uneven_batches(d, "vec.batch_size")
    else:
        _refuse_without_zero_copy(d)


def _refuse_workers(d: Derivation) -> None:
    d.check_numbers(_number(d, "vec.batch_size"), "integer-inference-batch", whole=True)
    d.check_numbers(_number(d, "vec.num_workers"), "integer-workers", whole=True)
    key = "vec.num_envs" if d.run.value("vec.num_workers") == "auto" else "vec.num_workers"
    if isinstance(d.lookup("requested_workers"), bool):
        message = f"{key} = {d.run.value(key)} is a bool; the workers' memory must have an integer's size"
        d.refuse(Refusal("integer-workers", "TypeError", message, (key,)))
    for requirement, size in (
        ("integer-inference-batch", "requested_envs_per_batch"),
        ("integer-workers", "requested_workers"),
    ):
        d.refuse_unless(requirement, f"{size} >= 0", exception="ValueError", message=f"{size} = {{{size}}}", at=(size,))
    cores = d.run.machine.cpus
    workers = d.lookup("requested_workers")
    overwork = d.run.value("vec.overwork")
    allowed = bool(overwork) and not isinstance(overwork, Unknown)
    if cores is not None and isinstance(workers, int | float) and workers > cores and not allowed:
        message = (
            f"num_workers ({workers}) > hardware cores (of {cores} CPUs at most as many) is disallowed by default; "
            "[vec] overwork = True allows it"
        )
        d.refuse(Refusal("workers-fit-cores", "APIUsageError", message, ("requested_workers",)))


def _refuse_without_zero_copy(d: Derivation) -> None:
    """Refuse batches that do not divide the environments: one of them would wrap around the end of the buffer."""
    d.refuse_unless(
        "batch-fits-envs",
        "requested_envs_per_batch <= requested_envs",
        exception="IndexError",
        message=(
            "vec.batch_size = {requested_envs_per_batch} waits for more environments than num_envs = {requested_envs}"
        ),
    )
    recurrent = d.run.value("base.rnn_name") is not None
    d.refuse_unless(
        "batches-in-turn",
        "requested_envs_per_batch > requested_envs or requested_envs % requested_envs_per_batch == 0",
        exception="KeyError" if recurrent else "RuntimeError",
        message=(
            "without zero_copy, batches of {requested_envs_per_batch} do not divide {requested_envs} environments: "
            "every turn has other batches, and the first that goes past the last environment is no slice of the buffer"
        ),
    )


def is_zero_copy(d: Derivation) -> bool:
    """Whether Multiprocessing returns its buffers without a copy: any true value, also where nothing is set."""
    return bool(d.run.value("vec.zero_copy"))


def _number(d: Derivation, key: str) -> tuple[str, ...]:
    return (key,) if isinstance(d.run.value(key), int | float) else ()


def _leave_to_backend(d: Derivation, backend: object) -> None:
    known = backend if isinstance(backend, Unknown) else None
    why = known or Unknown(f"vec.backend = {backend} is not one that is known")
    sizes = ("num_envs", "envs_per_batch", "num_workers", "envs_per_worker", "async_factor")
    for name in (*sizes, "total_agents", "agents_per_batch"):
        d.assume(name, why, source=VECTOR)


def _batches_in_flight(d: Derivation) -> None:
    in_turn = d.run.value("vec.sync_traj")
    if d.holds("num_envs % envs_per_batch != 0"):
        why = d.fill("{num_envs} environments are no whole number of batches of {envs_per_batch}: none comes in turn")
        d.assume("async_factor", Unknown(why), source=VECTOR)
    elif not in_turn and d.holds("num_envs > envs_per_batch and num_workers > 1"):
        why = "vec.sync_traj is off: batches arrive in the order in which their workers finish"
        d.assume("async_factor", Unknown(why), source=VECTOR)
    else:
        d.define("async_factor", "num_envs // envs_per_batch", source=VECTOR)
